package import Payments

/// What is known of each payment and what waits to be confirmed: the ledger as a value.
///
/// One method applies a record, when it is replayed from the journal and when it has just become durable, so that a restart ends
/// where the running program was. No clock is read and nothing is written here. What always holds: ``checkInvariants()``.
package struct LedgerState: Sendable {
    /// What an operator can set.
    package struct Limits: Hashable, Sendable {
        /// Payments never confirmed that may wait.
        package var maxPending: Int
        /// Re-fetches a second for payments never confirmed, and as many again for the others.
        package var confirmRate: Int
        /// How long unknown is retried before a report is abandoned.
        package var confirmWindow: Duration

        package init(maxPending: Int, confirmRate: Int, confirmWindow: Duration) {
            self.maxPending = maxPending
            self.confirmRate = confirmRate
            self.confirmWindow = confirmWindow
        }
    }

    /// Distinct reports of one payment that are journaled while its next fetch has not begun.
    package static let reportsPerFetch = 16

    /// Changes at run time take effect at the next decision.
    package var limits: Limits {
        didSet {
            pending.rate.allow(limits.confirmRate)
        }
    }

    var known = IDTable<KnownPayment>()
    /// State, amount and currency of known payments of which that is too long for the table.
    var longFields: [PaymentID: [UInt8]] = [:]
    var pending: PendingPayments
    /// Whether what waits may yield in a full house. Not where several nodes take reports in: what one of them has acknowledged waits.
    package var mayYield = true
    /// The report that the last one yielded to of which no whole listing has told that began since; 0 when there is none.
    var yieldedAt: Int64 = 0
    /// The highest id that was confirmed.
    private var highestKnown: PaymentID = 0
    /// The listing that is under way.
    package internal(set) var listing: Listing?
    /// How many listings there have been.
    var listingCount = 0
    /// When the journal was first opened, in nanoseconds since 1970; nil before anything of it is known.
    package internal(set) var openedAt: Int64?
    /// Whether the baseline is complete: until then, what was there before this program came is told from what is new.
    package internal(set) var hasBaseline = false
    var deliveries: Deliveries
    /// Endpoints whose record is on its way to the disk.
    var awaitedEndpoints: (names: [String], seq: Int64)?
    var totals = LedgerCounts()
    /// How far it reflects its journal.
    package var frontier = Frontier()

    /// Records that were appended have been applied, or never will be.
    package mutating func endAppended() {
        frontier.end()
        forgetFinished()
    }

    /// The newest report when a call began that was answered with 2xx.
    var answeredAt: Int64 = 0
    /// The newest report when the last whole listing of this run began.
    var listedUpTo: Int64 = 0
    var newestReport: Int64 = 0
    /// How often records were rejected, whose numbers were given again.
    package private(set) var generation = 0

    /// An empty ledger.
    package init(limits: Limits, seed: UInt64, now: Instant) {
        self.limits = limits
        pending = PendingPayments(rate: limits.confirmRate, seed: seed, now: now)
        deliveries = Deliveries(seed: seed)
    }

    /// How the ledger stands.
    package var counts: LedgerCounts {
        var counts = totals
        counts.known = known.count
        counts.pending = pending.waitingCount
        counts.isFull = isFull
        return counts
    }

    // MARK: Taking reports in

    /// Decides what becomes of a report; changes nothing. One that has been acknowledged already is never refused.
    package func admit(_ report: AdmittedReport, isAcknowledged: Bool = false) -> Admission {
        if let slot = known.slot(of: report.id), known[slot].says(report) { return .known }
        guard let slot = pending.slot(of: report.id) else {
            let isTaken = isAcknowledged || !isFull || isKnown(report.id) || yielding(to: report.id) != nil
            return isTaken ? .journal : .full
        }
        // A listing that has begun may settle what came before it, and then nothing would cover what came since.
        let begun = max(pending.calls[report.id]?.upTo ?? 0, listing?.upTo ?? 0)
        if let seq = pending[slot].coalescing(report.content, after: begun, limit: Self.reportsPerFetch) {
            return .coalesced(by: seq)
        }
        return .journal
    }

    /// Whether so many payments that were never confirmed wait that a report of another one is taken only in the place of one that is
    /// less likely to be genuine.
    package var isFull: Bool { pending.unconfirmedCount >= limits.maxPending }

    /// What waits that yields to a payment in a full house: ids are given out in order, so one far from the highest that was confirmed is
    /// more likely forged than a nearer one. On both sides of it: else the many below would crowd out the few genuine ones just beyond. The
    /// farthest of a few, since looking at all for each report would be a forger's lever.
    private func yielding(to id: PaymentID) -> Int? {
        highestKnown == 0 || !mayYield ? nil : pending.farthest(from: highestKnown, beyond: id)
    }

    /// Whether a report in the journal waits no more though it has no verdict, and a whole listing began behind it: if its payment was
    /// there, it was found.
    package func hasYielded(_ seq: Int64, of id: PaymentID) -> Bool {
        seq <= listedUpTo && !pending.holds(seq, of: id)
    }

    /// Has a payment that was confirmed never wait no longer: its reports stay in the journal, and the listing that this asks for shows it
    /// if the API has it.
    private mutating func makeRoom(for id: PaymentID) {
        guard isFull, pending.slot(of: id) == nil, !isKnown(id), let slot = yielding(to: id) else { return }
        totals.yielded += 1
        yieldedAt = newestReport
        pending.yield(slot)
    }

    /// Applies a `received` record. `now` is nil in a replay, where ``resume(now:)`` makes everything due afterwards.
    package mutating func received(_ report: AdmittedReport, at position: JournalPosition, now: Instant?) {
        totals.received += 1
        newestReport = position.seq
        makeRoom(for: report.id)
        let waiting = WaitingReport(seq: position.seq, offset: position.offset, content: report.content)
        pending.append(waiting, of: report.id, knowledge(of: report.id), now: now)
    }

    /// Has a payment fetched though no report of it waits.
    private mutating func askAnew(_ id: PaymentID, now: Instant) { pending.askAnew(id, isKnown: isKnown(id), now: now) }

    /// A confirmation was news, and can be told to nobody any more: whatever the API says of the payment next is news.
    mutating func forget(_ id: PaymentID, now: Instant?) {
        guard let slot = known.slot(of: id) else { return }
        known[slot].forget()
        longFields[id] = nil
        if let now { askAnew(id, now: now) }
    }

    /// Whether an answer tells a state, amount or currency that differ from what is known of its payment.
    func isChange(_ payment: ConfirmedSummary, _ known: KnownPayment) -> Bool {
        known.fields != payment.fields || payment.longFields != nil && payment.longFields != longFields[payment.id]
    }

    private func knowledge(of id: PaymentID) -> KnownPayment? { known.slot(of: id).map { known[$0] } }

    func isKnown(_ id: PaymentID) -> Bool { known.slot(of: id) != nil }

    /// Takes note of a report that was coalesced, and not journaled.
    ///
    /// The API may lag behind it, so one fetch need not show what it told of. An equal report that waits has all its turns
    /// before it. One of many others has its own turns noted with the payment: a forger who fills the sixteen places delays
    /// a genuine report, and hides nothing.
    package mutating func coalesced(_ report: AdmittedReport, by seq: Int64, now: Instant) {
        pending.coalesce(report.content, of: report.id, by: seq, knowledge(of: report.id), now: now)
    }

    /// After a replay: all that waits is due at once, spread by jitter over the time that the budget needs for it.
    package mutating func resume(now: Instant) {
        totals.yielded = 0
        deliveries.resume(now: now)
        known.forEachSlot { slot in if known[slot].isForgotten { askAnew(known[slot].id, now: now) } }
        pending.resume(rate: limits.confirmRate, now: now)
    }

    /// Forgets reports whose records were never written: what follows `seq` was rejected, and its numbers are used again.
    package mutating func rollBack(after seq: Int64) {
        generation += 1
        frontier.rollBack(after: seq)
        newestReport = min(newestReport, seq)
        answeredAt = min(answeredAt, seq)
        listedUpTo = min(listedUpTo, seq)
        yieldedAt = min(yieldedAt, seq)
        if let awaited = awaitedEndpoints, awaited.seq > seq { awaitedEndpoints = nil }
        totals.received -= pending.rollBack(after: seq)
    }

    // MARK: Claims

    /// Takes the next payment that is due and within budget, for a call that begins now.
    package mutating func claim(now: Instant) -> Claim? {
        pending.popDue(now: now).map { begin($0, pending[$0].id, now: now) }
    }

    private mutating func begin(_ slot: Int?, _ id: PaymentID, now: Instant) -> Claim {
        let claim = Claim(
            id: id, reports: slot.map { pending[$0].reports } ?? [], began: now, newestReport: newestReport,
            generation: generation)
        pending.begin(claim)
        return claim
    }

    /// Takes one payment for a call that begins now, whatever its schedule says; nil while a call for it is under way.
    package mutating func claim(_ id: PaymentID, now: Instant) -> Claim? {
        guard !isInFlight(id) else { return nil }
        requeue(id, now: now)
        // The API has asked for quiet: what waits has its turn when that is over.
        guard pausedUntil <= now else { return nil }
        return begin(pending.slot(of: id), id, now: now)
    }

    /// Has all reports that were set aside wait again.
    package mutating func requeueAbandoned(now: Instant) {
        // In order, so that a run can be repeated: a dictionary's own order differs from process to process.
        for id in pending.abandoned.keys.sorted() { requeue(id, now: now) }
    }

    /// Has the reports of a payment that were set aside wait again.
    private mutating func requeue(_ id: PaymentID, now: Instant) {
        let isKnown = isKnown(id)
        pending.requeue(id, isKnown: isKnown, now: now)
    }

    /// When ``claim(now:)`` may next have something; nil when nothing waits. May be early, never late.
    package func nextDue() -> Instant? { pending.nextDue }

    /// No call begins before this.
    package var pausedUntil: Instant { pending.pausedUntil }

    /// Pauses all calls, as `Retry-After` asks; at most 15 minutes.
    package mutating func pause(_ duration: Duration, now: Instant) { pending.pause(duration, now: now) }

    /// The API refused a call that began then as one too many: fewer are made for a while.
    package mutating func slowDown(callBegan: Instant, now: Instant) {
        pending.slowDown(callBegan: callBegan, now: now)
    }

    /// How many calls each budget allows now, in a thousand seconds.
    package func callRate(now: Instant) -> Int64 { pending.rate.current(now: now) }

    /// Notes that a call was answered with 2xx: only then does a 404 or 403 say anything about a payment.
    ///
    /// It speaks for the reports that were there when it began. Whoever counts up to when its answer is taken in counts what
    /// came in between as well, and a program may stand still for long between the two.
    package mutating func noteAnswered(_ claim: Claim) {
        noteAnswered(upTo: claim.newestReport, claim.generation)
    }

    /// The same of the listing that is under way.
    package mutating func noteListed() {
        if let listing { noteAnswered(upTo: listing.upTo, listing.generation) }
    }

    private mutating func noteAnswered(upTo seq: Int64, _ generation: Int) {
        if generation == self.generation { answeredAt = max(answeredAt, seq) }
    }

    // MARK: Judging

    /// What an answer comes to. Changes nothing: ``conclude(_:_:now:)`` applies it.
    package func judge(
        _ claim: Claim, _ answer: Answer, _ reports: [ClaimedReport], now: Instant, wallClock: Int64
    ) -> Judgement {
        var judgement = Judgement(claim)
        // Numbers given twice would settle the wrong reports.
        let reports = claim.generation == generation ? reports : []
        var unknown: [ClaimedReport] = []
        switch answer {
        case .payment(let payment):
            judge(payment, reports, &judgement, &unknown, now: now)
        case .notFound:
            judgeAbsence(.notFound, reports, &judgement, &unknown, now: now)
        case .forbidden:
            judgeAbsence(.forbidden, reports, &judgement, &unknown, now: now)
        case .failed(let error):
            judgement.isFailure = true
            judgement.unknown = error
            unknown = reports
        }
        abandon(unknown, &judgement, attempts: pending.attempts(claim.id) + 1, wallClock: wallClock)
        return judgement
    }

    /// Compares each report with the truth.
    private func judge(
        _ payment: ConfirmedPayment, _ reports: [ClaimedReport], _ judgement: inout Judgement,
        _ unknown: inout [ClaimedReport], now: Instant
    ) {
        let before = known.slot(of: payment.id).map { known[$0] }
        if let before, before.isLag(payment.summary, callBegan: judgement.callBegan) {
            judgement.isFailure = true
            judgement.unknown = "the answer is older than what was confirmed"
            unknown = reports
            return
        }
        var settled: [Int64] = []
        for claimed in reports {
            guard let report = claimed.report else {
                judgement.refutations.append(Judgement.Refutation(of: claimed.waiting.seq, reason: .unreadable))
                continue
            }
            switch Comparison(report, payment) {
            case .settled: settled.append(claimed.waiting.seq)
            case .contradicted(let reason):
                judgement.refutations.append(Judgement.Refutation(of: claimed.waiting.seq, reason: reason))
            case .ahead:
                let next = claimed.advancingLag(began: judgement.callBegan, now: now)
                if let next {
                    unknown.append(next)
                } else {
                    judgement.refutations.append(
                        Judgement.Refutation(of: claimed.waiting.seq, reason: .stateNeverReached))
                }
            }
        }
        if !unknown.isEmpty { judgement.unknown = "the API does not show the reported state yet" }
        let isChange = before.map { self.isChange(payment.summary, $0) } ?? true
        if isChange || !settled.isEmpty {
            judgement.confirmation = Judgement.Confirmation(payment: payment, isChange: isChange, of: settled)
        }
    }

    /// A payment that the API does not show is refuted only after several looks, and only if the API shows others.
    private func judgeAbsence(
        _ reason: RefutationReason, _ reports: [ClaimedReport], _ judgement: inout Judgement,
        _ unknown: inout [ClaimedReport], now: Instant
    ) {
        for claimed in reports {
            if let next = claimed.advancingAbsence(began: judgement.callBegan, now: now) {
                unknown.append(next)
            } else if answeredAt >= claimed.waiting.seq {
                judgement.refutations.append(
                    Judgement.Refutation(
                        of: claimed.waiting.seq, reason: claimed.report == nil ? .unreadable : reason))
            } else {
                // No failure of the call: a report that says something else waits for no backoff behind this one.
                unknown.append(claimed.resting(until: now + RetrySchedule.longest))
            }
        }
        if !unknown.isEmpty { judgement.unknown = "the API shows no such payment (\(reason.rawValue))" }
    }

    /// Sets aside what was unknown for too long; the rest goes on waiting.
    private func abandon(
        _ unknown: [ClaimedReport], _ judgement: inout Judgement, attempts: Int, wallClock: Int64
    ) {
        let oldest = wallClock - limits.confirmWindow.nanoseconds
        // One of which nobody knows when it came waits as long as it takes.
        func isOverdue(_ claimed: ClaimedReport) -> Bool { claimed.receivedAt.map { $0 < oldest } ?? false }
        let overdue = unknown.filter(isOverdue)
        judgement.waiting = unknown.filter { !isOverdue($0) }.map(\.waiting)
        if !overdue.isEmpty {
            judgement.abandonment = Judgement.Abandonment(
                of: overdue.map(\.waiting.seq), attempts: attempts, error: judgement.unknown ?? "unknown")
        }
    }

    // MARK: Concluding

    /// Ends a claim whose judgement is durable, or had nothing to write.
    ///
    /// The records themselves are applied before this.
    package mutating func conclude(_ claim: Claim, _ judgement: Judgement, now: Instant) {
        if claim.generation == generation { pending.giveTurns(claim.id, judgement.waiting) }
        let isChange = judgement.confirmation?.isChange == true
        if !judgement.isFailure { pending.followUp(claim, isChange: isChange, now: now) }
        // It may have told of what the API does not show yet: its turns are the payment's.
        if !isChange, judgement.refutations.contains(where: { $0.reason == .unreadable }) {
            askAnew(claim.id, now: now)
        }
        if judgement.isFailure {
            pending.end(claim, now: now, rest: nil)
        } else if !judgement.refutations.isEmpty {
            pending.end(claim, now: now, rest: RetrySchedule.restAfterRefutation)
        } else {
            pending.end(claim, now: now, rest: isChange ? .zero : RetrySchedule.restWithoutNews)
        }
    }

    /// Ends a claim that came to nothing, because what it found could not be written.
    package mutating func release(_ claim: Claim, now: Instant) {
        pending.end(claim, now: now, rest: nil)
    }

    /// Applies a `confirmed` record.
    package mutating func confirmed(_ payment: ConfirmedSummary, of: [Int64], seq: Int64, callBegan: Instant) {
        totals.confirmed += 1
        know(payment, seq: seq, callBegan: callBegan)
        settle(payment.id, of)
    }

    /// Applies a `known` record: what was confirmed in records that have been pruned.
    mutating func knew(_ payment: ConfirmedSummary, seq: Int64) {
        know(payment, seq: seq, callBegan: .distantPast)
    }

    /// Takes in what a snapshot says of a payment.
    mutating func remember(_ entry: KnownPayment) {
        known.insert(entry)
        highestKnown = max(highestKnown, entry.id)
    }

    private mutating func know(_ payment: ConfirmedSummary, seq: Int64, callBegan: Instant) {
        let entry = KnownPayment(payment, seq: seq, callBegan: callBegan)
        if let slot = known.slot(of: payment.id) { known[slot] = entry } else { known.insert(entry) }
        if payment.longFields != nil || !longFields.isEmpty { longFields[payment.id] = payment.longFields }
        highestKnown = max(highestKnown, payment.id)
        pending.confirm(payment.id)
    }

    /// Applies a `refuted` record.
    package mutating func refuted(_ id: PaymentID, of seq: Int64) {
        totals.refuted += 1
        settle(id, [seq])
    }

    /// Applies the `abandoned` record `seq`: the reports wait no longer, until a new one of the payment takes them up again. In
    /// a running program that one may be here already, though it stands behind the record.
    package mutating func abandoned(_ id: PaymentID, of seqs: [Int64], seq: Int64) {
        totals.abandoned += seqs.count
        pending.abandon(id, of: seqs, seq: seq)
    }

    private mutating func settle(_ id: PaymentID, _ seqs: [Int64]) {
        pending.settle(id, seqs)
        pending.settleAbandoned(id) { seqs.contains($0) }
    }
}
