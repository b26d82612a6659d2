package import Dispatch
import POSIX

/// What a ledger takes from the machine that it runs on. A simulation gives its own.
package struct JournalEnvironment: Sendable {
    /// The clock that schedules run on, in nanoseconds.
    package var monotonic: @Sendable () -> Int64 = { Clock.monotonic() }
    /// The clock that records are dated by, in nanoseconds since 1970.
    package var realtime: @Sendable () -> Int64 = { Clock.realtime() }
    /// Makes a queue.
    package var queue: @Sendable (_ label: String, DispatchQoS) -> any SerialQueue = {
        DispatchQueue(label: $0, qos: $1)
    }

    /// The real ones.
    package init() {}

    init(
        monotonic: @escaping @Sendable () -> Int64 = { Clock.monotonic() },
        realtime: @escaping @Sendable () -> Int64 = { Clock.realtime() },
        queue: @escaping @Sendable (_ label: String, DispatchQoS) -> any SerialQueue = {
            DispatchQueue(label: $0, qos: $1)
        }
    ) {
        self.monotonic = monotonic
        self.realtime = realtime
        self.queue = queue
    }
}
