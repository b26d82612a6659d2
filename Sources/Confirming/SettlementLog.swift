import ECryptoPay
import JournalFormat
import Ledger
import Logging
import Payments
import Runtime
import Synchronization

/// Tells people what an answer of the API came to: one line an event. What a forger can cause is told in part; the journal has all of it.
final class SettlementLog: Sendable {
    private static let linesPerMinute = 30
    /// So much is told of a text from outside.
    private static let textLimit = 100

    private let logger: Logger
    private let refutations = Mutex(LogBudget(limit: linesPerMinute))
    private let abandonments = Mutex(LogBudget(limit: linesPerMinute))
    private let repetitions = Mutex(LogBudget(limit: linesPerMinute))

    init(_ logger: Logger) {
        self.logger = logger
    }

    func write(_ settlement: Settlement, now: Instant) {
        let judgement = settlement.judgement
        let id = settlement.id
        let metadata: Logger.Metadata = ["payment": "\(id)"]
        if let confirmation = judgement.confirmation, let seq = settlement.confirmedSeq {
            write(confirmation, settlement, metadata.merging(["seq": "\(seq)"]) { $1 }, now)
        }
        for refutation in judgement.refutations {
            guard let others = refutations.withLock({ $0.take(id, now: now) }) else { continue }
            // The report's own number: its record is what the message is about.
            logger.warning(
                "report \(refutation.of) of payment \(id) refuted: \(refutation.reason.rawValue)\(others)",
                metadata: EventID.refuted.metadata(metadata.merging(["seq": "\(refutation.of)"]) { $1 }))
        }
        if let abandonment = judgement.abandonment, let others = abandonments.withLock({ $0.take(id, now: now) }) {
            logger.error(
                """
                payment \(id): \(abandonment.of.count) report(s) abandoned after \(abandonment.attempts) calls, the last \
                time because \(ReadableText.line(abandonment.error, limit: 3 * Self.textLimit)); look the payment up in ecryptopay's dashboard, then run \
                "ecryptopayd reconcile --payment \(id)"\(others)
                """, metadata: EventID.abandoned.metadata(metadata))
        }
        if let unknown = judgement.unknown, judgement.abandonment == nil {
            logger.debug("payment \(id) unknown: \(unknown)", metadata: metadata)
        }
    }

    private func write(
        _ confirmation: Judgement.Confirmation, _ settlement: Settlement, _ metadata: Logger.Metadata, _ now: Instant
    ) {
        let payment = confirmation.payment
        let amount = Self.clipped("\(payment.amount)")
        let what = "\(Self.clipped(payment.state)), \(amount) MXN in \(Self.clipped(payment.currency))"
        switch settlement.cause {
        // A shop of many years has a hundred thousand of them.
        case .baseline: logger.debug("payment \(payment.id) was there before: \(what)", metadata: metadata)
        case .reconcile:
            logger.notice(
                "no webhook came for payment \(payment.id) (→ \(what)); found by reconciling",
                metadata: EventID.foundByReconciling.metadata(metadata))
        // Whoever knows an id has it fetched, and learns nothing.
        case .webhook where !confirmation.isChange:
            guard let others = repetitions.withLock({ $0.take(payment.id, now: now) }) else { return }
            logger.info(
                "payment \(payment.id) confirmed, nothing new: \(what)\(others)",
                metadata: EventID.confirmed.metadata(metadata))
        case .webhook, .manual:
            let kind = confirmation.isChange ? "confirmed" : "confirmed, nothing new"
            logger.info("payment \(payment.id) \(kind): \(what)", metadata: EventID.confirmed.metadata(metadata))
        }
    }

    private static func clipped(_ text: String) -> String { ReadableText.line(text, limit: textLimit) }
}
