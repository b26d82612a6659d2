import JournalFormat
import Synchronization

/// The records of ended deliveries that the disk does not have yet. The state reflects an end at once, so that nothing is delivered again
/// because of a write that failed; a record that was rejected is written when the disk takes records again, and no checkpoint is taken
/// before: it would be the only one to know.
final class EndedDeliveries: Sendable {
    private struct State {
        var appended: [(seq: Int64, record: Record)] = []
        var rejected: [Record] = []
    }

    private let state = Mutex(State())
    /// How many there are: commits come by the thousand, and mostly there is none.
    private let count = Atomic(0)

    /// Whether some were rejected.
    var wereRejected: Bool { count.load(ordering: .acquiring) > 0 && state.withLock { !$0.rejected.isEmpty } }

    /// One has been appended; nil when it was not taken.
    func append(_ record: Record, _ seq: Int64?) {
        change { if let seq { $0.appended.append((seq, record)) } else { $0.rejected.append(record) } }
    }

    /// Everything up to a record is durable.
    func commit(upTo seq: Int64) {
        if count.load(ordering: .acquiring) > 0 { change { $0.appended.removeAll { $0.seq <= seq } } }
    }

    /// What follows a record was rejected.
    func reject(after seq: Int64) {
        change { state in
            state.rejected += state.appended.filter { $0.seq > seq }.map(\.record)
            state.appended.removeAll { $0.seq > seq }
        }
    }

    /// Hands over those that were rejected: they are to be appended again.
    func takeRejected() -> [Record] {
        change { state in
            defer { state.rejected = [] }
            return state.rejected
        }
    }

    private func change<Value: Sendable>(_ body: (inout State) -> Value) -> Value {
        state.withLock { state in
            defer { count.store(state.appended.count + state.rejected.count, ordering: .releasing) }
            return body(&state)
        }
    }
}
