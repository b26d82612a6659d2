#if PostgreSQL
    import Dispatch
    public import SharedLedger
    import Synchronization

    /// A shared ledger in a database that speaks PostgreSQL's protocol.
    ///
    /// It has four connections, each made when it is first needed, and made anew after it has broken: for turns, for reading records,
    /// for searching through many of them, and for keeping the tables small. Each blocks a queue of its own.
    public final class PostgreSQLDatabase: LedgerDatabase {
        let session: Mutex<TurnSession>
        private let queue = QueueExecutor(label: "ecryptopayd.turns")
        private let reading: Desk
        private let searching: Desk
        let keeping: Desk

        /// A database that is connected to when it is first asked for something.
        ///
        /// - Parameter parameters: libpq's keywords and their values, passwords included.
        /// - Parameter secrets: what must not show in any message.
        /// - Throws: `.configuration`, when a parameter will not do for a ledger.
        public convenience init(
            parameters: [(keyword: String, value: String)], secrets: [String]
        ) throws(DatabaseFault) {
            self.init(try ConnectionString(parameters: parameters, secrets: secrets))
        }

        init(_ string: ConnectionString) {
            session = Mutex(TurnSession(string))
            reading = Desk(label: "ecryptopayd.records", string)
            searching = Desk(label: "ecryptopayd.searching", string)
            keeping = Desk(label: "ecryptopayd.keeping", string)
        }

        /// Has the next connections be made with other parameters, such as a new password; those that are open stay.
        ///
        /// - Throws: as ``init(parameters:secrets:)``.
        public func update(
            parameters: [(keyword: String, value: String)], secrets: [String]
        ) throws(DatabaseFault) {
            let string = try ConnectionString(parameters: parameters, secrets: secrets)
            // Not at once: the turns' connection may be waiting for the server, and the caller has other things to do.
            queue.queue.async { self.session.withLock { $0.string = string } }
            reading.update(string)
            searching.update(string)
            keeping.update(string)
        }

        // MARK: The protocol

        /// The queue of the turns' connection.
        public var executor: (any TaskExecutor)? { queue }

        /// Connects, migrates, and adds the node's row.
        public func join(_ node: NodeIdentity) async throws(DatabaseFault) -> Joined {
            try session.withLock { (session) throws(DatabaseFault) in try session.join(node) }
        }

        /// Reads the folded state.
        public func load() async throws(DatabaseFault) -> Loaded {
            try session.withLock { (session) throws(DatabaseFault) in
                let connection = try session.connected()
                // However much it is.
                connection.end = nil
                return try Loading.load(connection)
            }
        }

        /// Locks the head, for which it waits for 5 s at most.
        public func lock(after cut: Cut) async throws(DatabaseFault) -> SharedView {
            try session.withLock { (session) throws(DatabaseFault) in try session.lock(after: cut) }
        }

        /// Writes and commits, within 10 s.
        public func commit(_ turn: Turn) async -> CommitOutcome { session.withLock { $0.commit(turn) } }

        /// Ends the transaction.
        public func rollBack() async { session.withLock { $0.rollBack() } }

        /// Looks without the lock.
        public func look(after cut: Cut) async throws(DatabaseFault) -> SharedView {
            try session.withLock { (session) throws(DatabaseFault) in try session.look(after: cut) }
        }

        /// Reads on a connection of its own.
        public var records: any RecordSource { PostgreSQLRecords(reading, searching: searching) }

        /// Keeps on a connection of its own.
        public var keeper: any LedgerKeeper { PostgreSQLKeeper(keeping) }
    }
#endif
