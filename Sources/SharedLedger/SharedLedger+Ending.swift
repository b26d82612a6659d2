import JournalFormat
import Payments
import Synchronization

// What becomes of a turn.
extension SharedLedger {
    /// All of the turn is durable, and with it what was owed.
    func committed(_ draft: Draft, sent: Int64, _ suspended: Int64, took: Int64) {
        let (told, isLast, provesNews) = core.withLock { core in
            apply(draft, &core)
            defer { core.hasUnprovenNews = false }
            core.leaseEnd = sent + draft.turn.lease
            core.suspended = suspended
            core.lastTurn = sent
            let told = core.owed + [draft]
            core.owed = []
            placesLeft.store(core.state.placesLeft, ordering: .relaxed)
            let now = surroundings.monotonic()
            core.pool += told.flatMap(\.claims).map { ($0, now) }
            if draft.turn.isLast { core.isEnded = true }
            return (told, draft.turn.isLast, core.hasUnprovenNews)
        }
        failures.store(0, ordering: .relaxed)
        let isClosing = core.withLock { $0.isClosing }
        inbox.withLock { inbox in
            if !isClosing { inbox.refusal = nil }
            inbox.oldestTaken = nil
        }
        for draft in told { tell(of: draft) }
        if provesNews { tell { $0.ledgerDidAnnounce() } }
        tell { $0.ledgerDidSync(.nanoseconds(took)) }
        if took >= 1_000_000_000 {
            noteSlowCommit()
            tell { $0.ledgerWasSlow(.nanoseconds(took)) }
        }
        if isLast {
            if inbox.withLock({ $0.oldest != nil }) { rejectReports("the program stops") }
            waker.wake()
        }
    }

    /// There will be no other commit to prove what was committed: nobody is told that it is durable, and the others go on from it.
    func giveUpOwed(_ fault: DatabaseFault) {
        let orders = core.withLock { $0.owed.flatMap(\.plans).map(\.order) + $0.orders }
        for order in orders { order.fail(fault) }
        rejectReports(fault.message)
        waker.wake()
    }

    /// Has the state be what the turn made of it.
    func apply(_ draft: Draft, _ core: inout Core) {
        let now = now()
        core.turnNumber = draft.turn.number
        core.cut = draft.turn.head.cut
        if let body = draft.turn.note {
            core.lastNote = StoredNote(
                number: core.cut.note, seq: core.cut.seq, node: draft.node, body: body)
        }
        if let last = draft.turn.records.last { core.lastHead = StoredRecord.head(of: last.line) }
        core.leases = draft.leases
        core.segments = draft.turn.head.segments
        core.bytes = draft.turn.head.bytes
        core.note(draft.turn.records)
        if draft.turn.records.contains(where: { $0.kind == "opened" }) {
            core.state.opened(at: draft.time / 1000 * 1000)
        }
        for (_, plan) in draft.plans { core.notes += plan.apply(&core.state, now) }
        for note in draft.notes { core.applyOwn(note, now) }
        core.wanted -= min(core.wanted, draft.claims.count)
        for node in draft.turn.dead { core.watched[node] = nil }
        if !draft.turn.dead.isEmpty { core.isSomebodyDead = false }
        if !draft.turn.taken.isEmpty { core.isLeaseFree = false }
    }

    /// Tells everybody what the turn came to.
    private func tell(of draft: Draft) {
        shown.store(draft.turn.head.cut.seq, ordering: .releasing)
        for (_, plan) in draft.plans { plan.done() }
        telling.withLock { _ in
            let committed = max(draft.arrivals.last?.position ?? 0, committedPosition.load(ordering: .relaxed))
            committedPosition.store(committed, ordering: .releasing)
            tell { $0.ledgerDidCommit(upTo: committed) }
        }
        tell { observer in
            if !draft.claims.isEmpty || draft.turn.records.isEmpty || !draft.turn.taken.isEmpty {
                observer.ledgerDidReschedule()
            }
            if draft.turn.records.contains(where: \.isNews) || !draft.turn.taken.isEmpty {
                observer.ledgerDidAnnounce()
            }
        }
    }

    /// Nothing of the turn is there: everything in it is decided anew.
    func undo(_ draft: Draft, _ core: inout Core, _ inbox: inout Inbox) {
        let now = now()
        core.state.withdraw(reportsAfter: draft.base.seq)
        for claim in draft.claims { core.state.putBack(claim, now: now) }
        for (_, plan) in draft.plans.reversed() { plan.undo(&core.state, now) }
        core.notes = draft.inherited + core.notes
        inbox.putBack(draft.arrivals)
        inbox.oldestTaken = core.owed.lazy.compactMap(\.arrivals.first).first?.time
        let orders = draft.plans.map(\.order)
        // Those that have waited for too long are given up by whoever looks for them.
        core.orders = orders + core.orders
    }
}
