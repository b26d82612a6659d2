import JournalFormat
import Ledger
import Payments

/// The ledger's state with a journal that is a dictionary: whatever is written is durable at once.
struct SimulatedLedger {
    var state: LedgerState
    private var seq: Int64 = 0
    /// The reports that wait, with the time they came.
    private var reports: [Int64: (report: ReportedPayment, time: Int64)] = [:]
    /// Reports that were journaled, those that were answered 503, and the most that waited at once.
    private(set) var journaled = 0
    private(set) var refused = 0
    private(set) var mostWaiting = 0

    init(_ limits: LedgerState.Limits, seed: UInt64, now: Instant) {
        state = LedgerState(limits: limits, seed: seed, now: now)
        state.opened(at: now.nanoseconds)
    }

    mutating func offer(_ report: ReportedPayment, now: Instant) {
        switch state.admit(report.summary.admitted) {
        case .known: state.noteAnnouncement()
        case .full: refused += 1
        case .coalesced(let seq): state.coalesced(report.summary.admitted, by: seq, now: now)
        case .journal:
            seq += 1
            journaled += 1
            reports[seq] = (report, now.nanoseconds)
            mostWaiting = max(mostWaiting, reports.count)
            state.apply(
                .received(report.summary.admitted), at: JournalPosition(seq: seq, offset: seq), now: now)
        }
    }

    /// The answer to a fetch. Returns what is news.
    mutating func settle(_ claim: Claim, _ answer: Answer, now: Instant) -> ConfirmedPayment? {
        if case .payment = answer { state.noteAnswered(claim) }
        let judgement = state.judge(claim, answer, claimed(claim), now: now, wallClock: now.nanoseconds)
        return apply(claim, judgement, .webhook, now: now)
    }

    /// The answer to a listing, whole. Returns what is news.
    mutating func list(_ payments: [ConfirmedPayment], now: Instant) -> [ConfirmedPayment] {
        var news: [ConfirmedPayment] = []
        for payment in payments {
            guard let claim = state.claimListed(payment) else { continue }
            let (judgement, cause) = state.judgeListed(
                claim, .payment(payment), claimed(claim), now: now, wallClock: now.nanoseconds)
            if let payment = apply(claim, judgement, cause, now: now) { news.append(payment) }
        }
        state.noteListed()
        for id in state.absentees() {
            guard let claim = state.claimAbsent(id) else { continue }
            let (judgement, cause) = state.judgeListed(
                claim, .notFound, claimed(claim), now: now, wallClock: now.nanoseconds)
            _ = apply(claim, judgement, cause, now: now)
        }
        state.apply(.baseline, at: .none, now: now)
        _ = state.endListing(isWhole: true)
        return news
    }

    private func claimed(_ claim: Claim) -> [ClaimedReport] {
        claim.reports.map { waiting in
            let (report, time) = reports[waiting.seq]!
            return ClaimedReport(waiting: waiting, report: report, receivedAt: time)
        }
    }

    private mutating func apply(
        _ claim: Claim, _ judgement: Judgement, _ cause: Record.Cause, now: Instant
    ) -> ConfirmedPayment? {
        for (record, change) in judgement.records(claim, cause) {
            seq += 1
            state.apply(change, at: JournalPosition(seq: seq, offset: seq), now: now)
            switch record {
            case .confirmed(let confirmed): for settled in confirmed.of { reports[settled] = nil }
            case .refuted(_, let of, _): reports[of] = nil
            default: break
            }
        }
        state.conclude(claim, judgement, now: now)
        guard let confirmation = judgement.confirmation, confirmation.isChange || cause == .baseline else { return nil }
        return confirmation.payment
    }
}
