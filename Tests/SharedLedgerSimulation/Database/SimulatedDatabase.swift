import Ledger
import Payments
package import SharedLedger
import Synchronization

/// A database of several servers: a primary, which a standby follows, and now and then a former primary, which does not know that it is one.
/// It does with a call what its fate says, and notes whatever must not happen.
package final class SimulatedDatabase: Sendable {
    /// When which node began to decide.
    package struct Taking: Hashable, Sendable {
        package let time: Int64
        package let epoch: Int64
        package let name: String
    }

    struct State {
        var servers = [SimulatedServer(0, Tables())]
        var primary = 0
        /// The server that was the primary before and can still be reached.
        var former: Int?
        var clockError: Int64 = 0
        var listeners: [(owner: Int, body: @Sendable (LedgerNotification) -> Void)] = []
        var fates: @Sendable (DatabaseCall) -> Fate = { _ in Fate() }
        var losesNotifications: @Sendable () -> Bool = { false }
        var takings: [Taking] = []
        /// What was acknowledged by a commit, by its number.
        var acknowledged: [Int64: [UInt8]] = [:]
        var violations: [String] = []
        var isSetBack = false
        var mutations: Set<Mutation> = []

        var current: Tables { servers[primary].tables }
    }

    /// Faults of the database's own, to see that they are found.
    package enum Mutation: Int, Hashable, Sendable {
        case unfencedWrites, uncheckedConnections, uncheckedReads
    }

    let environment: ServerSurroundings
    let state = Mutex(State())

    package init(_ environment: ServerSurroundings) { self.environment = environment }

    /// A run of the program's way to it.
    package func link(of owner: Int = 1) -> SimulatedLink { SimulatedLink(self, owner) }

    package func setFates(_ fates: @escaping @Sendable (DatabaseCall) -> Fate) { state.withLock { $0.fates = fates } }

    /// Whether the next notification is lost.
    package func setNotificationLoss(_ isLost: @escaping @Sendable () -> Bool) {
        state.withLock { $0.losesNotifications = isLost }
    }

    package func breakOnPurpose(_ mutation: Mutation) { state.withLock { _ = $0.mutations.insert(mutation) } }

    // MARK: What happens to the servers

    /// Its connections break, or it says no, until ``open()``.
    package func close(for kind: DatabaseFault.Kind) { state.withLock { $0.servers[$0.primary].close(for: kind) } }

    package func open() { state.withLock { $0.servers[$0.primary].open() } }

    /// No standby receives what the primary writes: no commit ends.
    package func detachStandby() { state.withLock { $0.servers[$0.primary].hasStandby = false } }

    package func attachStandby() { state.withLock { $0.servers[$0.primary].hasStandby = true } }

    /// The standby takes over. `lacking` is how many of the newest changes it has not got though they were acknowledged. The primary is gone,
    /// or, with `isSplit`, goes on for those who are connected to it.
    package func failOver(lacking: Int = 0, isSplit: Bool = false) {
        state.withLock { state in
            let tables = state.servers[state.primary].standby(lacking: lacking)
            if let former = state.former { state.servers[former].isGone = true }
            state.former = nil
            let old = state.primary
            state.servers[old].hasStandby = false
            state.servers[old].isGone = !isSplit
            if isSplit { state.former = old }
            if lacking > 0 { state.isSetBack = true }
            state.servers.append(SimulatedServer(state.servers.count, tables))
            state.primary = state.servers.count - 1
            state.checkAcknowledged()
            for index in 0..<old { state.servers[index] = SimulatedServer(index, Tables(), isGone: true) }
        }
    }

    /// The primary before this one can be reached again, with what it held; until ``loseFormer()``.
    package func bringBackFormer() {
        state.withLock { state in
            guard state.primary > 0, state.former == nil else { return }
            let former = state.primary - 1
            state.servers[former].restart()
            state.servers[former].open()
            state.servers[former].isGone = false
            state.former = former
        }
    }

    package func loseFormer() {
        state.withLock { state in
            if let former = state.former { state.servers[former].isGone = true }
            state.former = nil
        }
    }

    /// By how much the servers' clocks are wrong.
    package func setClockError(_ error: Int64) { state.withLock { $0.clockError = error } }

    /// An administrator deletes all rows that show a node.
    package func deleteNodes() { change { $0.nodes = [:] } }

    /// An administrator deletes the lease.
    package func deleteLease() { change { $0.lease = nil } }

    /// Does something by hand.
    func change(_ work: @escaping @Sendable (inout Tables) -> Void) {
        state.withLock { state in
            _ = try? state.servers[state.primary].commit(isReplicated: true) { (tables) throws(DatabaseFault) in
                work(&tables)
            }
        }
    }

    // MARK: What there is

    /// What must not have happened, and has.
    package var violations: [String] { state.withLock { $0.violations } }

    /// Every record, those included that were pruned.
    package var rows: [StoredRow] { state.withLock { $0.current.gone + $0.current.rows } }

    /// The records that are there.
    package var livingRows: [StoredRow] { state.withLock { $0.current.rows } }

    package var prunedSeq: Int64 { state.withLock { $0.current.pruned } }

    package var lastSeq: Int64 { state.withLock { $0.current.last } }

    /// How many reports are in the inbox.
    package var inboxCount: Int { state.withLock { $0.current.inbox.count } }

    /// The report that has been in the inbox for longest: which it is.
    package var oldestReport: [Int64]? {
        state.withLock { $0.current.inbox.first.map { [$0.report.node, $0.report.number] } }
    }

    package var checkpoint: StoredCheckpoint? { state.withLock { $0.current.stored } }

    package var takings: [Taking] { state.withLock { $0.takings } }

    /// The name of whoever has the lease; nil when nobody has.
    package var decider: String? {
        state.withLock { state in state.current.lease.flatMap { $0.node == nil ? nil : $0.name } }
    }

    /// Whether a node has seen a record that is not there. An epoch that is lost comes back by itself when somebody takes the lease.
    package func lacks(_ proof: ServerProof) -> Bool { state.withLock { !$0.current.holds(proof.value) } }

    /// Notes what must not have happened.
    package func note(_ violation: String) { state.withLock { $0.violations.append(violation) } }
}

