public import SharedLedger
import Synchronization

/// A node's connection with a simulated server. It connects anew when it has broken, at the next call.
public final class SimulatedConnection: LedgerDatabase {
    struct State {
        var session: SimulatedDatabase.Session?
        /// Whether the node has looked at nothing yet since it connected.
        var isAnew = true
        var identity: NodeIdentity?
        var isInTransaction = false
        /// What is asked for, which must be one thing after the other.
        var underWay: DatabaseCall.Kind?
        var isDropped = false
        var asked = 0
        /// What ends the questions that are on their way when the connection is dropped.
        var endings: [Int: @Sendable () -> Void] = [:]
    }

    static let deadline: Int64 = 10_000_000_000

    let database: SimulatedDatabase
    let state = Mutex(State())

    // swift-format-ignore: AllPublicDeclarationsHaveDocumentation, which the protocol has.
    public let executor: (any TaskExecutor)?

    init(_ database: SimulatedDatabase, on executor: (any TaskExecutor)?) {
        self.database = database
        self.executor = executor
    }

    /// The same server, by a connection of its own.
    public var records: any RecordSource { SimulatedRecords(self) }

    /// The same server, by another one.
    public var keeper: any LedgerKeeper { SimulatedKeeper(self) }

    /// The node dies, or its network goes: everything fails from now on, and what it has begun ends after a while.
    public func drop(lingering: Int64 = 0) {
        let (session, endings) = state.withLock { state in
            state.isDropped = true
            defer {
                state.session = nil
                state.endings = [:]
            }
            return (state.session, state.endings)
        }
        if let session { database.hangUp(session, lingering: lingering) }
        for (_, end) in endings.sorted(by: { $0.key < $1.key }) { end() }
    }

    // MARK: The protocol

    // swift-format-ignore: AllPublicDeclarationsHaveDocumentation, which the protocol has.
    public func join(_ identity: NodeIdentity) async throws(DatabaseFault) -> Joined {
        begin(.join)
        defer { end() }
        state.withLock { $0.identity = identity }
        return try await ask(.join) { state, clock, now in
            state.willWrite(isReplicated: true)
            if state.tables.journal == nil { state.tables.journal = identity.journal }
            state.tables.names[identity.number] = identity.name
            state.tables.nodes[identity.number] = Tables.Node(
                identity: identity, turn: 0, lease: identity.lease, until: clock + identity.lease, renewed: now)
            let opened = state.tables.kept.last { $0.row.kind == "opened" }
            return Joined(journal: state.tables.journal ?? "", opened: opened?.row.line)
        }
    }

    // swift-format-ignore: AllPublicDeclarationsHaveDocumentation, which the protocol has.
    public func load() async throws(DatabaseFault) -> Loaded {
        begin(.load)
        defer { end() }
        return try await ask(.load) { state, _, _ in
            let tables = state.tables
            let note = (tables.notes.first?.note.number ?? tables.head.cut.note + 1) - 1
            return Loaded(rows: tables.folded.rows, cut: Cut(seq: tables.folded.seq, note: note))
        }
    }

    // swift-format-ignore: AllPublicDeclarationsHaveDocumentation, which the protocol has.
    public func look(after cut: Cut) async throws(DatabaseFault) -> SharedView {
        begin(.look)
        defer { end() }
        let (_, isAnew) = try await connected()
        let view = try await ask(.look) { state, clock, _, limit in
            state.tables.view(after: cut, time: clock, limit: limit, isAnew: isAnew)
        }
        state.withLock { $0.isAnew = false }
        return view
    }

    // MARK: Parts

    /// The node's number; 0 before it has joined.
    var number: Int64 { state.withLock { $0.identity?.number ?? 0 } }

    func fate(_ kind: DatabaseCall.Kind) -> Fate {
        let fates = database.state.withLock { $0.fates }
        return fates(DatabaseCall(node: number, kind: kind))
    }

    func begin(_ kind: DatabaseCall.Kind) {
        let other = state.withLock { state in
            defer { state.underWay = kind }
            return state.underWay
        }
        if let other { database.object("node \(number) asks to \(kind) while it asks to \(other)") }
    }

    func end() { state.withLock { $0.underWay = nil } }

