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
}
