import Synchronization

/// What this node has seen in the database: a server that lacks it is a former primary, or its database was set back.
package final class ServerProof: Sendable {
    /// What was seen.
    package struct Value: Hashable, Sendable {
        /// The server's highest timeline: each promotion of a standby begins another. 0 where no server tells.
        package var timeline: Int64 = 0
        /// The highest epoch.
        package var epoch: Int64 = 0
        /// The last record that is known to be durable; 0 when there is none.
        package var seq: Int64 = 0
        /// Its ``StoredRecord/head``; empty when it is not known.
        package var head: [UInt8] = []
    }

    private let state = Mutex(Value())

    /// Nothing seen yet.
    package init() {}

    /// What was seen.
    package var value: Value { state.withLock { $0 } }

    /// A timeline was seen.
    package func note(timeline: Int64) { state.withLock { $0.timeline = max($0.timeline, timeline) } }

    /// An epoch was seen.
    package func note(epoch: Int64) { state.withLock { $0.epoch = max($0.epoch, epoch) } }

    /// A record was seen to be durable.
    package func note(_ seq: Int64, head: ArraySlice<UInt8>) {
        state.withLock { state in
            guard seq > state.seq || seq == state.seq && state.head.isEmpty else { return }
            (state.seq, state.head) = (seq, Array(head))
        }
    }
}
