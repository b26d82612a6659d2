// Several nodes that keep the same state: what one of them decided, the others apply.
extension LedgerState {
    // MARK: Calls of other nodes

    /// The newest record that a call or a listing of another node may settle; 0 without one.
    func begunElsewhere(_ id: PaymentID) -> Int64 {
        max(elsewhere[id]?.upTo ?? 0, listingElsewhere?.upTo ?? 0)
    }

    /// A node has begun a call: until it has ended, nobody else makes one.
    public mutating func beganElsewhere(_ id: PaymentID, node: Int64, upTo: Int64, now: Instant) {
        elsewhere[id] = CallElsewhere(node: node, upTo: upTo, heard: now)
        if let slot = pending.slot(of: id) { pending[slot].phase = .inFlight }
    }

    /// A node's call has ended: what it found is in the records, and this is when the payment wants the next.
    public mutating func endedElsewhere(_ id: PaymentID, _ schedule: PaymentSchedule, now: Instant) {
        let call = elsewhere.removeValue(forKey: id)
        if let call, schedule.isAnswered { followUp(id, heard: call.heard, isNews: schedule.isNews, now: now) }
        // One of this node's own is under way, if the other had been taken for dead.
        guard inFlight[id] == nil, let slot = pending.slot(of: id) else { return }
        let turns = Dictionary(schedule.turns.map { ($0.seq, $0) }) { $1 }
        pending[slot].reports = pending[slot].reports.map { report in
            guard let turn = turns[report.seq] else { return report }
            return report.with(due: turn.due, lags: turn.lags, absences: turn.absences)
        }
        pending[slot].failures = schedule.failures
        pending[slot].attempts = schedule.attempts
        pending[slot].notBefore = schedule.notBefore
        resume(slot, now: now)
    }

    /// A call of another node counts as a turn of the reports that this one has covered, if it was told of before.
    private mutating func followUp(_ id: PaymentID, heard: Instant, isNews: Bool, now: Instant) {
        guard var followUp = followUps[id], followUp.since < heard else { return }
        followUps[id] = !isNews && followUp.advance(began: heard, now: now) ? followUp : nil
    }

    /// A node is dead: its calls are made again, and it lists no more.
    public mutating func forgetCalls(of node: Int64, now: Instant) {
        // In order, so that a run can be repeated.
        for id in elsewhere.filter({ $0.value.node == node }).keys.sorted() {
            elsewhere[id] = nil
            guard inFlight[id] == nil, let slot = pending.slot(of: id) else { continue }
            resume(slot, now: now)
        }
        if listingElsewhere?.node == node { listingElsewhere = nil }
    }

    /// The same for all but some nodes.
    public mutating func forgetCalls(exceptOf nodes: Set<Int64>, now: Instant) {
        var gone = Set(elsewhere.values.map(\.node))
        if let node = listingElsewhere?.node { gone.insert(node) }
        for node in gone.subtracting(nodes).sorted() { forgetCalls(of: node, now: now) }
    }

    private mutating func resume(_ slot: Int, now: Instant) {
        schedule(slot, at: max(wanted(slot) ?? now, pending[slot].notBefore), now: now)
    }

    /// A node has begun to list, and reports up to a record came before its call.
    public mutating func beganListingElsewhere(node: Int64, upTo: Int64) {
        listingElsewhere = ListingElsewhere(node: node, upTo: upTo)
    }

    /// It has ended.
    public mutating func endedListingElsewhere() { listingElsewhere = nil }

    /// Whether another node lists.
    public var isListingElsewhere: Bool { listingElsewhere != nil }

    // MARK: Calls of this node

    /// When a payment wants calls, for the other nodes.
    public func schedule(of id: PaymentID, isAnswered: Bool, isNews: Bool) -> PaymentSchedule {
        guard let slot = pending.slot(of: id) else {
            return PaymentSchedule(
                isAnswered: isAnswered, isNews: isNews, failures: 0, attempts: 0, notBefore: .distantPast, turns: [])
        }
        return PaymentSchedule(
            isAnswered: isAnswered, isNews: isNews, failures: pending[slot].failures,
            attempts: pending[slot].attempts, notBefore: pending[slot].notBefore,
            turns: pending[slot].reports.map {
                PaymentSchedule.Turn(seq: $0.seq, due: $0.due, lags: $0.lags, absences: $0.absences)
            })
    }

