import Payments

/// The payments with reports that wait for their verdict, or that rest after a call: where each report stands, and how often. When each has
/// its next call is said in `PendingPayments+Calls.swift`; what always holds, in ``checkInvariants(isKnown:newestReport:)``.
struct PendingPayments: Sendable {
    var table = IDTable<PendingPayment>()
    /// Reports that were unknown for too long.
    private(set) var abandoned: [PaymentID: [WaitingReport]] = [:]
    /// Which abandoned reports a new one took up, in case it is never written.
    private(set) var requeued: [PaymentID: (by: Int64, reports: [Int64])] = [:]
    /// Payments with reports that were covered without an equal one.
    private(set) var followUps: [PaymentID: FollowUp] = [:]

    /// Payments with reports that wait.
    private(set) var waitingCount = 0
    /// Payments never confirmed that wait or rest.
    private(set) var unconfirmedCount = 0

    /// The calls that are under way.
    var calls: [PaymentID: Claim] = [:]
    /// Due now, by class: 0 never confirmed, 1 confirmed before. Each has its own budget, and they are served in turn.
    var due = [SlotQueue(), SlotQueue()]
    var budgets: [TokenBucket]
    /// When something was last asked for that is due.
    var lookedAt = Instant.distantPast
    /// That of each budget.
    var rate: CallRate
    var nextClass = 0
    var timers = DueQueue()
    /// No call begins before this.
    var pausedUntil = Instant.distantPast
    var random: SplitMix64

    init(rate: Int, seed: UInt64, now: Instant) {
        self.rate = CallRate(allowed: rate)
        budgets = Array(repeating: TokenBucket(rate: rate, now: now), count: 2)
        random = SplitMix64(seed: seed)
    }

    var count: Int { table.count }

    func slot(of id: PaymentID) -> Int? { table.slot(of: id) }

    subscript(slot: Int) -> PendingPayment { table[slot] }

    func forEachSlot(_ body: (Int) -> Void) { table.forEachSlot(body) }

    // MARK: Reports

    /// Adds a report; abandoned ones of its payment wait again. `now` is nil in a replay.
    mutating func append(_ report: WaitingReport, of id: PaymentID, _ known: KnownPayment?, now: Instant?) {
        let slot = table.slot(of: id) ?? insert(id, isKnown: known != nil)
        let waitsForRest = waitsForRest(report.content, slot, known)
        if !abandoned.isEmpty, let reports = abandoned.removeValue(forKey: id) {
            change(slot) { for aside in reports { $0.append(aside) } }
            if now != nil { requeued[id] = (report.seq, reports.map(\.seq)) }
        }
        change(slot) { $0.append(report) }
        if let now { wake(slot, waitsForRest: waitsForRest, now: now) }
    }

    /// Puts a report of a snapshot in its place.
    mutating func restore(_ report: WaitingReport, of id: PaymentID, isKnown: Bool, isAbandoned: Bool) {
        if isAbandoned {
            abandoned[id, default: []].append(report)
        } else {
            change(slot(of: id, isKnown: isKnown)) { $0.append(report) }
        }
    }

    /// Notes that a report was covered by another, in the record `seq`.
    mutating func coalesce(
        _ content: ReportContent, of id: PaymentID, by seq: Int64, _ known: KnownPayment?, now: Instant
    ) {
        guard let slot = slot(of: id) else { return }
        if !table[slot].holds(seq, equalTo: content) { followUps[id] = FollowUp(since: now) }
        wake(slot, waitsForRest: waitsForRest(content, slot, known), now: now)
    }

    /// Whether a report has to wait for the end of its payment's rest. A forged one must not hold up the genuine one behind it: what agrees
    /// with what is known of the payment waits for its budget only. Where nothing is known, a rest is for reports that resemble those
    /// that were looked at before.
    private func waitsForRest(_ content: ReportContent, _ slot: Int, _ known: KnownPayment?) -> Bool {
        if let known { !known.fields.agrees(with: content.fields) } else { table[slot].resembles(content) }
    }

    /// Has a payment fetched, as for a report that was covered.
    mutating func askAnew(_ id: PaymentID, isKnown: Bool, now: Instant) {
        let slot = slot(of: id, isKnown: isKnown)
        followUps[id] = FollowUp(since: now)
        wake(slot, now: now)
    }

    /// Has the reports of a payment that were abandoned wait again.
    mutating func requeue(_ id: PaymentID, isKnown: Bool, now: Instant) {
        guard let reports = abandoned.removeValue(forKey: id) else { return }
        let slot = slot(of: id, isKnown: isKnown)
        change(slot) { for report in reports { $0.append(report) } }
        wake(slot, now: now)
    }

    /// The payment has been confirmed for the first time.
    mutating func confirm(_ id: PaymentID) {
        guard let slot = slot(of: id), !table[slot].wasConfirmed else { return }
        table[slot].wasConfirmed = true
        unconfirmedCount -= 1
    }

    /// Reports have their verdict.
    mutating func settle(_ id: PaymentID, _ seqs: [Int64]) {
        guard !seqs.isEmpty, let slot = slot(of: id), table[slot].hasReports else { return }
        change(slot) { $0.remove(seqs) }
        if table[slot].hasReports { return }
        // In a replay nothing is in flight, and there is no rest to keep.
        if table[slot].phase == .waiting, table[slot].due == .distantPast { remove(slot) }
    }