    /// The session of the transaction, which ends; nil where there is none.
    func leaveTransaction(_ what: String) -> SimulatedDatabase.Session? {
        let (isInTransaction, session) = state.withLock { state in
            defer { state.isInTransaction = false }
            return (state.isInTransaction, state.session)
        }
        if !isInTransaction { database.object("node \(number) \(what) without a transaction") }
        return isInTransaction ? session : nil
    }

    /// The connection breaks.
    func lose(_ session: SimulatedDatabase.Session, lingering: Int64) {
        state.withLock { state in
            guard state.session == session else { return }
            state.session = nil
            state.isAnew = true
        }
        database.hangUp(session, lingering: lingering)
    }

    /// The session, made anew where there is none.
    func connected() async throws(DatabaseFault) -> (SimulatedDatabase.Session, isAnew: Bool) {
        if let found = state.withLock({ state in state.session.map { ($0, state.isAnew) } }) { return found }
        let fate = fate(.connect)
        let database = database
        let result: Result<SimulatedDatabase.Session, DatabaseFault> = await answer { answer in
            database.after(fate.there + fate.back) {
                if let misfortune = fate.misfortune {
                    var kind = DatabaseFault.Kind.unreachable
                    if case .refused(let refused) = misfortune { kind = refused }
                    return answer(.failure(.init(simulated: kind)))
                }
                answer(Result { () throws(DatabaseFault) in try database.connect() })
            }
        }
        let session = try result.get()
        let isDropped = state.withLock { state in
            if !state.isDropped { state.session = session }
            return state.isDropped
        }
        if isDropped { throw DatabaseFault(simulated: .unreachable) }
        return (session, true)
    }

    /// Asks the server for something that it does at once.
    func ask<Value: Sendable>(
        _ kind: DatabaseCall.Kind,
        _ body: @escaping @Sendable (inout SimulatedDatabase.State, _ clock: Int64, _ now: Int64) -> Value
    ) async throws(DatabaseFault) -> Value {
        try await ask(kind) { state, clock, now, _ in body(&state, clock, now) }
    }

    private func ask<Value: Sendable>(
        _ kind: DatabaseCall.Kind,
        _ body: @escaping @Sendable (inout SimulatedDatabase.State, _ clock: Int64, _ now: Int64, _ limit: Int) -> Value
    ) async throws(DatabaseFault) -> Value {
        let (session, _) = try await connected()
        let fate = fate(kind)
        let database = database
        let result: Result<Value, DatabaseFault> = await answer { answer in
            switch fate.misfortune {
            case .lostBefore, .unsent:
                self.lose(session, lingering: 0)
                return answer(.failure(.init(simulated: .unreachable)))
            default: break
            }
            database.after(fate.there) {
                if case .refused(let kind) = fate.misfortune { return answer(.failure(.init(simulated: kind))) }
                let value = database.serve(session) { state, clock, now in body(&state, clock, now, fate.limit) }
                guard let value, fate.misfortune == nil, fate.there + fate.back < Self.deadline else {
                    self.lose(session, lingering: 0)
                    return answer(.failure(.init(simulated: fate.misfortune == nil ? .deadline : .unreachable)))
                }
                database.after(fate.back) { answer(.success(value)) }
            }
        }
        return try result.get()
    }

    /// Waits for the first answer; a connection that is dropped gives one.
    func answer<Value: Sendable>(
        _ question: (@escaping @Sendable (Result<Value, DatabaseFault>) -> Void) -> Void
    ) async -> Result<Value, DatabaseFault> {
        await withCheckedContinuation { continuation in
            let once = Once { continuation.resume(returning: $0) }
            let gone = DatabaseFault(simulated: .unreachable)
            let number = state.withLock { state -> Int? in
                if state.isDropped { return nil }
                state.asked += 1
                state.endings[state.asked] = { once.give(.failure(gone)) }
                return state.asked
            }
            guard let number else { return once.give(.failure(gone)) }
            question { result in
                self.state.withLock { $0.endings[number] = nil }
                once.give(result)
            }
        }
    }
}

/// Takes the first answer.
private final class Once<Value: Sendable>: Sendable {
    private let take: Mutex<(@Sendable (Value) -> Void)?>

    init(_ take: @escaping @Sendable (Value) -> Void) { self.take = Mutex(take) }

    func give(_ value: Value) {
        let take = take.withLock { take in
            defer { take = nil }
            return take
        }
        take?(value)
    }
}
