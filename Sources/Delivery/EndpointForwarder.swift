import JournalFormat
import Ledger
import Logging
import Payments
import Runtime

/// Delivers confirmed news to one endpoint: several payments at once, each payment's news one after the other.
///
/// What is due is the ledger's to say. It reads and writes nothing but the ledger.
actor EndpointForwarder: Wakeable {
    /// Deliveries under way at once.
    static let concurrency = 8

    private let name: String
    private let ledger: any DeliveryLedger
    private let sender: any DeliverySender
    private let logger: Logger
    private let scheduler: any Scheduler
    nonisolated let alarm: Alarm
    private var underWay: [PaymentID: Task<Void, Never>] = [:]
    private var isStopping = false
    private var health: EndpointHealth
    /// Records that cannot be read now.
    private var unread = LogThrottle()
    private var unreadSince: Instant?

    init(
        name: String, ledger: any DeliveryLedger, sender: any DeliverySender, logger: Logger,
        on scheduler: any Scheduler
    ) {
        self.name = name
        self.ledger = ledger
        self.sender = sender
        self.logger = logger
        self.scheduler = scheduler
        health = EndpointHealth(name: name, logger: logger)
        alarm = Alarm(on: scheduler, leeway: .milliseconds(10))
    }

    /// Begins nothing more, breaks off what is under way, and returns when that has ended. It stays queued in the ledger.
    func stop() async {
        isStopping = true
        alarm.cancel()
        // In an order that does not differ from run to run, as a hash table's does: a simulation has to find the same again.
        let deliveries = underWay.sorted { $0.key < $1.key }.map(\.value)
        for delivery in deliveries { delivery.cancel() }
        for delivery in deliveries { await delivery.value }
    }

    func look() {
        while underWay.count < Self.concurrency, !isStopping, let claim = ledger.claimDelivery(for: name) {
            underWay[claim.payment] = Task(executorPreference: scheduler.executor) { await self.deliver(claim) }
        }
        // With all places taken, the end of a delivery looks again.
        guard underWay.count < Self.concurrency, !isStopping, let due = ledger.nextDelivery(for: name) else { return }
        alarm.set(to: due)
    }

    private func deliver(_ claim: DeliveryClaim) async {
        let outcome = await attempt(claim)
        do {
            tell(claim, outcome, try ledger.conclude(claim, outcome))
        } catch {
            logger.error(
                """
                what came of delivering record \(claim.position.seq) to \(name) could not be journaled, the next start may \
                deliver it again: \(error)
                """, metadata: ["payment": "\(claim.payment)"])
        }
        underWay[claim.payment] = nil
        look()
    }

    private func attempt(_ claim: DeliveryClaim) async -> DeliveryOutcome {
        let content: DeliveryContent
        do { content = try await ledger.content(of: claim) } catch let damage as Damage {
            return .unreadable(damage)
        } catch {
            return .postponed(noteUnread(claim, error))
        }
        if let outage = unread.end(now: scheduler.now) {
            logger.notice("records for \(name) can be read again after \(HumanText.duration(outage.0.nanoseconds))")
        }
        unreadSince = nil
        return await sender.send(DeliveryMessage(content))
    }

    /// A record cannot be read for a reason that may pass. How long to wait: the longer it has lasted, the longer.
    private func noteUnread(_ claim: DeliveryClaim, _ error: any Error) -> Duration {
        let now = scheduler.now
        let since = unreadSince ?? now
        unreadSince = since
        if let notice = unread.fault(now: now) {
            var often = ""
            if case .still(let duration, let count) = notice {
                often = " (\(count) such failures in \(HumanText.duration(duration.nanoseconds)))"
            }
            logger.error(
                "record \(claim.position.seq) could not be read and is delivered to \(name) later\(often): \(error)",
                metadata: ["payment": "\(claim.payment)"])
        }
        return min(max(RetrySchedule.delivery[0], now - since), RetrySchedule.longest)
    }

    // MARK: What people read

    private func tell(_ claim: DeliveryClaim, _ outcome: DeliveryOutcome, _ end: DeliveryEnd) {
        let seq = claim.position.seq
        let metadata: Logger.Metadata = ["payment": "\(claim.payment)", "seq": "\(seq)"]
        switch (end, outcome) {
        case (.delivered, _):
            logger.info("payment \(claim.payment) delivered to \(name)", metadata: metadata)
            health.noteDelivery(now: scheduler.now)
        case (.again, .failed(let failure)):
            let waiting = ledger.endpointStatus.first { $0.name == name }?.waiting ?? 0
            health.noteFailure(failure.error, of: seq, waiting: waiting, now: scheduler.now, metadata)
        case (.again, _): break
        case (.undeliverable, .unreadable(let damage)):
            logger.error(
                """
                record \(seq) of payment \(claim.payment) is undeliverable to \(name), since it cannot be read: \(damage). The API \
                is asked for the payment, and what it says is delivered, unless something newer of the payment waits
                """, metadata: metadata)
        case (.undeliverable, let outcome):
            var error = ""
            if case .failed(let failure) = outcome { error = ": \(failure.error)" }
            logger.error(
                """
                payment \(claim.payment) is undeliverable: \(name) did not take record \(seq) in \(claim.attempt) attempts\(error). \
                Mend the endpoint, then run "ecryptopayd replay --seq \(seq)"
                """, metadata: metadata)
        case (.stopped, _):
            logger.error(
                """
                \(name) answered 410 Gone and gets nothing more: remove it from ECRYPTOPAY_FORWARD_URLS, or, if it is to go on, \
                reload the configuration. What is for it waits meanwhile
                """, metadata: metadata)
        }
    }
}
