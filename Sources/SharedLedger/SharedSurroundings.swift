import Dispatch
import POSIX

/// What a shared ledger takes from the machine that it runs on. A simulation gives its own.
public struct SharedSurroundings: Sendable {
    /// The clock that schedules and leases run on, in nanoseconds. Records are dated by the server's.
    public var monotonic: @Sendable () -> Int64
    /// For how long the machine has been suspended, in nanoseconds, which ``monotonic`` does not count.
    public var suspended: @Sendable () -> Int64
    /// Has work run so many nanoseconds later.
    public var after: @Sendable (_ nanoseconds: Int64, _ work: @escaping @Sendable () -> Void) -> Void
    /// Blocks the caller's thread until something is done; `whenDone` is handed what to call then.
    public var wait: @Sendable (_ whenDone: (@escaping @Sendable () -> Void) -> Void) -> Void

    /// Sets all of them.
    public init(
        monotonic: @escaping @Sendable () -> Int64, suspended: @escaping @Sendable () -> Int64 = { 0 },
        after: @escaping @Sendable (_ nanoseconds: Int64, _ work: @escaping @Sendable () -> Void) -> Void,
        wait: @escaping @Sendable (_ whenDone: (@escaping @Sendable () -> Void) -> Void) -> Void
    ) {
        self.monotonic = monotonic
        self.suspended = suspended
        self.after = after
        self.wait = wait
    }

    /// The real ones.
    public static let machine = SharedSurroundings(
        monotonic: { Clock.monotonic() }, suspended: { Clock.boottime() - Clock.monotonic() },
        after: { nanoseconds, work in
            DispatchQueue.global().asyncAfter(deadline: .now() + .nanoseconds(Int(nanoseconds)), execute: work)
        },
        wait: { whenDone in
            let done = DispatchSemaphore(value: 0)
            whenDone { done.signal() }
            done.wait()
        })
}
