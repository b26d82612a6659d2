import Ledger
import Payments
import SharedLedger
import Synchronization

// How a call is made.
extension SimulatedDatabase {
    /// A connection to one of the servers.
    struct Session: Hashable {
        let server: Int
        let incarnation: Int
    }

    /// What a call came to, and how long nobody hears of that.
    struct Outcome<Value: Sendable>: Sendable {
        var result: Result<Value, DatabaseFault>
        var isBroken = false
        var hangs: Int64 = 0
    }

    /// When something happens.
    struct Moment: Sendable {
        /// By the server's clock, in nanoseconds since 1970.
        let server: Int64
        /// By one that nobody sets.
        let world: Int64
    }

    typealias Work<Value> = @Sendable (inout Tables, Moment) throws(DatabaseFault) -> Value

    /// So long waits whoever commits where no standby answers, in nanoseconds.
    private static let commitPatience: Int64 = 5_000_000_000

    func fate(of call: DatabaseCall) -> Fate { state.withLock { $0.fates }(call) }

    /// Connects to whichever server is reached, and checks it.
    func connect(_ proof: ServerProof.Value?) -> Result<Session, DatabaseFault> {
        let isFormer = environment.draw(1) == 0
        return state.withLock { state in
            let number = isFormer ? state.former ?? state.primary : state.primary
            let server = state.servers[number]
            if let trouble = server.trouble, server.isClosed { return .failure(Self.fault(trouble)) }
            if let proof, !state.mutations.contains(.uncheckedConnections), !server.tables.satisfies(proof) {
                return .failure(Self.fault(.behind))
            }
            return .success(Session(server: number, incarnation: server.incarnation))
        }
    }

    /// What becomes of a call when it has come to the server.
    func execute<Value: Sendable>(
        _ call: DatabaseCall, _ session: Session, _ misfortune: Fate.Misfortune?, writes: Bool,
        _ work: @escaping Work<Value>
    ) -> Outcome<Value> {
        let isAlive = state.withLock { $0.isAlive(session) }
        guard isAlive else { return Self.lost() }
        switch misfortune {
        case .refused(let kind): return Outcome(result: .failure(Self.fault(kind)), isBroken: kind == .refused)
        case .lostBefore: return Self.lost()
        case .lostAfter:
            // A standby has it, or not.
            _ = apply(call, session, writes: writes, isReplicated: environment.draw(1) == 0, work)
            return Self.lost()
        case .doneLater(let after):
            environment.later(after, Machine.world) {
                _ = self.apply(call, session, writes: writes, isReplicated: self.environment.draw(1) == 0, work)
            }
            return Self.lost()
        case .warned:
            _ = apply(call, session, writes: writes, isReplicated: false, work)
            if environment.draw(3) == 0 { failOverSoon() }
            return Outcome(result: .failure(Self.fault(.failed)))
        case nil: return commit(call, session, writes: writes, work)
        }
    }

    private func commit<Value: Sendable>(
        _ call: DatabaseCall, _ session: Session, writes: Bool, _ work: @escaping Work<Value>
    ) -> Outcome<Value> {
        let hasStandby = state.withLock { $0.servers[session.server].hasStandby }
        guard writes, call.isDurable, !hasStandby else {
            let isReplicated = hasStandby && (call.isDurable || environment.draw(7) != 0)
            return Outcome(result: apply(call, session, writes: writes, isReplicated: isReplicated, work))
        }
        // Nobody but a standby could end the commit.
        if environment.draw(1) == 0 { _ = apply(call, session, writes: writes, isReplicated: false, work) }
        return Outcome(result: .failure(Self.fault(.deadline)), isBroken: true, hangs: Self.commitPatience)
    }

    private func apply<Value: Sendable>(
        _ call: DatabaseCall, _ session: Session, writes: Bool, isReplicated: Bool, _ work: @escaping Work<Value>
    ) -> Result<Value, DatabaseFault> {
        let now = environment.now()
        return state.withLock { state in
            guard !state.servers[session.server].isGone else { return .failure(Self.fault(.unreachable)) }
            if let trouble = state.servers[session.server].trouble, writes { return .failure(Self.fault(trouble)) }
            let time = Moment(server: now + state.clockError, world: now)
            do throws(DatabaseFault) {
                guard writes else {
                    var tables = state.servers[session.server].tables
                    return .success(try work(&tables, time))
                }
                return .success(
                    try state.servers[session.server].commit(isReplicated: isReplicated) {
                        (tables) throws(DatabaseFault) in try work(&tables, time)
                    })
            } catch { return .failure(error) }
        }
    }

    private func failOverSoon() {
        environment.later(environment.draw(2_000_000_000), Machine.world) { self.failOver() }
    }

    private static func lost<Value>() -> Outcome<Value> {
        Outcome(result: .failure(fault(.unreachable)), isBroken: true)
    }

    static func fault(_ kind: DatabaseFault.Kind) -> DatabaseFault {
        DatabaseFault(kind: kind, message: "simulated: \(kind)")
    }

    // MARK: Notifications

    func setListener(_ owner: Int, _ body: (@Sendable (LedgerNotification) -> Void)?) {
        state.withLock { state in
            state.listeners.removeAll { $0.owner == owner }
            if let body { state.listeners.append((owner, body)) }
        }
    }

    /// Tells the other nodes, unless that is lost.
    func notify(_ notification: LedgerNotification, from owner: Int) {
        let (listeners, isLost) = state.withLock { ($0.listeners, $0.losesNotifications) }
        for listener in listeners where listener.owner != owner && !isLost() {
            environment.later(environment.draw(20_000_000), listener.owner) { [weak self] in
                let body = self?.state.withLock { $0.listeners.first { $0.owner == listener.owner }?.body }
                body?(notification)
            }
        }
    }
}

extension SimulatedDatabase.State {
    func isAlive(_ session: SimulatedDatabase.Session) -> Bool {
        let server = servers[session.server]
        return !server.isGone && server.incarnation == session.incarnation
    }
}
