import Payments

// When each payment that waits has its next call.
extension PendingPayments {
    /// After a replay: all that waits is due at once, spread by jitter over the time that the budget needs for it.
    mutating func resume(rate: Int, now: Instant) {
        let spread = min(5_000_000_000, Int64(table.count) * 1_000_000_000 / Int64(rate))
        table.forEachSlot { slot in
            schedule(slot, at: now + .nanoseconds(Int64.random(in: 0...spread, using: &random)), now: now)
        }
    }

    /// The API refused a call that began then as one too many. What was saved up is not spent on it.
    mutating func slowDown(callBegan: Instant, now: Instant) {
        guard rate.halve(callBegan: callBegan, now: now) else { return }
        for index in budgets.indices { budgets[index].empty(now: now) }
    }

    /// Pauses all calls, as `Retry-After` asks; at most 15 minutes.
    mutating func pause(_ duration: Duration, now: Instant) {
        pausedUntil = max(pausedUntil, now + min(duration, RetrySchedule.longest))
    }

    // MARK: Calls

    /// Takes the next payment that is due and within budget.
    mutating func popDue(now: Instant) -> Int? {
        popTimers(now: now)
        lookedAt = now
        for index in budgets.indices { budgets[index].setRate(rate.current(now: now)) }
        guard pausedUntil <= now else { return nil }
        for turn in 0..<2 {
            let index = (nextClass + turn) % 2
            guard budgets[index].nextToken <= now, let slot = popDue(index) else { continue }
            let isTaken = budgets[index].take(now: now)
            assert(isTaken)
            nextClass = (index + 1) % 2
            return slot
        }
        return nil
    }

    /// A call begins.
    mutating func begin(_ claim: Claim) {
        calls[claim.id] = claim
        if let slot = table.slot(of: claim.id) { table[slot].phase = .inFlight }
    }

    /// A call has ended; without a rest it failed, and the next one backs off.
    mutating func end(_ claim: Claim, now: Instant, rest: Duration?) {
        calls[claim.id] = nil
        guard let slot = table.slot(of: claim.id) else { return }
        table[slot].attempts = table[slot].attempts == .max ? .max : table[slot].attempts + 1
        if let rest {
            table[slot].failures = 0
            table[slot].notBefore = now + rest
        } else {
            table[slot].failures = min(table[slot].failures + 1, 30)
            let pause = RetrySchedule.backoff(failures: Int(table[slot].failures), using: &random)
            table[slot].notBefore = now + pause
        }
        schedule(slot, at: max(wanted(slot) ?? now, table[slot].notBefore), now: now)
    }

    /// When ``popDue(now:)`` may next have something; nil when nothing waits. May be early, never late.
    var nextDue: Instant? {
        var earliest: Instant?
        func consider(_ instant: Instant) { earliest = min(earliest ?? instant, instant) }
        if let time = timers.earliest { consider(Instant(nanoseconds: time)) }
        // While the rate grows again, a token may be there before the one of now would be: it is looked for each second.
        let look = rate.isReduced(now: lookedAt) ? lookedAt + .seconds(1) : nil
        for index in 0..<2 where !due[index].isEmpty {
            consider(min(budgets[index].nextToken, look ?? budgets[index].nextToken))
        }
        return earliest.map { max($0, pausedUntil) }
    }

    /// Calls that were made for a payment.
    func attempts(_ id: PaymentID) -> Int { table.slot(of: id).map { Int(table[$0].attempts) } ?? 0 }

    // MARK: Queues

    /// When a payment wants a call next, pauses aside; nil when it wants none.
    private func wanted(_ slot: Int) -> Instant? {
        let followUp = followUps.isEmpty ? nil : followUps[table[slot].id]?.due
        guard table[slot].hasReports else { return followUp }
        return followUp.map { min($0, table[slot].wanted) } ?? table[slot].wanted
    }

    /// A new report makes its payment due, but shortens no backoff, and a rest only if it need not wait for it.
    mutating func wake(_ slot: Int, waitsForRest: Bool = true, now: Instant) {
        guard table[slot].phase == .waiting else { return }
        let isResting = table[slot].failures == 0
        let time = isResting && !waitsForRest ? now : max(now, table[slot].notBefore)
        if table[slot].due == .distantPast || time < table[slot].due { schedule(slot, at: time, now: now) }
    }

    private mutating func schedule(_ slot: Int, at time: Instant, now: Instant) {
        if time <= now {
            fallDue(slot, now: now)
        } else {
            table[slot].phase = .waiting
            table[slot].due = time
            timers.insert(slot, due: time.nanoseconds)
        }
    }

    /// Has what waited for its time fall due.
    private mutating func popTimers(now: Instant) {
        while let (time, slot) = timers.popFirst(dueBy: now.nanoseconds) { fallDue(slot, time, now: now) }
    }

    /// An entry of the queue by time, unless it is outdated.
    private mutating func fallDue(_ slot: Int, _ time: Int64, now: Instant) {
        guard table[slot].id != 0, table[slot].phase == .waiting, table[slot].due.nanoseconds == time else { return }
        fallDue(slot, now: now)
    }

    private mutating func fallDue(_ slot: Int, now: Instant) {
        guard wanted(slot) != nil else { return remove(slot) }
        table[slot].phase = .ready
        let index = table[slot].wasConfirmed ? 1 : 0
        // What yields leaves its place in the queue behind, and in a pause nobody takes anything from there.
        if due[index].count > 2 * table.count + 1000 { removeOutdated(from: index) }
        due[index].append(slot)
    }

    private mutating func removeOutdated(from index: Int) {
        var seen: Set<Int> = []
        for _ in 0..<due[index].count {
            guard let slot = due[index].popFirst(), table[slot].id != 0, table[slot].phase == .ready,
                seen.insert(slot).inserted
            else { continue }
            due[index].append(slot)
        }
    }

    private mutating func popDue(_ index: Int) -> Int? {
        while let slot = due[index].popFirst() {
            // While a listing's answer for it is on its way to the disk, no call of its own begins.
            guard table[slot].id != 0, table[slot].phase == .ready, calls[table[slot].id] == nil else { continue }
            if wanted(slot) != nil { return slot }
            remove(slot)
        }
        return nil
    }
}
