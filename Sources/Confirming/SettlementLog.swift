import JournalFormat
import Ledger
import Logging
import Payments
import Runtime
import Synchronization

/// Tells people what an answer of the API came to: one line an event. A forger's flood is told in part; the journal has all of it.
final class SettlementLog: Sendable {
    private static let refutationsPerMinute = 30

    private let logger: Logger
    private let refutations = Mutex(LogBudget(limit: refutationsPerMinute))

    init(_ logger: Logger) {
        self.logger = logger
    }

    func write(_ settlement: Settlement, now: Instant) {
        let judgement = settlement.judgement
        let id = settlement.id
        let metadata: Logger.Metadata = ["payment": "\(id)"]
        if let confirmation = judgement.confirmation, let seq = settlement.confirmedSeq {
            write(confirmation, settlement, metadata.merging(["seq": "\(seq)"]) { $1 })
        }
        for refutation in judgement.refutations {
            guard let held = refutations.withLock({ $0.take(now: now) }) else { continue }
            let others =
                held == 0
                ? ""
                : "; \(held) more before it are not told here, \"ecryptopayd journal cat --kind refuted\" shows them"
            // The report's own number: its record is what the message is about.
            logger.warning(
                "report \(refutation.of) of payment \(id) refuted: \(refutation.reason.rawValue)\(others)",
                metadata: EventID.refuted.metadata(metadata.merging(["seq": "\(refutation.of)"]) { $1 }))
        }
        if let abandonment = judgement.abandonment {
            logger.error(
                """
                payment \(id): \(abandonment.of.count) report(s) abandoned after \(abandonment.attempts) calls, the last \
                time because \(abandonment.error); look the payment up in ecryptopay's dashboard, then run \
                "ecryptopayd reconcile --payment \(id)"
                """, metadata: EventID.abandoned.metadata(metadata))
        }
        if let unknown = judgement.unknown, judgement.abandonment == nil {
            logger.debug("payment \(id) unknown: \(unknown)", metadata: metadata)
        }
    }

    private func write(
        _ confirmation: Judgement.Confirmation, _ settlement: Settlement, _ metadata: Logger.Metadata
    ) {
        let payment = confirmation.payment
        let what = "\(payment.state), \(payment.amount) MXN in \(payment.currency)"
        switch settlement.cause {
        // A shop of many years has a hundred thousand of them.
        case .baseline: logger.debug("payment \(payment.id) was there before: \(what)", metadata: metadata)
        case .reconcile:
            logger.notice(
                "no webhook came for payment \(payment.id) (→ \(what)); found by reconciling",
                metadata: EventID.foundByReconciling.metadata(metadata))
        case .webhook, .manual:
            let kind = confirmation.isChange ? "confirmed" : "confirmed, nothing new"
            logger.info("payment \(payment.id) \(kind): \(what)", metadata: EventID.confirmed.metadata(metadata))
        }
    }
}