extension SimulatedServer {
    fileprivate init(_ number: Int, _ tables: Tables, isGone: Bool) {
        self.init(number, tables)
        self.isGone = isGone
    }
}

extension SimulatedDatabase.State {
    /// What was acknowledged is there, unless the database was set back.
    mutating func checkAcknowledged() {
        if isSetBack {
            acknowledged = acknowledged.filter { $0.key <= current.last }
            return
        }
        for (seq, line) in acknowledged where seq > current.pruned && current.row(seq)?.record.line != line {
            violations.append("record \(seq) was acknowledged and is not there")
        }
    }
}

extension SimulatedDatabase {
    func isBroken(by mutation: Mutation) -> Bool { state.withLock { $0.mutations.contains(mutation) } }

    func noteTaking(_ claim: LeaseClaim, _ epoch: Int64) {
        let time = environment.now()
        state.withLock { $0.takings.append(Taking(time: time, epoch: epoch, name: claim.name)) }
    }

    /// A node has been told that its records are durable.
    func noteAcknowledged(_ batch: LedgerBatch, epoch: Int64) {
        state.withLock { state in
            for record in batch.records {
                if let other = state.acknowledged.updateValue(record.line, forKey: record.seq), other != record.line {
                    state.violations.append("two records \(record.seq) were acknowledged")
                }
            }
            state.checkEpochs()
        }
    }
}

extension SimulatedDatabase.State {
    /// The newest records stand one behind the other, and so do their epochs.
    fileprivate mutating func checkEpochs() {
        let rows = current.rows.suffix(50)
        for (row, next) in zip(rows, rows.dropFirst()) {
            if next.record.seq != row.record.seq + 1 {
                violations.append("record \(next.record.seq) stands behind \(row.record.seq)")
            }
            if next.epoch < row.epoch {
                violations.append("record \(next.record.seq) of epoch \(next.epoch) stands behind epoch \(row.epoch)")
            }
        }
    }
}