    /// Takes back a claim whose call has not begun: as if it had not been taken.
    public mutating func putBack(_ claim: Claim, now: Instant) {
        guard inFlight[claim.id] == claim else { return }
        inFlight[claim.id] = nil
        if let slot = pending.slot(of: claim.id) { resume(slot, now: now) }
    }

    /// Takes back everything that this node has under way: the others take it for dead.
    public mutating func forgetOwnCalls(now: Instant) {
        for claim in inFlight.values.sorted(by: { $0.id < $1.id }) { putBack(claim, now: now) }
        listing = nil
    }

    /// Puts a listing in the place of what was shown to it in vain.
    public mutating func restore(_ listing: Listing?) { self.listing = listing }

    /// Whether a claim is still this node's.
    public func holds(_ claim: Claim) -> Bool { inFlight[claim.id]?.order == claim.order }

    /// Takes back the reports that stand behind a record, because it turned out that they were not written.
    public mutating func withdraw(reportsAfter seq: Int64) { withdraw(after: seq) }

    // MARK: The budget of all

    /// What has been spent, by a clock that is ahead of the monotonic one by so much.
    public func sharedBudget(ahead offset: Int64) -> SharedBudget {
        SharedBudget(
            emptyAt: budgets.map { $0.emptyAt &+ offset }, nextClass: nextClass,
            pausedUntil: pausedUntil == .distantPast ? 0 : pausedUntil.nanoseconds &+ offset)
    }

    /// Takes over what all nodes together have spent. A clock that is wrong costs a pause of 15 minutes at the most.
    public mutating func adopt(_ budget: SharedBudget, ahead offset: Int64, now: Instant) {
        for index in budgets.indices { budgets[index].adopt(emptyAt: budget.emptyAt[index] &- offset, now: now) }
        nextClass = budget.nextClass & 1
        guard budget.pausedUntil > 0 else { return }
        let until = min(Instant(nanoseconds: budget.pausedUntil &- offset), now + RetrySchedule.longest)
        pausedUntil = max(pausedUntil, until)
    }

    /// Drops from the queues what other nodes have taken or settled, as far as it stands in front.
    public mutating func forgetTaken() {
        for index in due.indices {
            while let slot = due[index].first, pending[slot].id == 0 || pending[slot].phase != .ready {
                _ = due[index].popFirst()
            }
        }
    }
}

extension LedgerState {
    // MARK: What is asked before and beside a turn

    /// Has what waited for its time fall due, and forgets what wants nothing any more.
    public mutating func advance(now: Instant) {
        popTimers(now: now)
        forgetTaken()
    }

    /// The payments of which something waits to be delivered.
    public var paymentsToDeliver: Set<PaymentID> {
        var payments: Set<PaymentID> = []
        for queue in deliveries.queues { queue.forEachWaiting { id, _ in payments.insert(id) } }
        return payments
    }

    /// How many more payments that were never confirmed may wait.
    public var placesLeft: Int { limits.maxPending - unseen }

    /// Whether a payment would be one more of those.
    public func isNew(_ id: PaymentID) -> Bool { known.slot(of: id) == nil && pending.slot(of: id) == nil }

    /// The reports that a listing's answer for a payment may settle.
    public func listedReports(of id: PaymentID) -> [Int64] {
        guard let listing, let slot = pending.slot(of: id) else { return [] }
        return pending[slot].reports.map(\.seq).filter { $0 <= listing.upTo }
    }

    /// What a survey needs of the state.
    public func surveyed(_ limit: Int) -> (
        counts: LedgerCounts, setAside: Int, waiting: [WaitingPayment], endpoints: [EndpointStatus],
        undelivered: UndeliveredRecords?
    ) {
        (counts, setAsideCount, longestWaiting(limit), endpointStatus, undelivered)
    }
}

extension Judgement {
    /// Whether the call came to nothing.
    public var isFailed: Bool { isFailure }
}