    /// The same of reports that are abandoned. In a replay, what was taken up by hand is still abandoned: no record tells of that.
    mutating func settleAbandoned(_ id: PaymentID, where isSettled: (Int64) -> Bool) {
        guard !abandoned.isEmpty, let aside = abandoned[id] else { return }
        let rest = aside.filter { !isSettled($0.seq) }
        abandoned[id] = rest.isEmpty ? nil : rest
    }

    /// Reports wait no longer, until a new one of the payment takes them up again. In a running program that one may be here
    /// already, though it stands behind the record `seq`.
    mutating func abandon(_ id: PaymentID, of seqs: [Int64], seq: Int64) {
        guard let slot = slot(of: id) else { return }
        let reports = table[slot].reports
        var aside = reports.filter { seqs.contains($0.seq) }
        for index in aside.indices { aside[index].restart() }
        let later = reports.filter { $0.seq > seq }
        if later.isEmpty {
            if !aside.isEmpty { abandoned[id, default: []] += aside }
            settle(id, seqs)
        } else {
            change(slot) { $0.reports = reports.filter { $0.seq < seq && !seqs.contains($0.seq) } + aside + later }
        }
    }

    /// Gives reports their next turns.
    mutating func giveTurns(_ id: PaymentID, _ waiting: [WaitingReport]) {
        guard let slot = slot(of: id) else { return }
        let turns = Dictionary(uniqueKeysWithValues: waiting.map { ($0.seq, $0) })
        change(slot) { entry in entry.reports = entry.reports.map { turns[$0.seq] ?? $0 } }
    }

    /// An answer counts as a turn of the covered reports that came before its call, unless it tells something new.
    mutating func followUp(_ claim: Claim, isChange: Bool, now: Instant) {
        guard var followUp = followUps[claim.id], followUp.since <= claim.began else { return }
        followUps[claim.id] = !isChange && followUp.advance(began: claim.began, now: now) ? followUp : nil
    }

    /// The last listing that showed a payment.
    mutating func show(_ slot: Int, in listing: UInt16) { table[slot].shownIn = listing }

    /// Forgets what follows a record that was never written. Returns how many reports that is.
    mutating func rollBack(after seq: Int64) -> Int {
        var gone = 0
        table.forEachSlot { slot in
            let reports = table[slot].reports
            var kept = reports.filter { $0.seq <= seq }
            guard kept.count < reports.count else { return }
            gone += reports.count - kept.count
            let id = table[slot].id
            if let taken = requeued[id], taken.by > seq { abandonAgain(taken.reports, &kept, id) }
            // An entry without reports goes away by itself when its turn comes.
            change(slot) { $0.reports = kept }
        }
        return gone
    }

    /// Undoes that abandoned reports were taken up.
    private mutating func abandonAgain(_ seqs: [Int64], _ reports: inout [WaitingReport], _ id: PaymentID) {
        requeued[id] = nil
        var aside = reports.filter { seqs.contains($0.seq) }
        for index in aside.indices { aside[index].restart() }
        if !aside.isEmpty { abandoned[id] = aside }
        reports.removeAll { seqs.contains($0.seq) }
    }

    /// Whether a report waits, or was abandoned.
    func holds(_ seq: Int64, of id: PaymentID) -> Bool {
        var holds = abandoned[id]?.contains { $0.seq == seq } ?? false
        if let slot = slot(of: id) { table[slot].forEachReport { holds = holds || $0.seq == seq } }
        return holds
    }

    // MARK: Yielding

    /// How many are looked at to find one that yields.
    private static let candidates = 16

    /// The payment with the id farthest from `center`, and farther than the one that asks, of some that were never confirmed and have no
    /// call under way; which ones is told by the id that asks, so that asking twice finds the same.
    func farthest(from center: PaymentID, beyond id: PaymentID) -> Int? {
        var found: Int?
        var farthest = abs(id - center)
        var random = SplitMix64(seed: UInt64(bitPattern: id))
        for _ in 0..<Self.candidates {
            let slot = Int(random.next() % UInt64(max(1, table.slotCount)))
            guard slot < table.slotCount, table[slot].id != 0, !table[slot].wasConfirmed, calls[table[slot].id] == nil
            else { continue }
            let distance = abs(table[slot].id - center)
            if distance > farthest { (found, farthest) = (slot, distance) }
        }
        return found
    }

    /// It waits no longer.
    mutating func yield(_ slot: Int) {
        followUps[table[slot].id] = nil
        change(slot) { $0.reports = [] }
        remove(slot)
    }

    // MARK: Entries

    private mutating func slot(of id: PaymentID, isKnown: Bool) -> Int {
        table.slot(of: id) ?? insert(id, isKnown: isKnown)
    }

    private mutating func insert(_ id: PaymentID, isKnown: Bool) -> Int {
        if !isKnown { unconfirmedCount += 1 }
        return table.insert(PendingPayment(id: id, wasConfirmed: isKnown))
    }

    /// The only way in which a payment's reports change, so that ``waitingCount`` is right.
    private mutating func change(_ slot: Int, _ body: (inout PendingPayment) -> Void) {
        let hadReports = table[slot].hasReports
        body(&table[slot])
        let hasReports = table[slot].hasReports
        if hasReports != hadReports { waitingCount += hasReports ? 1 : -1 }
    }

    mutating func remove(_ slot: Int) {
        if !table[slot].wasConfirmed { unconfirmedCount -= 1 }
        if !requeued.isEmpty { requeued[table[slot].id] = nil }
        table.remove(at: slot)
    }
}
