import Payments

// What holds between any two calls. Looks at everything: for simulations, and for debug builds while there is little.
extension LedgerState {
    /// The first invariant that does not hold; nil when all do: those of what waits and of the deliveries, and that no call was answered
    /// after a report that has not come.
    package func checkInvariants() -> String? {
        if answeredAt > newestReport { return "a call was answered after report \(answeredAt), which has not come" }
        return pending.checkInvariants(isKnown: isKnown, newestReport: newestReport) ?? deliveries.checkInvariants()
    }

    /// Whether that is quick enough to be looked at all the time.
    package var isSmall: Bool { pending.count + known.count + deliveries.queues.reduce(0) { $0 + $1.count } < 100 }
}

extension PendingPayments {
    /// The first invariant that does not hold; nil when all do.
    ///
    /// 1. `waitingCount` is how many payments have reports that wait, and `unconfirmedCount` how many were never confirmed.
    /// 2. A payment was confirmed before if and only if something is known of it.
    /// 3. A report stands in one place: with its payment, or among what was abandoned; and it is no newer than the newest.
    /// 4. A payment's call is in `calls` while its phase says so; one that is ready stands in a queue of what is due, and one that waits
    ///    for its time in the queue by time.
    /// 5. What is noted of a payment, turns of covered reports and what it took up, is of one that is there.
    func checkInvariants(isKnown: (PaymentID) -> Bool, newestReport: Int64) -> String? {
        var broken: String?
        func require(_ holds: Bool, _ what: @autoclosure () -> String) { if !holds { broken = broken ?? what() } }

        var (waiting, unconfirmed) = (0, 0)
        var reports: Set<Int64> = []
        func place(_ report: WaitingReport, _ id: PaymentID) {
            require(reports.insert(report.seq).inserted, "report \(report.seq) of payment \(id) stands in two places")
            require(report.seq <= newestReport, "report \(report.seq) is newer than the newest, \(newestReport)")
        }
        let ready = due.map(\.all)
        let timed = timers.all
        table.forEachSlot { slot in
            let entry = table[slot]
            if entry.hasReports { waiting += 1 }
            if !entry.wasConfirmed { unconfirmed += 1 }
            entry.forEachReport { place($0, entry.id) }
            require(
                entry.wasConfirmed == isKnown(entry.id),
                "payment \(entry.id) waits as confirmed: \(entry.wasConfirmed), and what is known says otherwise")
            switch entry.phase {
            case .ready:
                // One that came while a listing's answer for the payment is on its way waits for that.
                require(
                    ready.contains { $0.contains(slot) } || calls[entry.id] != nil,
                    "payment \(entry.id) is ready, and in no queue")
            case .waiting:
                // After a replay nothing has a time yet.
                require(
                    entry.due == .distantPast || timed.contains(DueQueue.Entry(due: entry.due.nanoseconds, slot: slot)),
                    "payment \(entry.id) waits for a time that is in no queue")
            case .inFlight:
                require(calls[entry.id] != nil, "payment \(entry.id) has a call under way that nobody made")
            }
        }
        for (id, aside) in abandoned {
            require(!aside.isEmpty, "payment \(id) has abandoned reports, and there are none")
            for report in aside { place(report, id) }
        }
        require(waitingCount == waiting, "\(waitingCount) payments are counted as waiting, and \(waiting) wait")
        require(
            unconfirmedCount == unconfirmed,
            "\(unconfirmedCount) payments are counted as never confirmed, and there are \(unconfirmed)")
        for id in followUps.keys { require(slot(of: id) != nil, "payment \(id) has turns, and does not wait") }
        for id in requeued.keys { require(slot(of: id) != nil, "payment \(id) took reports up, and does not wait") }
        return broken
    }
}
