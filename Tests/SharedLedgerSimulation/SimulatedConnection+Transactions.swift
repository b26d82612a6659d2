public import SharedLedger
import Synchronization

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation, which the protocol has.
extension SimulatedConnection {
    public func lock(after cut: Cut) async throws(DatabaseFault) -> SharedView {
        begin(.lock)
        defer { end() }
        let (session, isAnew) = try await connected()
        if state.withLock({ $0.isInTransaction }) { database.object("locks in a transaction") }
        let fate = fate(.lock)
        let database = database
        let result: Result<SharedView, DatabaseFault> = await answer { answer in
            switch fate.misfortune {
            case .lostBefore, .unsent:
                self.lose(session, lingering: fate.lingering)
                answer(.failure(.init(simulated: .unreachable)))
                return
            default: break
            }
            database.after(fate.there) {
                database.lock(session) { denial in
                    if let denial {
                        let kind: DatabaseFault.Kind = denial == .timeout ? .lockTimeout : .unreachable
                        if denial == .restart { self.lose(session, lingering: 0) }
                        return answer(.failure(.init(simulated: kind)))
                    }
                    if case .refused(let kind) = fate.misfortune {
                        database.release(session)
                        return answer(.failure(.init(simulated: kind)))
                    }
                    let view = database.serve(session) { state, clock, _ in
                        state.tables.view(after: cut, time: clock, limit: fate.limit, isAnew: isAnew)
                    }
                    guard let view, fate.misfortune == nil, fate.there + fate.back < Self.deadline else {
                        self.lose(session, lingering: fate.lingering)
                        return answer(.failure(.init(simulated: fate.misfortune == nil ? .deadline : .unreachable)))
                    }
                    database.after(fate.back) { answer(.success(view)) }
                }
            }
        }
        let view = try result.get()
        state.withLock { state in
            state.isInTransaction = true
            state.isAnew = false
        }
        return view
    }

    public func rollBack() async {
        begin(.rollBack)
        defer { end() }
        let session = leaveTransaction("rolls back")
        guard let session else { return }
        let fate = fate(.rollBack)
        let database = database
        if fate.misfortune != nil { return lose(session, lingering: fate.lingering) }
        let _: Result<Bool, DatabaseFault> = await answer { answer in
            database.after(fate.there) {
                database.release(session)
                database.after(fate.back) { answer(.success(true)) }
            }
        }
    }

    public func commit(_ turn: Turn) async -> CommitOutcome {
        begin(.commit)
        defer { end() }
        guard let session = leaveTransaction("commits") else {
            return .failed(.init(simulated: .unreachable))
        }
        let fate = fate(.commit)
        let result: Result<CommitOutcome, DatabaseFault> = await answer { answer in
            self.commit(turn, session, fate) { answer(.success($0)) }
        }
        switch result {
        case .success(let outcome): return outcome
        case .failure(let fault): return .unknown(fault)
        }
    }

    private func commit(
        _ turn: Turn, _ session: SimulatedDatabase.Session, _ fate: Fate,
        _ answer: @escaping @Sendable (CommitOutcome) -> Void
    ) {
        let fault = DatabaseFault(simulated: .unreachable)
        let database = database
        let node = number
        switch fate.misfortune {
        case .unsent:
            lose(session, lingering: fate.lingering)
            return answer(.failed(fault))
        case .lostBefore:
            lose(session, lingering: fate.lingering)
            return answer(.unknown(fault))
        default: break
        }
        let writing = if case .doneLater(let time) = fate.misfortune { time } else { fate.writing }
        if fate.there + writing + fate.back >= Self.deadline {
            // The program gives up, and what it has sent takes its course.
            database.after(Self.deadline) {
                self.lose(session, lingering: fate.lingering)
                answer(.unknown(.init(simulated: .deadline)))
            }
        }
        database.after(fate.there) {
            guard database.beginWriting(session) else {
                self.lose(session, lingering: 0)
                return answer(.unknown(fault))
            }
            if case .doneLater = fate.misfortune {
                self.lose(session, lingering: fate.lingering)
                answer(.unknown(fault))
            }
            database.after(writing) {
                var isReplicated = true
                switch fate.misfortune {
                case .refused(let kind):
                    _ = database.finish(session, nil, of: node, isReplicated: true)
                    return database.after(fate.back) { answer(.failed(.init(simulated: kind))) }
                case .doneLater, .warned: isReplicated = false
                default: break
                }
                if !isReplicated, let time = fate.failingOver {
                    database.surroundings.after(time) { database.failOver() }
                }
                guard database.finish(session, turn, of: node, isReplicated: isReplicated),
                    fate.misfortune == nil || fate.misfortune == .warned
                else {
                    self.lose(session, lingering: 0)
                    return answer(.unknown(fault))
                }
                database.after(fate.back) {
                    answer(fate.misfortune == .warned ? .warned("simulated: cancelled while it waited") : .committed)
                }
            }
        }
    }
}
