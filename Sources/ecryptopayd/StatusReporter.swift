import Dispatch
import Logging
import Payments
import Receiver
import ServiceManager
import Synchronization

/// Keeps the line that `systemctl status` shows up to date, and logs when webhooks are refused and when they are accepted again.
final class StatusReporter: Sendable {
    private let ledger: any KeptLedger
    private let health: APIHealth
    private let notifier: Notifier
    private let logger: Logger

    init(_ ledger: any KeptLedger, _ health: APIHealth, _ notifier: Notifier, _ logger: Logger) {
        self.ledger = ledger
        self.health = health
        self.notifier = notifier
        self.logger = logger
    }

    /// How it stands, for a person.
    var line: StatusLine {
        StatusLine(
            counts: ledger.counts, isAPIReachable: health.current.isReachable,
            unavailability: ledger.unavailability)
    }

    /// Tells systemd of changes, once a second, until the timer is cancelled.
    func start() -> any DispatchSourceTimer {
        let timer = DispatchSource.makeTimerSource(queue: .global(qos: .utility))
        let last = Mutex((line: "", isAvailable: true))
        timer.schedule(deadline: .now() + .seconds(1), repeating: .seconds(1), leeway: .milliseconds(500))
        timer.setEventHandler { [weak self] in
            guard let self else { return }
            let line = "\(self.line)"
            let unavailability = ledger.unavailability
            let before = last.withLock { last in
                defer { last = (line, unavailability == nil) }
                return last
            }
            if line != before.line { notifier.send(.status(line)) }
            if (unavailability == nil) != before.isAvailable { logAvailability(unavailability) }
        }
        timer.activate()
        return timer
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
