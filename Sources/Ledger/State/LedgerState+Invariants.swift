import Payments

// What holds between any two calls. Looks at everything: for simulations, and for debug builds while there is little.
extension LedgerState {
    /// The first invariant that does not hold; nil when all do.
    ///
    /// 1. `totals.pending` counts the payments with reports that wait, and `unseen` those that wait or rest and were never confirmed.
    /// 2. A waiting payment was confirmed before if and only if something is known of it.
    /// 3. A report stands in one place: with its payment, or among what was abandoned; and it is no newer than the newest.
    /// 4. A payment's call is in `inFlight` while its phase says so; one that is ready stands in a queue of what is due, and one that waits
    ///    for its time in the queue by time.
    /// 5. What is noted of a payment that waits, turns of covered reports and what it took up, is of one that is there.
    /// 6. No call was answered after a report that has not come.
    package func checkInvariants() -> String? {
        var broken: String?
        func require(_ holds: Bool, _ what: @autoclosure () -> String) { if !holds { broken = broken ?? what() } }

        var (waiting, unconfirmed) = (0, 0)
        var reports: Set<Int64> = []
        func place(_ report: WaitingReport, _ id: PaymentID) {
            require(reports.insert(report.seq).inserted, "report \(report.seq) of payment \(id) stands in two places")
            require(report.seq <= newestReport, "report \(report.seq) is newer than the newest, \(newestReport)")
        }
        let ready = due.map { $0.all }
        let timed = timers.all
        pending.forEachSlot { slot in
            let entry = pending[slot]
            if entry.hasReports { waiting += 1 }
            if !entry.wasConfirmed { unconfirmed += 1 }
            entry.forEachReport { place($0, entry.id) }
            require(
                entry.wasConfirmed == (known.slot(of: entry.id) != nil),
                "payment \(entry.id) waits as confirmed: \(entry.wasConfirmed), and what is known says otherwise")
            switch entry.phase {
            case .ready:
                // One that came while a listing's answer for the payment is on its way waits for that.
                require(
                    ready.contains { $0.contains(slot) } || inFlight[entry.id] != nil,
                    "payment \(entry.id) is ready, and in no queue")
            case .waiting:
                // After a replay nothing has a time yet.
                require(
                    entry.due == .distantPast || timed.contains(DueQueue.Entry(due: entry.due.nanoseconds, slot: slot)),
                    "payment \(entry.id) waits for a time that is in no queue")
            case .inFlight:
                require(inFlight[entry.id] != nil, "payment \(entry.id) has a call under way that nobody made")
            }
        }
        for (id, aside) in abandoned {
            require(!aside.isEmpty, "payment \(id) has abandoned reports, and there are none")
            for report in aside { place(report, id) }
        }
        require(totals.pending == waiting, "\(totals.pending) payments are counted as waiting, and \(waiting) wait")
        require(
            unseen == unconfirmed, "\(unseen) payments are counted as never confirmed, and there are \(unconfirmed)")
        for id in followUps.keys { require(pending.slot(of: id) != nil, "payment \(id) has turns, and does not wait") }
        for id in takenUp.keys {
            require(pending.slot(of: id) != nil, "payment \(id) took reports up, and does not wait")
        }
        require(answeredAt <= newestReport, "a call was answered after report \(answeredAt), which has not come")
        return broken ?? deliveries.checkInvariants()
    }

    /// Whether that is quick enough to be looked at all the time.
    package var isSmall: Bool { pending.count + known.count + deliveries.queues.reduce(0) { $0 + $1.count } < 100 }
}
