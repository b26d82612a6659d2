import Payments
import Synchronization

// What becomes of reports and orders while the database is not there, and of everything when it will not be again.
extension SharedLedger {
    /// The database did not do what it was asked: again after a while, and meanwhile no report is taken in.
    func failed(_ fault: DatabaseFault) async {
        if fault.kind == .schema || fault.kind == .damaged { return end(fault.message) }
        expireOrders()
        core.withLock { $0.isNoteDoubtful = true }
        let count = failures.add(1, ordering: .relaxed).newValue
        // Others stood in the way, as they may.
        if fault.kind == .conflict, count <= 10 { return }
        refuse(fault.message)
        // Only a turn tells that it does again.
        core.withLock { $0.lastTurn = Core.never }
        let pause: Int64 = min(100_000_000 << Int64(min(count, 5)), 2_000_000_000)
        let jitter = core.withLock { $0.draw(pause / 2) }
        let until = surroundings.monotonic() + pause / 2 + jitter
        while surroundings.monotonic() < until {
            if core.withLock({ $0.isEnded }) { break }
            await waker.wait(until: until)
        }
    }

    /// Takes no report in until a turn succeeds.
    func refuse(_ reason: String) {
        inbox.withLock { $0.refusal = reason }
    }

    // MARK: What waits for too long

    /// Rejects the reports that have waited for too long, and all others with them.
    func expireReports() {
        let now = surroundings.monotonic()
        let oldest = inbox.withLock { inbox in
            inbox.isWatched = inbox.oldest.map { now - $0 < Self.patience } ?? false
            return inbox.oldest
        }
        guard let oldest else { return }
        if now - oldest < Self.patience {
            surroundings.after(oldest + Self.patience - now) { [weak self] in self?.expireReports() }
        } else {
            rejectReports(unavailability ?? "the database did not answer in \(Self.patience / 1_000_000_000) s")
        }
    }

    /// Rejects all reports that wait. Nothing is told to be durable in between, or one that is gone would be acknowledged for
    /// another.
    func rejectReports(_ reason: String) {
        telling.withLock { _ in
            inbox.withLock { $0.reject() }
            tell { $0.ledgerDidReject(after: committedPosition.load(ordering: .relaxed), reason: reason) }
        }
    }

    /// Gives up the orders that have waited for too long.
    func expireOrders() {
        let now = now()
        let expired = core.withLock { core -> [Order] in
            let expired = core.orders.filter { ($0.expires ?? .max) <= now.nanoseconds }
            for order in expired { core.notes += order.giveUp(&core.state, now) }
            core.orders.removeAll { ($0.expires ?? .max) <= now.nanoseconds }
            let inDoubt = (core.doubt?.plans ?? []) + core.owed.flatMap(\.plans)
            return expired + inDoubt.map(\.order).filter { ($0.expires ?? .max) <= now.nanoseconds }
        }
        guard !expired.isEmpty else { return }
        let fault = DatabaseFault(kind: .deadline, message: unavailability ?? "the database did not answer in time")
        for order in expired { order.fail(fault) }
    }

    // MARK: The end

    /// Nothing more will be written.
    func end(_ reason: String) {
        let orders = core.withLock { core in
            core.failure = reason
            core.isEnded = true
            let orders = core.orders + (core.doubt?.plans ?? []).map(\.order) + core.owed.flatMap(\.plans).map(\.order)
            core.orders = []
            return orders
        }
        refuse(reason)
        rejectReports(reason)
        for order in orders { order.fail(DatabaseFault(kind: .failed, message: reason)) }
        tell { $0.ledgerDidFail(reason: reason, errno: 5) }
        waker.wake()
    }
}
