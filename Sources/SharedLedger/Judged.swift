import JournalFormat
import Payments

/// What was decided about a claim, with the numbers of its records.
struct Judged: Sendable {
    let claim: Claim
    let judgement: Judgement
    let cause: Record.Cause
    let seqs: [Int64]

    /// Adds the records to a turn.
    init(_ claim: Claim, _ judgement: Judgement, _ cause: Record.Cause, _ draft: inout Draft) {
        self.claim = claim
        self.judgement = judgement
        self.cause = cause
        seqs = judgement.records(payment: claim.id, cause: cause).map {
            draft.append($0, order: claim.order.nanoseconds)
        }
    }

    var settlement: Settlement {
        Settlement(
            id: claim.id, cause: cause, judgement: judgement,
            confirmedSeq: judgement.confirmation == nil ? nil : seqs.first)
    }

    /// Applies what is committed; answers what the others must know of the call's end.
    func apply(to state: inout LedgerState, now: Instant) -> SharedNote {
        var written = seqs[...]
        if let confirmation = judgement.confirmation, let seq = written.popFirst() {
            state.confirmed(confirmation.payment.summary, of: confirmation.of, seq: seq, callBegan: claim.order)
            state.noteCause(cause, isNews: confirmation.isNews)
            if confirmation.isNews { state.announced(claim.id, DeliveryPosition(seq: seq, offset: 0), now: now) }
        }
        for refutation in judgement.refutations where written.popFirst() != nil {
            state.refuted(claim.id, of: refutation.of)
        }
        if let abandonment = judgement.abandonment, let seq = written.popFirst() {
            state.abandoned(claim.id, of: abandonment.of, seq: seq)
        }
        state.conclude(claim, judgement, now: now)
        return .ended(
            payment: claim.id,
            state.schedule(
                of: claim.id, isAnswered: !judgement.isFailed, isNews: judgement.confirmation?.isNews == true))
    }
}

extension ClaimedReport {
    /// A report as its record has it. Throws when there is none, or another.
    init(_ waiting: WaitingReport, line: [UInt8]?) throws {
        guard let line else {
            throw DatabaseFault(kind: .failed, message: "record \(waiting.seq), a report that waits, is gone")
        }
        let entry = try Entry(line: line.span)
        guard case .received(let received) = entry.record else {
            throw DatabaseFault(kind: .failed, message: "record \(waiting.seq) is not a report")
        }
        self.init(
            waiting: waiting, report: try ReportedPayment(body: received.report.span), receivedAt: entry.time)
    }
}
