import Payments
import SharedLedger
import Synchronization

/// The server's side of a transaction that has the head's lock.
extension SimulatedDatabase {
    /// Answers when a session has got the lock, or will not get it.
    func lock(_ session: Session, _ granted: @escaping @Sendable (HeadLock.Denial?) -> Void) {
        let now = surroundings.now()
        let (isGranted, waiter) = state.withLock { state -> (Bool, Int?) in
            guard state.run == session.run else { return (false, nil) }
            if state.lock.holder == nil {
                state.lock.holder = .init(session: session.number, idleUntil: now + surroundings.idleTime)
                return (true, nil)
            }
            return (false, state.lock.wait(session.number, granted))
        }
        if isGranted { return granted(nil) }
        guard let waiter else { return granted(.restart) }
        surroundings.after(HeadLock.patience) { [weak self] in
            self?.state.withLock { $0.lock.leave(waiter) }?.granted(.timeout)
        }
        watchIdle()
    }

    /// Ends a transaction that stands idle for too long, for somebody waits.
    private func watchIdle() {
        let now = surroundings.now()
        let deadline = state.withLock { $0.lock.waiters.isEmpty ? nil : $0.lock.holder?.idleUntil }
        guard let deadline else { return }
        if deadline <= now { return grantNext() }
        surroundings.after(deadline - now) { [weak self] in self?.watchIdle() }
    }

    /// Gives the lock to the next who waits.
    private func grantNext() {
        let now = surroundings.now()
        let waiter = state.withLock { state -> HeadLock.Waiter? in
            state.lock.holder = nil
            guard !state.lock.waiters.isEmpty else { return nil }
            let waiter = state.lock.waiters.removeFirst()
            // Whose connection is gone is found out only now.
            let time = state.lingering[waiter.session] ?? surroundings.idleTime
            state.lock.holder = .init(session: waiter.session, idleUntil: now + time)
            return waiter
        }
        guard let waiter else { return }
        waiter.granted(nil)
        watchIdle()
    }

    /// The transaction of a session goes on to commit; false when it has none any more.
    func beginWriting(_ session: Session) -> Bool {
        let now = surroundings.now()
        return state.withLock { state in
            guard state.run == session.run, state.lock.holder?.session == session.number,
                let deadline = state.lock.holder?.idleUntil, now <= deadline
            else { return false }
            state.lock.holder?.idleUntil = nil
            return true
        }
    }

    /// Writes a turn of the session that has begun to write, and gives the lock on; false when the server was restarted since.
    func finish(_ session: Session, _ turn: Turn?, of node: Int64, isReplicated: Bool) -> Bool {
        let now = surroundings.now()
        let isThere = state.withLock { state in
            guard state.run == session.run, state.lock.holder?.session == session.number else { return false }
            guard let turn else { return true }
            if let objection = state.tables.objection(to: turn, of: node, now: now) {
                state.violations.append("node \(node): \(objection)")
                return false
            }
            state.willWrite(isReplicated: isReplicated)
            let pause = turn.head.budget.pausedUntil
            if pause != state.tables.head.budget.pausedUntil { state.pauses.append((pause, now)) }
            state.tables.apply(turn, of: node, clock: now + state.clockError, now: now)
            return true
        }
        release(session)
        return isThere
    }

    /// Gives the lock on, if the session has it.
    func release(_ session: Session) {
        let isHolder = state.withLock {
            $0.run == session.run && $0.lock.holder?.session == session.number
        }
        if isHolder { grantNext() }
    }

    /// The connection is gone: what it has begun ends after a while, unless it is being committed.
    func hangUp(_ session: Session, lingering: Int64) {
        let now = surroundings.now()
        let isOver = state.withLock { state in
            guard state.run == session.run else { return false }
            state.lingering[session.number] = lingering
            guard let holder = state.lock.holder, holder.session == session.number, let idle = holder.idleUntil else {
                return false
            }
            let deadline = min(idle, now + lingering)
            state.lock.holder?.idleUntil = deadline
            return deadline <= now
        }
        if isOver { grantNext() } else { watchIdle() }
    }
}

extension SimulatedDatabase.State {
    /// What is acknowledged is at the standby, and so is all that was there before it.
    mutating func willWrite(isReplicated: Bool) {
        if isReplicated { replicated = nil } else if replicated == nil { replicated = tables }
    }
}
