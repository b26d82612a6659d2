import Ledger
import Payments
package import SharedLedger
import Synchronization

/// A node's connections to a simulated database, which may lead to different servers.
package final class SimulatedLink: Sendable {
    private struct State {
        var sessions: [DatabaseCall.Purpose: SimulatedDatabase.Session] = [:]
        var busy: Set<DatabaseCall.Purpose> = []
        var isPrepared = false
        var isDead = false
        /// The last number that a report was to be inserted with.
        var lastNumber: Int64 = 0
    }

    package let proof = ServerProof()
    let database: SimulatedDatabase
    package let owner: Int
    private let state = Mutex(State())

    init(_ database: SimulatedDatabase, _ owner: Int) {
        self.database = database
        self.owner = owner
    }

    /// The node is killed: it hears nothing more, and what it asks is asked in vain.
    package func kill() {
        state.withLock { $0.isDead = true }
        database.setListener(owner, nil)
    }

    package var isDead: Bool { state.withLock { $0.isDead } }

    func notePrepared() { state.withLock { $0.isPrepared = true } }

    /// Asks for something by one of the connections, which is made if it is not there. Blocks.
    func perform<Value: Sendable>(
        _ purpose: DatabaseCall.Purpose, _ kind: DatabaseCall.Kind, writes: Bool,
        _ work: @escaping SimulatedDatabase.Work<Value>
    ) throws(DatabaseFault) -> Value {
        occupy(purpose)
        defer { state.withLock { _ = $0.busy.remove(purpose) } }
        let session = try session(purpose)
        let call = DatabaseCall(owner: owner, purpose: purpose, kind: kind)
        let fate = database.fate(of: call)
        database.environment.wait(fate.there, Machine.world)
        // What a dead program has sent may arrive or not.
        if isDead, database.environment.draw(1) == 0 { throw Self.killed }
        let outcome = database.execute(call, session, fate.misfortune, writes: writes, work)
        if outcome.isBroken { state.withLock { $0.sessions[purpose] = nil } }
        database.environment.wait(fate.back + outcome.hangs, owner)
        if isDead { throw Self.killed }
        return try outcome.result.get()
    }

    /// A number may stand in the inbox though nobody was told: it is not to be given to another report.
    func note(_ reports: [InboxReport]) {
        let isReused = state.withLock { state in
            defer { state.lastNumber = max(state.lastNumber, reports.last?.number ?? 0) }
            return reports.first.map { $0.number <= state.lastNumber } ?? false
        }
        if isReused { database.note("a number was given to a report again, or out of order") }
    }

    /// Ends a connection, which leads where it should not.
    func close(_ purpose: DatabaseCall.Purpose) { state.withLock { $0.sessions[purpose] = nil } }

    /// Each connection is used by one caller at a time.
    private func occupy(_ purpose: DatabaseCall.Purpose) {
        while !state.withLock({ $0.busy.insert(purpose).inserted }) { database.environment.wait(2_000_000, owner) }
    }

    private func session(_ purpose: DatabaseCall.Purpose) throws(DatabaseFault) -> SimulatedDatabase.Session {
        if isDead { throw Self.killed }
        if let session = state.withLock({ $0.sessions[purpose] }) { return session }
        let fate = database.fate(of: DatabaseCall(owner: owner, purpose: purpose, kind: .connect))
        database.environment.wait(fate.there + fate.back, owner)
        if isDead { throw Self.killed }
        if fate.misfortune != nil { throw SimulatedDatabase.fault(.unreachable) }
        let session = try database.connect(state.withLock { $0.isPrepared } ? proof.value : nil).get()
        state.withLock { $0.sessions[purpose] = session }
        return session
    }

    private static let killed = DatabaseFault(kind: .schema, message: "it was killed")
}
