import Dispatch
package import Ledger
import POSIX

/// The machine's own clocks, and Dispatch's timers and threads.
package struct DispatchScheduler: Scheduler {
    package init() {}

    package var now: Instant { Instant(nanoseconds: Clock.monotonic()) }

    package var wallClock: Int64 { Clock.realtime() }

    package var executor: (any TaskExecutor)? { nil }

    package func runBlocking(_ work: @escaping @Sendable () -> Void) {
        DispatchQueue.global(qos: .utility).async(execute: work)
    }

    package func timer(leeway: Duration) -> any OneShotTimer { DispatchTimer(leeway: leeway) }
}

/// A timer of Dispatch's.
private struct DispatchTimer: OneShotTimer {
    // Dispatch's objects may be used from any thread, which their Swift types do not say on Linux.
    nonisolated(unsafe) private let source = DispatchSource.makeTimerSource(queue: .global(qos: .utility))
    private let leeway: DispatchTimeInterval

    init(leeway: Duration) {
        self.leeway = .nanoseconds(Int(leeway.nanoseconds))
        source.schedule(deadline: .distantFuture)
        // Dispatch wants a handler before it is activated, and only an activated source can be let go.
        source.setEventHandler {}
        source.activate()
    }

    func onFire(_ work: @escaping @Sendable () -> Void) {
        source.setEventHandler(handler: work)
    }

    func schedule(at time: Instant) {
        let now = Instant(nanoseconds: Clock.monotonic())
        let delay = max(time, now) - now
        source.schedule(deadline: .now() + .nanoseconds(Int(delay.nanoseconds)), leeway: leeway)
    }

    func cancel() { source.cancel() }
}
