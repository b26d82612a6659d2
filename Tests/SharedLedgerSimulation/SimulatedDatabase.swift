public import JournalFormat
public import Payments
public import SharedLedger
import Synchronization

/// A server with a shared ledger in memory, for a whole history: nodes come and go, and each has a connection.
///
/// It answers from its surroundings' time, as its fates say, and takes down what a program must never ask for.
public final class SimulatedDatabase: Sendable {
    struct State: Sendable {
        var tables = Tables()
        /// The tables as they were before something was committed that the standby has not got.
        var replicated: Tables?
        var lock = HeadLock()
        /// How wrong the clock is, in nanoseconds.
        var clockError: Int64 = 0
        /// How often it was started.
        var run = 1
        /// Why it takes no connections; nil while it does.
        var closedFor: DatabaseFault.Kind?
        var sessions = 0
        /// Connections that are gone, and for how long their transactions stay.
        var lingering: [Int: Int64] = [:]
        var fates: @Sendable (DatabaseCall) -> Fate = { _ in Fate() }
        var violations: [String] = []
        /// The pauses that turns wrote: until when, by the server's clock, and when they were committed, in true time.
        var pauses: [(until: Int64, committed: Int64)] = []
    }

    let surroundings: ServerSurroundings
    let state = Mutex(State())

    /// An empty server, on which all goes well.
    public init(_ surroundings: ServerSurroundings) { self.surroundings = surroundings }

    /// A connection for a node, whose turns run on an executor. It connects when it is first asked for something.
    public func connection(on executor: (any TaskExecutor)? = nil) -> SimulatedConnection {
        SimulatedConnection(self, on: executor)
    }

    // MARK: What happens to it

    /// Decides from now on what becomes of each call.
    public func setFates(_ fates: @escaping @Sendable (DatabaseCall) -> Fate) { state.withLock { $0.fates = fates } }

    /// Ends all connections and transactions. It takes connections again after ``open()``, for which it is closed by a fault.
    public func close(for kind: DatabaseFault.Kind = .unreachable) {
        endAll { $0.closedFor = kind }
    }

    /// Takes connections again.
    public func open() { state.withLock { $0.closedFor = nil } }

    /// Ends all connections and transactions, and goes on; a standby may take its place, that has all that it acknowledged.
    /// True when something was lost.
    @discardableResult
    public func failOver() -> Bool {
        let loses = state.withLock { $0.replicated != nil }
        endAll { state in
            if let replicated = state.replicated { state.tables = replicated }
            state.replicated = nil
        }
        return loses
    }

    /// Sets how wrong the server's clock is, in nanoseconds.
    public func setClockError(_ error: Int64) { state.withLock { $0.clockError = error } }

    private func endAll(_ body: (inout State) -> Void) {
        let waiters = state.withLock { state in
            state.run += 1
            state.lingering = [:]
            defer { state.lock = HeadLock() }
            body(&state)
            return state.lock.waiters
        }
        for waiter in waiters { waiter.granted(.restart) }
    }

    // MARK: What is there

    /// What no program may ask for, and was asked for.
    public var violations: [String] { state.withLock { $0.violations } }

    /// All records, and when each was committed, in true time.
    public var records: [(record: StoredRecord, committed: Int64)] {
        state.withLock { $0.tables.records.map { ($0.stored, $0.committed) } }
    }

    /// All records, read.
    public var entries: [Entry] {
        get throws(LineFault) {
            var entries: [Entry] = []
            for record in records { entries.append(try Entry(line: record.record.line.span)) }
            return entries
        }
    }

    /// The pauses that turns wrote: until when, by the server's clock, and when they were committed, in true time.
    public var pauses: [(until: Int64, committed: Int64)] { state.withLock { $0.pauses } }

    /// All notes.
    public var notes: [StoredNote] { state.withLock { $0.tables.notes.map(\.note) } }

    /// Who has what.
    public var leases: [LeaseRow] {
        state.withLock { state in
            state.tables.leases.map { LeaseRow(name: $0.key, node: $0.value) }.sorted { $0.name < $1.name }
        }
    }

    /// Who took what, and when, as far as the server has it.
    public var takings: [LeaseTaking] { state.withLock { $0.tables.takings } }

    /// What each node calls itself that has ever joined, by its number.
    public var names: [Int64: String] { state.withLock { $0.tables.names } }

    /// The first record that has not been dropped.
    public var firstRecord: Int64 { state.withLock { $0.tables.first } }

    /// The nodes that count as living.
    public var nodes: [Int64] { state.withLock { $0.tables.nodes.keys.sorted() } }

    /// How many wait for the head's lock.
    public var waiting: Int { state.withLock { $0.lock.waiters.count } }

    /// The head.
    public var head: Head { state.withLock { $0.tables.head } }

    /// The folded state, and as of which record it is.
    public var folded: (rows: LedgerRows, seq: Int64) {
        state.withLock { ($0.tables.folded.rows, $0.tables.folded.seq) }
    }

    /// Takes down that something was asked for that never may be.
    func object(_ text: String) { state.withLock { $0.violations.append(text) } }

    // MARK: Time

    /// Has work run later: at once when that is now.
    func after(_ nanoseconds: Int64, _ work: @escaping @Sendable () -> Void) {
        if nanoseconds <= 0 { work() } else { surroundings.after(nanoseconds, work) }
    }

    /// Does something on the server, where it is still the same run; else nil.
    func serve<Value: Sendable>(
        _ session: Session, _ body: (inout State, _ clock: Int64, _ now: Int64) -> Value
    ) -> Value? {
        let now = surroundings.now()
        return state.withLock { state in
            guard state.run == session.run, state.lingering[session.number] == nil else { return nil }
            return body(&state, now + state.clockError, now)
        }
    }

    /// One connection, as the server numbers it.
    struct Session: Hashable, Sendable {
        let number: Int
        let run: Int
    }

    /// Makes a connection.
    func connect() throws(DatabaseFault) -> Session {
        let (session, fault) = state.withLock { state in
            state.sessions += 1
            return (
                Session(number: state.sessions, run: state.run), state.closedFor.map { DatabaseFault(simulated: $0) }
            )
        }
        if let fault { throw fault }
        return session
    }
}

extension DatabaseFault {
    /// One that was drawn.
    init(simulated kind: Kind) { self.init(kind: kind, message: "simulated: \(kind)") }
}
