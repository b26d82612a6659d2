import JournalFormat
import Payments
import Synchronization

// The loop: turns while there is something to write, looks while there is not.
extension SharedLedger {
    enum Step {
        case turn
        case look
        /// Hands on what has changed; nothing waits for it.
        case fold
        /// Nothing before this time.
        case wait(Int64)
        case end
    }

    func run() async {
        while true {
            // What else waits for this thread has its turn too, however much there is to write.
            await Task.yield()
            switch nextStep() {
            case .turn: await takeTurn()
            case .look: await look()
            case .fold: fold()
            case .wait(let time): await waker.wait(until: time)
            case .end: return
            }
        }
    }

    private func nextStep() -> Step {
        let now = surroundings.monotonic()
        let hasReports = inbox.withLock { !$0.waiting.isEmpty }
        return core.withLock { core in
            if core.isEnded { return .end }
            returnStaleClaims(&core, now)
            // First, since there may always be something to write, and it limits itself.
            if core.isFoldDue(now) { return .fold }
            // Nobody else could write while the head is locked for what has long been written.
            if core.isBehind, core.doubt == nil { return .look }
            // What only had to be forgotten needs no turn.
            core.state.advance(now: Instant(nanoseconds: now))
            let isClaimDue =
                core.wanted > 0 && (core.state.nextDue()?.nanoseconds ?? .max) <= now && core.doubt == nil
            if hasReports || !core.orders.isEmpty || core.areNotesDue(now) || isClaimDue || core.isSomebodyDead
                || core.isLeaseFree || core.hasUnprovenNews || core.doubt != nil || !core.owed.isEmpty || core.isClosing
                || now - core.lastTurn >= core.options.renewal
            {
                return .turn
            }
            if now - core.lastLook >= core.options.pollInterval { return .look }
            let due = min(
                core.wanted > 0 ? core.state.nextDue()?.nanoseconds ?? .max : .max,
                core.notesFrom.map { $0 + Self.noteDelay } ?? .max)
            return .wait(
                min(core.lastLook + core.options.pollInterval, core.lastTurn + core.options.renewal, max(due, now + 1)))
        }
    }

    /// A call that nobody begins must not keep the payment from the others.
    private func returnStaleClaims(_ core: inout Core, _ now: Int64) {
        while let (claim, since) = core.pool.first, now - since > 1_000_000_000 {
            core.pool.removeFirst()
            core.state.putBack(claim, now: Instant(nanoseconds: now))
            core.notes.append(
                .ended(payment: claim.id, core.state.schedule(of: claim.id, isAnswered: false, isNews: false)))
            core.wanted = 0
        }
    }

    // MARK: A turn

    private func takeTurn() async {
        let (sent, suspended) = (surroundings.monotonic(), surroundings.suspended())
        let cut = core.withLock { $0.seen }
        let view: SharedView
        do { view = try await step { () async throws(DatabaseFault) in try await database.lock(after: cut) } } catch {
            return await failed(error)
        }
        switch absorb(view, isLocked: true) {
        case .ready: break
        case .behind: return await database.rollBack()
        case .outcast:
            await database.rollBack()
            return await rejoin()
        case .lost(let reason):
            await database.rollBack()
            return end(reason)
        }
        let draft = core.withLock { decide(view, &$0) }
        let began = surroundings.monotonic()
        let outcome = await step { await database.commit(draft.turn) }
        let took = surroundings.monotonic() - began
        switch outcome {
        case .committed: committed(draft, sent: sent, suspended, took: took)
        case .warned(let warning):
            // It may not be as durable as it should be: another commit has to follow before anybody is told.
            core.withLock { core in
                apply(draft, &core)
                core.owed.append(draft)
                core.isEnded = draft.turn.isLast
            }
            let fault = DatabaseFault(kind: .failed, message: "the database commits, but warns: \(warning)")
            if draft.turn.isLast { return giveUpOwed(fault) }
            await failed(fault)
        case .failed(let fault):
            core.withLock { core in inbox.withLock { undo(draft, &core, &$0) } }
            await failed(fault)
        case .unknown(let fault):
            core.withLock { $0.doubt = draft }
            await failed(fault)
        }
    }

    /// Marks that the loop waits for the database.
    func step<Value, Failure: Error>(_ work: () async throws(Failure) -> Value) async throws(Failure) -> Value {
        stepBegan.store(surroundings.monotonic(), ordering: .relaxed)
        defer { stepBegan.store(0, ordering: .relaxed) }
        return try await work()
    }

    /// What is written, on top of what the head's lock has shown. To be called under the core's lock only: who records a report
    /// must not wait for it.
    private func decide(_ view: SharedView, _ core: inout Core) -> Draft {
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

    // MARK: Its end

    /// All of the turn is durable, and with it what was owed.
    private func committed(_ draft: Draft, sent: Int64, _ suspended: Int64, took: Int64) {
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
    private func giveUpOwed(_ fault: DatabaseFault) {
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
