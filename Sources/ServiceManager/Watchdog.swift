internal import CSystemd
import Dispatch
package import Logging
import Synchronization

/// Sends `WATCHDOG=1` while every probe makes progress, so that systemd kills and restarts a service that hangs.
package final class Watchdog: Sendable {
    private let notifier: Notifier
    private let probes: [WatchdogProbe]
    private let logger: Logger
    private let milliseconds: Int
    private let policy = Mutex(WatchdogPolicy())
    // Dispatch's objects may be used from any thread, which their Swift types do not say on Linux.
    nonisolated(unsafe) private let timer: any DispatchSourceTimer

    /// How long systemd waits for a ping (`WatchdogSec=`); nil when it does not wait for any from this process.
    package static var interval: Duration? {
        var microseconds: UInt64 = 0
        // The environment stays as it is, for the reason given at `Notifier`.
        guard sd_watchdog_enabled(0, &microseconds) > 0 else { return nil }
        return .microseconds(Int64(clamping: microseconds))
    }

    /// A watchdog that pings thrice in `interval`, so that two late pings in a row do no harm.
    ///
    /// - Parameters:
    ///   - interval: as `Watchdog.interval` answers it; at least 3 ms.
    ///   - probes: asked at every tick.
    ///   - notifier: where pings go.
    ///   - logger: told which probe withholds the pings, once, and when it recovers.
    package init(interval: Duration, probes: [WatchdogProbe], notifier: Notifier, logger: Logger) {
        self.notifier = notifier
        self.probes = probes
        self.logger = logger
        let (seconds, attoseconds) = (interval / 3).components
        milliseconds = max(1, Int(seconds) * 1000 + Int(attoseconds / 1_000_000_000_000_000))
        timer = DispatchSource.makeTimerSource(queue: DispatchQueue(label: "watchdog"))
        timer.setEventHandler { [weak self] in self?.tick() }
        // Without a schedule it does not fire; a source that was never activated could not be let go.
        timer.activate()
    }

    deinit { timer.cancel() }

    /// Begins to ping, at once, until this object is let go.
    package func start() { timer.schedule(deadline: .now(), repeating: .milliseconds(milliseconds)) }

    /// Asks every probe once, and pings or says why not.
    func tick() {
        let stalled = probes.filter { !$0.makesProgress() }.map(\.name)
        let decision = policy.withLock { $0.decide(stalledNow: stalled) }
        if decision.pings { notifier.send(.watchdog) }
        for name in decision.stalled {
            logger.error(
                "no progress, so the watchdog is not told that all is well: systemd restarts this process unless it goes on",
                metadata: ["probe": "\(name)"])
        }
        for name in decision.recovered {
            logger.notice("progress again", metadata: ["probe": "\(name)"])
        }
    }
}
