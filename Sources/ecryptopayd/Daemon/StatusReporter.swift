import Admin
import Confirming
import Dispatch
import Ledger
import Logging
import Payments
import POSIX
import Runtime
import ServiceManager
import Synchronization

/// Keeps the line that `systemctl status` shows up to date, and logs when webhooks are refused and when they are accepted again.
final class StatusReporter: Sendable {
    private let ledger: any OpenLedger
    private let figures: DaemonFigures
    private let health: APIHealth
    private let notifier: Notifier
    private let logger: Logger

    init(
        _ ledger: any OpenLedger, _ figures: DaemonFigures, _ health: APIHealth, _ notifier: Notifier,
        _ logger: Logger
    ) {
        self.ledger = ledger
        self.figures = figures
        self.health = health
        self.notifier = notifier
        self.logger = logger
    }

    /// How it stands, for a person.
    var line: StatusLine {
        StatusLine(
            counts: figures.deciding?.ledger.counts, decidingNode: ledger.cluster.map { $0.deciding ?? "no node" },
            isAPIReachable: health.current.isReachable, unavailability: ledger.reports.unavailability)
    }

    /// Tells systemd of changes, once a second, until the timer is cancelled.
    func start() -> any DispatchSourceTimer {
        let timer = DispatchSource.makeTimerSource(queue: .global(qos: .utility))
        let last = Mutex((line: "", isAnswered: true))
        let outage = Mutex((fold: LogThrottle(), isTold: false))
        timer.schedule(deadline: .now() + .seconds(1), repeating: .seconds(1), leeway: .milliseconds(500))
        timer.setEventHandler { [weak self] in
            guard let self else { return }
            let line = "\(self.line)"
            let unavailability = ledger.reports.unavailability
            let fault = ledger.cluster?.fault
            let before = last.withLock { last in
                defer { last = (line, fault == nil) }
                return last
            }
            if line != before.line { notifier.send(.status(line)) }
            // Whoever fills the disk may have it come and go.
            let isToTell = outage.withLock { outage in
                let now = Instant(nanoseconds: Clock.monotonic())
                if unavailability == nil {
                    outage.isTold = false
                    return outage.fold.end(now: now) != nil
                }
                guard outage.fold.fault(now: now) != nil, !outage.isTold else { return false }
                outage.isTold = true
                return true
            }
            if isToTell { logAvailability(unavailability) }
            if (fault == nil) != before.isAnswered { log(fault) }
        }
        timer.activate()
        return timer
    }

    /// Also while no webhook comes, which would tell.
    private func log(_ fault: String?) {
        if let fault {
            logger.error("the database does not answer: \(fault)")
        } else {
            logger.notice("the database answers again")
        }
    }

    private func logAvailability(_ unavailability: String?) {
        if let unavailability {
            logger.error(
                "webhooks are answered 503: \(unavailability)", metadata: EventID.webhooksRefused.metadata())
        } else {
            logger.notice("webhooks are accepted again", metadata: EventID.webhooksAccepted.metadata())
        }
    }
}
