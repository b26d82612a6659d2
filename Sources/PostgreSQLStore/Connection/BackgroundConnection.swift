#if PostgreSQL
    import CPostgreSQL
    import SharedLedger
    import Synchronization

    /// What all connections to a ledger are made with.
    final class ConnectionSource: Sendable {
        private struct State {
            var string: ConnectionString
            var isPrepared = false
            var processes: Set<Int32> = []
        }

        /// What a server must have once the tables are known to be there.
        let proof = ServerProof()
        private let state: Mutex<State>

        init(_ string: ConnectionString) { state = Mutex(State(string: string)) }

        /// Has the next connections be made with other keywords.
        func update(_ string: ConnectionString) { state.withLock { $0.string = string } }

        /// The tables are there: from now on, each server that is connected to has to prove itself.
        func notePrepared() { state.withLock { $0.isPrepared = true } }

        /// A connection to a server that is not behind.
        func open(within limit: Duration = Connection.patience) throws(DatabaseFault) -> Connection {
            let (string, isPrepared) = state.withLock { ($0.string, $0.isPrepared) }
            return try Connection.open(string, within: limit) { (connection) throws(DatabaseFault) in
                try self.checkTimeline(connection)
                if isPrepared { try self.check(connection) }
            }
        }

        /// Notes whose notifications are this node's own.
        func replace(process old: Int32?, by new: Int32?) {
            state.withLock { state in
                if let old { state.processes.remove(old) }
                if let new { state.processes.insert(new) }
            }
        }

        /// Whether a server's process is that of a connection of this node.
        func owns(process: Int32) -> Bool { state.withLock { $0.processes.contains(process) } }

        /// A former primary stays in the timeline before, also when all that it lacks are reports, which no node can prove by.
        private func checkTimeline(_ connection: Connection) throws(DatabaseFault) {
            guard let timeline = connection.timeline else { return }
            let seen = proof.value.timeline
            if timeline < seen { throw .behind("is in timeline \(timeline), and timeline \(seen) had begun") }
            proof.note(timeline: timeline)
        }

        private func check(_ connection: Connection) throws(DatabaseFault) {
            let seen = proof.value
            let answer = try connection.ask(Self.found, .int8(seen.seq))
            if let epoch = try answer.optionalInt8(0, 0), epoch < seen.epoch {
                throw .behind("is in epoch \(epoch), and epoch \(seen.epoch) had begun")
            }
            if seen.seq == 0 { return }
            if try answer.int8(0, 1) >= seen.seq { return }
            guard try !answer.isNull(0, 2) else { throw .behind("lacks record \(seen.seq)") }
            guard try answer.bytes(0, 2).starts(with: seen.head) else {
                throw .behind("has another record \(seen.seq)")
            }
        }

        private static let found = Statement(
            once: """
                SELECT (SELECT epoch FROM ecryptopayd.lease WHERE id = 1), \(Statement.pruned), \
                (SELECT line FROM ecryptopayd.records WHERE seq = $1)
                """, .int8)
    }

    /// A connection for one purpose, made when it is first needed, and anew after it has broken. It blocks whoever uses it, one at a time.
    final class BackgroundConnection: Sendable {
        private let source: ConnectionSource
        private let state = Mutex<(connection: Connection?, process: Int32?)>((nil, nil))

        init(_ source: ConnectionSource) { self.source = source }

        deinit { state.withLock { source.replace(process: $0.process, by: nil) } }

        /// Does something by the connection. When it throws, a transaction that is open is rolled back.
        ///
        /// When the connection turns out to be lost, it is done again by a new one: if `isRepeatable`, or nothing had been sent.
        func perform<Value: Sendable>(
            isRepeatable: Bool = true, _ work: (Connection) throws(DatabaseFault) -> Value
        ) throws(DatabaseFault) -> Value {
            try state.withLock { (state) throws(DatabaseFault) in
                if let connection = state.connection, connection.isOpen {
                    connection.hasSent = false
                    do throws(DatabaseFault) { return try connection.settled(work) } catch {
                        let isAgain = !connection.isOpen && error.kind != .deadline && error.kind != .behind
                        guard isAgain, isRepeatable || !connection.hasSent else { throw error }
                    }
                }
                let connection = try source.open()
                source.replace(process: state.process, by: connection.process)
                (state.connection, state.process) = (connection, connection.process)
                return try connection.settled(work)
            }
        }

        /// Runs a single statement.
        func ask(
            _ statement: Statement, _ arguments: Parameter..., within limit: Duration = Connection.patience
        ) throws(DatabaseFault) -> Answer {
            let pipeline = Pipeline(statement, arguments)
            return try perform { (connection) throws(DatabaseFault) in try connection.ask(pipeline, within: limit)[0] }
        }

        /// Runs a single statement whose effect need not outlive a crash: its commit waits neither for a disk nor for a standby.
        @discardableResult
        func askRelaxed(
            _ statement: Statement, _ arguments: Parameter..., isRepeatable: Bool = true
        ) throws(DatabaseFault) -> Answer {
            var pipeline = Pipeline(.relaxed)
            pipeline.add(statement, arguments)
            return try perform(isRepeatable: isRepeatable) { [pipeline] (connection) throws(DatabaseFault) in
                try connection.ask(pipeline)[1]
            }
        }
    }

    extension Connection {
        /// The server's process for this session, as it says; a pooler says something else.
        var process: Int32? { handle.map { PQbackendPID($0) } }

        /// The server's timeline; nil where the server does not tell.
        fileprivate var timeline: Int64? {
            guard let answer = try? ask(Self.currentTimeline), let text = try? answer.text(0, 0) else { return nil }
            return Int64(text, radix: 16)
        }

        /// The first eight digits of a WAL file's name.
        private static let currentTimeline = Statement(once: "SELECT left(pg_walfile_name(pg_current_wal_lsn()), 8)")

        /// Does something that leaves no transaction open when it throws.
        fileprivate func settled<Value>(_ work: (Connection) throws(DatabaseFault) -> Value) throws(DatabaseFault)
            -> Value
        {
            do throws(DatabaseFault) { return try work(self) } catch {
                abandonTransaction()
                throw error
            }
        }
    }

    extension DatabaseFault {
        /// The server does not have what was seen.
        static func behind(_ what: String) -> DatabaseFault {
            DatabaseFault(
                kind: .behind,
                message: """
                    the server \(what): another server has taken its place, or its data are older than they were; connect to the \
                    server that is written now
                    """)
        }
    }
#endif
