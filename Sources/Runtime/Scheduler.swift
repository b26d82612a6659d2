package import Ledger

/// What confirmer and reconciler take from the machine they run on: clocks, timers and threads. A simulation gives its own.
package protocol Scheduler: Sendable {
    /// The monotonic clock.
    var now: Instant { get }

    /// The wall clock, in nanoseconds since 1970.
    var wallClock: Int64 { get }

    /// Where tasks run; nil for Swift's own threads.
    var executor: (any TaskExecutor)? { get }

    /// Runs work that waits for the disk, not on a thread that other tasks need.
    func runBlocking(_ work: @escaping @Sendable () -> Void)

    /// A timer that may be late by `leeway`.
    func timer(leeway: Duration) -> any OneShotTimer
}

extension Scheduler {
    /// What work comes to that waits for the disk.
    package func value<Value: Sendable>(
        of work: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            runBlocking { continuation.resume(with: Result(catching: work)) }
        }
    }
}

/// Fires once when its time has come; scheduled anew, it forgets the time before.
package protocol OneShotTimer: Sendable {
    /// Sets what it does.
    func onFire(_ work: @escaping @Sendable () -> Void)

    /// Sets its time; one in the past is now.
    func schedule(at time: Instant)

    /// Ends it: it never fires again.
    func cancel()
}
