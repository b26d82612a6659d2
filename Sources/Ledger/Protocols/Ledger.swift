package import JournalFormat
package import Payments

/// The side of a ledger that takes reports in.
package protocol ReportLedger: Sendable {
    /// Takes a report in. Returns when it may be acknowledged.
    ///
    /// A position that is rejected is given again. So whoever waits for one must have noted it before a rejection can reach
    /// him: under one lock with the methods of ``Acknowledger``.
    ///
    /// Whoever records with `defersCommit` calls ``commit()`` when he has no more to record for now: one sync serves them all.
    func record(_ report: ReportedPayment, peer: String, defersCommit: Bool) -> Reception

    /// Has everything that was gathered become durable: soon, or, where that takes no longer than a change of thread would,
    /// before this returns. Observers hear of it, in the latter case on the caller's thread.
    func commit()

    /// The last position that is durable: what ``record(_:peer:defersCommit:)`` returns is compared with it.
    var committed: Int64 { get }

    /// Why no report can be taken now, in words for an operator, without secrets; nil while they are taken.
    var unavailability: String? { get }

    /// What an operator can do when nothing can be written: the end of a sentence, in the imperative.
    var advice: String { get }

    /// Adds someone who hears of what becomes durable. To be called before anything is recorded.
    func addObserver(_ observer: any LedgerObserver)
}

extension ReportLedger {
    /// Takes a single report in.
    package func record(_ report: ReportedPayment, peer: String) -> Reception {
        record(report, peer: peer, defersCommit: false)
    }
}

/// The side of a ledger from which payments are confirmed: what is due, and what was found out. Nothing above it knows where it is kept.
package protocol Ledger: Sendable {
    /// Takes the next payment that is due, for a call that begins now. Each claim must be settled.
    func claim() -> Claim?

    /// When ``claim()`` may next have something, on the monotonic clock; nil when nothing waits.
    func nextDue() -> Instant?

    /// Journals what an answer comes to, and applies it once it is durable.
    func settle(_ claim: Claim, _ answer: Answer, cause: Record.Cause) async throws -> Settlement

    /// Takes one payment for a call that begins now, whatever its schedule says, and takes up again what was set aside of it.
    /// Nil while a call for it is under way. Must be settled.
    func claim(_ id: PaymentID) -> Claim?

    /// Begins a listing of all payments whose call begins now; false while one is under way. It must be ended.
    func beginListing() -> Bool

    /// Judges payments that the listing shows, as the answer of a fetch of each, for reports that came before its call began;
    /// journals what that comes to, and applies it once it is durable. Blocks for that long.
    func list(_ payments: [ConfirmedPayment]) throws -> [Settlement]

    /// Ends the listing. A whole one counts as a 404 for what it lacks between its lowest and its highest id, and completes
    /// the baseline if it was the first. Blocks until all that is durable.
    func endListing(isWhole: Bool) throws -> (ListingSummary, [Settlement])

    /// Whether so much waits that a listing would answer it faster than calls within the budget.
    var isFlooded: Bool { get }

    /// Whether the baseline is complete.
    var hasBaseline: Bool { get }

    /// Until when all calls are paused, on the monotonic clock.
    var pausedUntil: Instant { get }

    /// Takes up again what was set aside as unknown for too long.
    func requeueAbandoned()

    /// Holds all claims back for a while, as the API asked for.
    func pause(_ duration: Duration)

    /// Has fewer calls made for a while: the API refused one that began then as one too many.
    func slowDown(callBegan: Instant)

    /// How it stands.
    var counts: LedgerCounts { get }

    /// What an operator can do when nothing can be written: the end of a sentence, in the imperative.
    var advice: String { get }

    /// Adds someone who hears of what becomes durable. To be called before anything is claimed.
    func addObserver(_ observer: any LedgerObserver)
}

/// What became of a report that was offered.
package enum Reception: Hashable, Sendable {
    /// It may be acknowledged once the ledger has committed up to this position.
    case pending(Int64)
    /// It may be acknowledged now: the API has already said what it says.
    case known
    /// It was not taken, and must not be acknowledged: why, in words for an operator, without secrets.
    case unavailable(String)
}

/// What a settled claim came to.
package struct Settlement: Sendable {
    /// The payment.
    package let id: PaymentID
    /// What caused the call.
    package let cause: Record.Cause
    /// What was decided.
    package let judgement: Judgement
    /// The record of the confirmation, if there is one.
    package let confirmedSeq: Int64?

    package init(id: PaymentID, cause: Record.Cause, judgement: Judgement, confirmedSeq: Int64?) {
        self.id = id
        self.cause = cause
        self.judgement = judgement
        self.confirmedSeq = confirmedSeq
    }
}
