import JournalFormat
import Payments
import Synchronization

// What a turn writes.
extension SharedLedger {
    /// What is written, on top of what the head's lock has shown. To be called under the core's lock only: who records a report
    /// must not wait for it.
    func decide(_ view: SharedView, _ core: inout Core) -> Draft {
        let now = now()
        var draft = Draft(
            turn: Turn(number: core.turnNumber + 1, lease: core.options.lease, head: view.head), node: core.node,
            now: now, time: view.time, base: view.head.cut, opened: core.opened, leases: core.leases)
        core.state.adopt(view.head.budget, ahead: core.offset, now: now)
        bury(view, &core, &draft)
        takeLeases(view, core, &draft)
        if draft.turn.head.segmentBytes > core.options.segmentBytes { draft.open() }
        let orders = core.orders
        core.orders = []
        for order in orders { draft.plans.append((order, order.decide(&draft, &core.state))) }
        draft.arrivals = inbox.withLock { $0.take(atMost: Self.batch, bytes: Self.batchBytes) }
        for arrival in draft.arrivals { admit(arrival, &draft, &core.state) }
        if core.isClosing {
            close(&core, &draft)
        } else {
            takeClaims(&core, &draft)
        }
        draft.inherited = core.notes
        core.notes = []
        let notes = draft.inherited + draft.notes
        if !notes.isEmpty {
            draft.turn.head.cut.note += 1
            draft.turn.note = NoteCoder.encode(notes.map { $0.moved(ahead: core.offset) })
        }
        draft.turn.head.budget = core.state.sharedBudget(ahead: core.offset)
        return draft
    }

    /// A report that was covered or known needs no record, but the same commit: it proves that no other node knew better.
    private func admit(_ arrival: Arrival, _ draft: inout Draft, _ state: inout LedgerState) {
        let report = arrival.report
        switch state.admit(report) {
        case .known: state.noteAnnouncement()
        case .covered(let seq): state.covered(report, by: seq, now: draft.now)
        // Whoever took it in has looked; a batch more than the limit does no harm.
        case .full, .journal:
            let seq = draft.append(
                .received(
                    Record.Received(
                        payment: report.id, peer: arrival.peer, report: report.json, deviations: report.deviations)),
                order: Int64(bitPattern: report.summary.fingerprint))
            state.received(report.summary, seq: seq, offset: 0, now: draft.now)
        }
    }

    private func takeClaims(_ core: inout Core, _ draft: inout Draft) {
        while draft.claims.count < core.wanted, let claim = core.state.claim(now: draft.now, order: draft.order) {
            draft.claims.append(claim)
            draft.notes.append(.began(payment: claim.id, upTo: claim.upTo))
        }
    }

    private func close(_ core: inout Core, _ draft: inout Draft) {
        for (claim, _) in core.pool { core.state.putBack(claim, now: draft.now) }
        core.pool = []
        draft.append(.closed)
        draft.notes.append(.dead(node: core.node))
        draft.turn.isLast = true
    }

    /// Nodes whose lease has run out by the server's clock, and of which this node has seen nothing for as long by its own: one
    /// of the clocks may be wrong.
    private func bury(_ view: SharedView, _ core: inout Core, _ draft: inout Draft) {
        for row in view.nodes where row.node != core.node && core.isDead(row, at: draft.now.nanoseconds) {
            draft.turn.dead.append(row.node)
            draft.notes.append(.dead(node: row.node))
        }
    }

    private func takeLeases(_ view: SharedView, _ core: Core, _ draft: inout Draft) {
        let held = Set(view.leases.filter { !draft.turn.dead.contains($0.node) }.map(\.name))
        for name in core.wantedLeases.sorted() where !held.contains(name) {
            draft.turn.taken.append(name)
            draft.leases.insert(name)
        }
        for name in core.leases.subtracting(core.wantedLeases).sorted() {
            draft.turn.freed.append(name)
            draft.leases.remove(name)
        }
    }
}
