package import Dispatch
import Glibc
package import JournalStore
import POSIX

/// What a node of a shared ledger takes from the machine that it runs on. A simulation gives its own.
package struct SharedEnvironment: Sendable {
    /// The clock that schedules run on, in nanoseconds. Leases and records go by the server's.
    package var monotonic: @Sendable () -> Int64
    /// Has work run so many nanoseconds later.
    package var after: @Sendable (_ nanoseconds: Int64, _ work: @escaping @Sendable () -> Void) -> Void
    /// Blocks the caller's thread for so many nanoseconds.
    package var pause: @Sendable (_ nanoseconds: Int64) -> Void
    /// Makes a queue.
    package var queue: @Sendable (_ label: String, DispatchQoS) -> any SerialQueue

    package init(
        monotonic: @escaping @Sendable () -> Int64,
        after: @escaping @Sendable (_ nanoseconds: Int64, _ work: @escaping @Sendable () -> Void) -> Void,
        pause: @escaping @Sendable (_ nanoseconds: Int64) -> Void,
        queue: @escaping @Sendable (_ label: String, DispatchQoS) -> any SerialQueue
    ) {
        self.monotonic = monotonic
        self.after = after
        self.pause = pause
        self.queue = queue
    }

    /// The real ones.
    package static let machine = SharedEnvironment(
        monotonic: { Clock.monotonic() },
        after: { nanoseconds, work in
            DispatchQueue.global().asyncAfter(deadline: .now() + .nanoseconds(Int(nanoseconds)), execute: work)
        }, pause: { usleep(UInt32(clamping: $0 / 1000)) }, queue: { DispatchQueue(label: $0, qos: $1) })
}
