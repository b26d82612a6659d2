import Dispatch
import POSIX

/// What a ledger takes from the machine that it runs on. A simulation gives its own.
struct Surroundings: Sendable {
    /// The clock that schedules run on, in nanoseconds.
    var monotonic: @Sendable () -> Int64 = { Clock.monotonic() }
    /// The clock that records are dated by, in nanoseconds since 1970.
    var realtime: @Sendable () -> Int64 = { Clock.realtime() }
    /// Makes a queue.
    var queue: @Sendable (_ label: String, DispatchQoS) -> any SerialQueue = { DispatchQueue(label: $0, qos: $1) }
}
