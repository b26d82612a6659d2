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
            for index in budgets.indices { budgets[index].setRate(limits.confirmRate) }
        }
    }

    var known = IDTable<KnownPayment>()
    var pending = IDTable<PendingPayment>()
    var inFlight: [PaymentID: Claim] = [:]
    /// The listing that is under way.
    package internal(set) var listing: Listing?
    /// How many listings there have been.
    var listingCount = 0
    /// When the journal was first opened, in nanoseconds since 1970; nil before anything of it is known.
    package internal(set) var openedAt: Int64?
    /// Whether the baseline is complete: until then, what was there before this program came is told from what is new.
    package internal(set) var hasBaseline = false
    /// Payments with reports that were covered without an equal one.
    var followUps: [PaymentID: FollowUp] = [:]
    var abandoned: [PaymentID: [WaitingReport]] = [:]
    /// Which abandoned reports a new one took up, in case it is never written.
    private(set) var takenUp: [PaymentID: (by: Int64, reports: [Int64])] = [:]
    var deliveries: Deliveries
    /// Endpoints whose record is on its way to the disk.
    var awaitedEndpoints: (names: [String], seq: Int64)?
    var totals = LedgerCounts()
    /// How far it reflects its journal.
    package var frontier = Frontier()

    /// Due now, by class: 0 never confirmed, 1 confirmed before. Each has its own budget, and they are served in turn.
    var due = [SlotQueue(), SlotQueue()]
    var budgets: [TokenBucket]
    var nextClass = 0
    private(set) var timers = DueQueue()

    /// Payments never confirmed that wait or rest.
    var unseen = 0
    /// No call begins before this.
    package internal(set) var pausedUntil = Instant.distantPast
    /// The newest report when a call began that was answered with 2xx.
    var answeredAt: Int64 = 0
    var newestReport: Int64 = 0
    private(set) var generation = 0
    private var random: SplitMix64

    /// An empty ledger.
    package init(limits: Limits, seed: UInt64, now: Instant) {
        self.limits = limits
        budgets = Array(repeating: TokenBucket(rate: limits.confirmRate, now: now), count: 2)
        random = SplitMix64(seed: seed)
        deliveries = Deliveries(seed: seed)
    }

    /// How the ledger stands.
    package var counts: LedgerCounts {
        var counts = totals
        counts.known = known.count
        counts.isFull = isFull
        return counts
    }

    // MARK: Taking reports in

    /// Decides what becomes of a report; changes nothing. One that has been acknowledged already is never refused.
    package func admit(_ report: AdmittedReport, isAcknowledged: Bool = false) -> Admission {
        if let slot = known.slot(of: report.id), known[slot].says(report) { return .known }
        guard let slot = pending.slot(of: report.id) else {
            return !isAcknowledged && isFull && known.slot(of: report.id) == nil ? .full : .journal
        }
        // A listing that has begun may settle what came before it, and then nothing would cover what came since.
        let begun = max(inFlight[report.id]?.upTo ?? 0, listing?.upTo ?? 0)
        if let seq = pending[slot].covering(report.fingerprint, after: begun, limit: Self.reportsPerFetch) {
            return .covered(by: seq)
        }
        return .journal
    }

    /// Whether so many payments that were never confirmed wait that no report of another one is taken.
    package var isFull: Bool { unseen >= limits.maxPending }

    /// Applies a `received` record. `now` is nil in a replay, where ``resume(now:)`` makes everything due afterwards.
    package mutating func received(_ report: AdmittedReport, at position: JournalPosition, now: Instant?) {
        let id = report.id
        let seq = position.seq
        totals.received += 1
        newestReport = seq
        let slot = pendingSlot(id)
        let hadReports = pending[slot].hasReports
        if let reports = abandoned.removeValue(forKey: id) {
            for report in reports { pending[slot].append(report) }
            if now != nil { takenUp[id] = (seq, reports.map(\.seq)) }
        }
        pending[slot].append(WaitingReport(seq: seq, offset: position.offset, fingerprint: report.fingerprint))
        if !hadReports { totals.pending += 1 }
        if let now { wake(slot, now: now) }
    }

    /// Takes note of a report that was covered, and not journaled.
    ///
    /// The API may lag behind it, so one fetch need not show what it told of. An equal report that waits has all its turns
    /// before it. One of many others has its own turns noted with the payment: a forger who fills the sixteen places delays
    /// a genuine report, and hides nothing.
    package mutating func covered(_ report: AdmittedReport, by seq: Int64, now: Instant) {
        guard let slot = pending.slot(of: report.id) else { return }
        if !pending[slot].holds(seq, equalTo: report.fingerprint) { followUps[report.id] = FollowUp(since: now) }
        wake(slot, now: now)
    }

    /// After a replay: all that waits is due at once, spread by jitter over the time that the budget needs for it.
    package mutating func resume(now: Instant) {
        deliveries.resume(now: now)
        let spread = min(5_000_000_000, Int64(pending.count) * 1_000_000_000 / Int64(limits.confirmRate))
        pending.forEachSlot { slot in
            schedule(slot, at: now + .nanoseconds(Int64.random(in: 0...spread, using: &random)), now: now)
        }
    }

    /// Forgets reports whose records were never written: what follows `seq` was rejected, and its numbers are used again.
    package mutating func rollBack(after seq: Int64) {
        generation += 1
        frontier.rollBack(after: seq)
        newestReport = min(newestReport, seq)
        answeredAt = min(answeredAt, seq)
        if let awaited = awaitedEndpoints, awaited.seq > seq { awaitedEndpoints = nil }
        pending.forEachSlot { slot in
            let reports = pending[slot].reports
            var kept = reports.filter { $0.seq <= seq }
            guard kept.count < reports.count else { return }
            totals.received -= reports.count - kept.count
            let id = pending[slot].id
            if let taken = takenUp[id], taken.by > seq { putAside(taken.reports, &kept, id) }
            if kept.isEmpty { totals.pending -= 1 }
            // An entry without reports goes away by itself when its turn comes.
            pending[slot].reports = kept
        }
    }

    /// Undoes that abandoned reports were taken up.
    private mutating func putAside(_ seqs: [Int64], _ reports: inout [WaitingReport], _ id: PaymentID) {
        takenUp[id] = nil
        var aside = reports.filter { seqs.contains($0.seq) }
        for index in aside.indices { aside[index].restart() }
        if !aside.isEmpty { abandoned[id] = aside }
        reports.removeAll { seqs.contains($0.seq) }
    }

    // MARK: Claims

    /// Takes the next payment that is due and within budget, for a call that begins now.
    package mutating func claim(now: Instant) -> Claim? {
        popTimers(now: now)
        guard pausedUntil <= now else { return nil }
        for turn in 0..<2 {
            let index = (nextClass + turn) % 2
            guard budgets[index].nextToken <= now, let slot = popDue(index) else { continue }
            _ = budgets[index].take(now: now)
            nextClass = (index + 1) % 2
            pending[slot].phase = .inFlight
            let claim = Claim(
                id: pending[slot].id, reports: pending[slot].reports, began: now, newestReport: newestReport,
                generation: generation)
            inFlight[claim.id] = claim
            return claim
        }
        return nil
    }

    /// Takes one payment for a call that begins now, whatever its schedule says; nil while a call for it is under way.
    package mutating func claim(_ id: PaymentID, now: Instant) -> Claim? {
        guard !isInFlight(id) else { return nil }
        takeUp(id, now: now)
        // The API has asked for quiet: what waits has its turn when that is over.
        guard pausedUntil <= now else { return nil }
        let slot = pending.slot(of: id)
        let claim = Claim(
            id: id, reports: slot.map { pending[$0].reports } ?? [], began: now,
            newestReport: newestReport, generation: generation)
        inFlight[id] = claim
        if let slot { pending[slot].phase = .inFlight }
        return claim
    }

    /// Has all reports that were set aside wait again.
    package mutating func takeUpAbandoned(now: Instant) {
        // In order, so that a run can be repeated: a dictionary's own order differs from process to process.
        for id in abandoned.keys.sorted() { takeUp(id, now: now) }
    }

    /// Has the reports of a payment that were set aside wait again.
    private mutating func takeUp(_ id: PaymentID, now: Instant) {
        guard let reports = abandoned.removeValue(forKey: id) else { return }
        let slot = pendingSlot(id)
        if !pending[slot].hasReports { totals.pending += 1 }
        for report in reports { pending[slot].append(report) }
        wake(slot, now: now)
    }

    /// When ``claim(now:)`` may next have something; nil when nothing waits. May be early, never late.
    package func nextDue() -> Instant? {
        var earliest: Instant?
        func consider(_ instant: Instant) { earliest = min(earliest ?? instant, instant) }
        if let time = timers.earliest { consider(Instant(nanoseconds: time)) }
        for index in 0..<2 where !due[index].isEmpty { consider(budgets[index].nextToken) }
        return earliest.map { max($0, pausedUntil) }
    }

    /// Pauses all calls, as `Retry-After` asks; at most 15 minutes.
    package mutating func pause(_ duration: Duration, now: Instant) {
        pausedUntil = max(pausedUntil, now + min(duration, RetrySchedule.longest))
    }

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
        abandon(unknown, &judgement, attempts: attempts(claim.id), wallClock: wallClock)
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
            switch Comparison(claimed.report, payment) {
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
        let isNews = before?.isNews(payment.summary) ?? true
        if isNews || !settled.isEmpty {
            judgement.confirmation = Judgement.Confirmation(payment: payment, isNews: isNews, of: settled)
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
                judgement.refutations.append(Judgement.Refutation(of: claimed.waiting.seq, reason: reason))
            } else {
                judgement.isFailure = true
                unknown.append(claimed)
            }
        }
        if !unknown.isEmpty { judgement.unknown = "the API shows no such payment (\(reason.rawValue))" }
    }

    /// Sets aside what was unknown for too long; the rest goes on waiting.
    private func abandon(
        _ unknown: [ClaimedReport], _ judgement: inout Judgement, attempts: Int, wallClock: Int64
    ) {
        let oldest = wallClock - limits.confirmWindow.nanoseconds
        let overdue = unknown.filter { $0.receivedAt < oldest }
        judgement.waiting = unknown.filter { $0.receivedAt >= oldest }.map(\.waiting)
        if !overdue.isEmpty {
            judgement.abandonment = Judgement.Abandonment(
                of: overdue.map(\.waiting.seq), attempts: attempts, error: judgement.unknown ?? "unknown")
        }
    }

    private func attempts(_ id: PaymentID) -> Int {
        pending.slot(of: id).map { Int(pending[$0].attempts) + 1 } ?? 1
    }

    // MARK: Concluding

    /// Ends a claim whose judgement is durable, or had nothing to write.
    ///
    /// The records themselves are applied before this.
    package mutating func conclude(_ claim: Claim, _ judgement: Judgement, now: Instant) {
        let isCurrent = claim.generation == generation
        if isCurrent, let slot = pending.slot(of: claim.id) {
            let turns = Dictionary(uniqueKeysWithValues: judgement.waiting.map { ($0.seq, $0) })
            pending[slot].reports = pending[slot].reports.map { turns[$0.seq] ?? $0 }
        }
        followUp(claim, judgement, now: now)
        if judgement.isFailure {
            finish(claim, now: now, rest: nil)
        } else if !judgement.refutations.isEmpty {
            finish(claim, now: now, rest: RetrySchedule.restAfterRefutation)
        } else {
            finish(
                claim, now: now, rest: judgement.confirmation?.isNews == true ? .zero : RetrySchedule.restWithoutNews)
        }
    }

    /// Ends a claim that came to nothing, because what it found could not be written.
    package mutating func release(_ claim: Claim, now: Instant) {
        finish(claim, now: now, rest: nil)
    }

    /// Ends the call; without a rest it failed, and the next one backs off.
    private mutating func finish(_ claim: Claim, now: Instant, rest: Duration?) {
        inFlight[claim.id] = nil
        guard let slot = pending.slot(of: claim.id) else { return }
        pending[slot].attempts = pending[slot].attempts == .max ? .max : pending[slot].attempts + 1
        if let rest {
            pending[slot].failures = 0
            pending[slot].notBefore = now + rest
        } else {
            pending[slot].failures = min(pending[slot].failures + 1, 30)
            let pause = RetrySchedule.backoff(failures: Int(pending[slot].failures), using: &random)
            pending[slot].notBefore = now + pause
        }
        schedule(slot, at: max(wanted(slot) ?? now, pending[slot].notBefore), now: now)
    }

    /// An answer counts as a turn of the covered reports that came before its call, unless it tells something new.
    private mutating func followUp(_ claim: Claim, _ judgement: Judgement, now: Instant) {
        guard var followUp = followUps[claim.id], followUp.since <= claim.began, !judgement.isFailure else { return }
        followUps[claim.id] =
            judgement.confirmation?.isNews != true && followUp.advance(began: claim.began, now: now) ? followUp : nil
    }

    /// When a payment wants a call next, pauses aside; nil when it wants none.
    func wanted(_ slot: Int) -> Instant? {
        let followUp = followUps.isEmpty ? nil : followUps[pending[slot].id]?.due
        guard pending[slot].hasReports else { return followUp }
        return followUp.map { min($0, pending[slot].wanted) } ?? pending[slot].wanted
    }

    /// Applies a `confirmed` record.
    package mutating func confirmed(_ payment: ConfirmedSummary, of: [Int64], seq: Int64, callBegan: Instant) {
        totals.confirmed += 1
        know(payment, seq: seq, callBegan: callBegan)
        settle(payment.id, of)
        settleAside(payment.id, of)
    }

    /// Applies a `known` record: what was confirmed in records that have been pruned.
    mutating func knew(_ payment: ConfirmedSummary, seq: Int64) {
        know(payment, seq: seq, callBegan: .distantPast)
    }

    private mutating func know(_ payment: ConfirmedSummary, seq: Int64, callBegan: Instant) {
        let entry = KnownPayment(payment, seq: seq, callBegan: callBegan)
        if let slot = known.slot(of: payment.id) { known[slot] = entry } else { known.insert(entry) }
        if let slot = pending.slot(of: payment.id), !pending[slot].wasConfirmed {
            pending[slot].wasConfirmed = true
            unseen -= 1
        }
    }

    /// Applies a `refuted` record.
    package mutating func refuted(_ id: PaymentID, of seq: Int64) {
        totals.refuted += 1
        settle(id, [seq])
        settleAside(id, [seq])
    }

    /// Applies the `abandoned` record `seq`: the reports wait no longer, until a new one of the payment takes them up again. In
    /// a running program that one may be here already, though it stands behind the record.
    package mutating func abandoned(_ id: PaymentID, of seqs: [Int64], seq: Int64) {
        totals.abandoned += seqs.count
        guard let slot = pending.slot(of: id) else { return }
        let reports = pending[slot].reports
        var aside = reports.filter { seqs.contains($0.seq) }
        for index in aside.indices { aside[index].restart() }
        let later = reports.filter { $0.seq > seq }
        if later.isEmpty {
            if !aside.isEmpty { abandoned[id, default: []] += aside }
            settle(id, seqs)
        } else {
            pending[slot].reports = reports.filter { $0.seq < seq && !seqs.contains($0.seq) } + aside + later
        }
    }

    mutating func settle(_ id: PaymentID, _ seqs: [Int64]) {
        guard !seqs.isEmpty, let slot = pending.slot(of: id), pending[slot].hasReports else { return }
        pending[slot].remove(seqs)
        if pending[slot].hasReports { return }
        totals.pending -= 1
        // In a replay nothing is in flight, and there is no rest to keep.
        if pending[slot].phase == .waiting, pending[slot].due == .distantPast { remove(slot) }
    }

    /// In a replay, what was taken up by hand is still set aside: no record tells of that.
    private mutating func settleAside(_ id: PaymentID, _ seqs: [Int64]) {
        guard !abandoned.isEmpty, let aside = abandoned[id] else { return }
        let rest = aside.filter { !seqs.contains($0.seq) }
        abandoned[id] = rest.isEmpty ? nil : rest
    }

    // MARK: Queues

    mutating func pendingSlot(_ id: PaymentID) -> Int {
        if let slot = pending.slot(of: id) { return slot }
        let wasConfirmed = known.slot(of: id) != nil
        if !wasConfirmed { unseen += 1 }
        return pending.insert(PendingPayment(id: id, wasConfirmed: wasConfirmed))
    }

    /// A new report makes its payment due, but shortens neither rest nor backoff.
    private mutating func wake(_ slot: Int, now: Instant) {
        guard pending[slot].phase == .waiting else { return }
        let time = max(now, pending[slot].notBefore)
        if pending[slot].due == .distantPast || time < pending[slot].due { schedule(slot, at: time, now: now) }
    }

    mutating func schedule(_ slot: Int, at time: Instant, now: Instant) {
        if time <= now {
            fallDue(slot, now: now)
        } else {
            pending[slot].phase = .waiting
            pending[slot].due = time
            timers.insert(slot, due: time.nanoseconds)
        }
    }

    /// Has what waited for its time fall due.
    private mutating func popTimers(now: Instant) {
        while let (time, slot) = timers.popFirst(dueBy: now.nanoseconds) { fallDue(slot, time, now: now) }
    }

    /// An entry of the queue by time, unless it is outdated.
    private mutating func fallDue(_ slot: Int, _ time: Int64, now: Instant) {
        guard pending[slot].id != 0, pending[slot].phase == .waiting, pending[slot].due.nanoseconds == time else {
            return
        }
        fallDue(slot, now: now)
    }

    private mutating func fallDue(_ slot: Int, now: Instant) {
        guard wanted(slot) != nil else { return remove(slot) }
        pending[slot].phase = .ready
        due[pending[slot].wasConfirmed ? 1 : 0].append(slot)
    }

    private mutating func popDue(_ index: Int) -> Int? {
        while let slot = due[index].popFirst() {
            // While a listing's answer for it is on its way to the disk, no call of its own begins.
            guard pending[slot].id != 0, pending[slot].phase == .ready, !isInFlight(pending[slot].id) else { continue }
            if wanted(slot) != nil { return slot }
            remove(slot)
        }
        return nil
    }

    private mutating func remove(_ slot: Int) {
        if !pending[slot].wasConfirmed { unseen -= 1 }
        if !takenUp.isEmpty { takenUp[pending[slot].id] = nil }
        pending.remove(at: slot)
    }
}
