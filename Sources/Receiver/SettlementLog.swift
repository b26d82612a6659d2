import JournalFormat
import Logging
import Payments

/// Tells people what an answer of the API came to: one line an event.
struct SettlementLog {
    private let logger: Logger

    init(_ logger: Logger) {
        self.logger = logger
    }

    func write(_ settlement: Settlement) {
        let judgement = settlement.judgement
        let id = settlement.id
        let metadata: Logger.Metadata = ["payment": "\(id)"]
        if let confirmation = judgement.confirmation, let seq = settlement.confirmedSeq {
            write(confirmation, settlement, metadata.merging(["seq": "\(seq)"]) { $1 })
        }
        for refutation in judgement.refutations {
            // The report's own number: its record is what the message is about.
            logger.warning(
                "report \(refutation.of) of payment \(id) refuted: \(refutation.reason.rawValue)",
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
            let kind = confirmation.isNews ? "confirmed" : "confirmed, nothing new"
            logger.info("payment \(payment.id) \(kind): \(what)", metadata: EventID.confirmed.metadata(metadata))
        }
    }
}
