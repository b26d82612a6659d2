import JournalFormat
import Ledger
import Payments
import Testing

/// A ledger's state with a clock that the test turns, and a journal that is a dictionary.
final class LedgerHarness {
    var state: LedgerState
    var now = Instant(nanoseconds: 0)
    var seq: Int64 = 0
    var journal: [Int64: ReportedPayment] = [:]
    /// What has been decided, in order: `confirmed news [1]`, `refuted 2 not-found`, `abandoned [3]`.
    var story: [String] = []
    /// What became of each report: `settled`, or why it was refuted.
    var verdicts: [Int64: String] = [:]

    init(maxPending: Int = 100, rate: Int = 1000, window: Duration = .seconds(72 * 3600)) {
        state = LedgerState(
            limits: .init(maxPending: maxPending, confirmRate: rate, confirmWindow: window), seed: 1, now: now)
    }

    func claim() -> Claim? { state.claim(now: now) }

    func pass(_ duration: Duration) { now = now + duration }

    /// Offers a report and journals it if it is to be journaled.
    @discardableResult
    func offer(_ report: ReportedPayment) -> Admission {
        let admission = state.admit(report.summary.admitted)
        switch admission {
        case .journal:
            seq += 1
            journal[seq] = report
            state.received(report.summary.admitted, seq: seq, offset: seq, now: now)
        case .coalesced(let seq): state.coalesced(report.summary.admitted, by: seq, now: now)
        case .known, .full: break
        }
        return admission
    }

    /// Takes what is due and answers it at once; the claim, or nil when nothing is due.
    @discardableResult
    func fetch(_ answer: Answer) -> Claim? {
        guard let claim = state.claim(now: now) else { return nil }
        settle(claim, answer)
        return claim
    }

    /// A call for another payment, answered at once with 2xx.
    func answerAnother() {
        guard let claim = state.claim(1_000_000, now: now) else { return }
        state.noteAnswered(claim)
        state.release(claim, now: now)
    }

    func settle(_ claim: Claim, _ answer: Answer) {
        if case .payment = answer { state.noteAnswered(claim) }
        let reports = claim.reports.map(read)
        let judgement = state.judge(claim, answer, reports, now: now, wallClock: now.nanoseconds)
        apply(claim, judgement, .webhook)
    }

    /// One that the journal lacks is unreadable.
    func read(_ waiting: WaitingReport) -> ClaimedReport {
        ClaimedReport(waiting: waiting, report: journal[waiting.seq], receivedAt: journal[waiting.seq].map { _ in 0 })
    }

    /// Applies a judgement as if its records had become durable.
    func apply(_ claim: Claim, _ judgement: Judgement, _ cause: Record.Cause) {
        for (record, change) in judgement.records(claim, cause) {
            seq += 1
            tell(record)
            state.apply(change, at: JournalPosition(seq: seq, offset: seq), now: now)
        }
        state.conclude(claim, judgement, now: now)
        #expect(state.checkInvariants() == nil)
    }

    private func tell(_ record: Record) {
        switch record {
        case .confirmed(let confirmed):
            let suffix = confirmed.cause == .webhook ? "" : " \(confirmed.cause.rawValue)"
            story.append("confirmed\(confirmed.news ? " news" : "") \(confirmed.of)\(suffix)")
            for seq in confirmed.of { verdicts[seq] = "settled" }
        case .refuted(_, let of, let reason):
            story.append("refuted \(of) \(reason)")
            verdicts[of] = reason
        case .abandoned(let abandoned): story.append("abandoned \(abandoned.of)")
        default: preconditionFailure("no judgement writes \(record.kind)")
        }
    }
}

// Records that a test applies by itself.
extension LedgerState {
    mutating func received(_ report: AdmittedReport, seq: Int64, offset: Int64, now: Instant?) {
        apply(.received(report), at: JournalPosition(seq: seq, offset: offset), now: now)
    }

    /// In a replay.
    mutating func configured(endpoints: [String], seq: Int64) {
        apply(.opened(at: 0, endpoints: endpoints), at: JournalPosition(seq: seq, offset: 0), now: nil)
    }

    mutating func completedBaseline() { apply(.baseline, at: .none, now: nil) }
}
