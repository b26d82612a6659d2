#if PostgreSQL
    package import SharedLedger
    import Synchronization

    /// A shared ledger in a PostgreSQL database.
    ///
    /// It has several connections, each made when it is first needed, so that nothing waits for what has another purpose.
    package final class PostgreSQLDatabase: LedgerDatabase {
        let source: ConnectionSource
        let accepting: BackgroundConnection
        let deciding: BackgroundConnection
        let watching: BackgroundConnection
        let reading: BackgroundConnection
        let maintaining: BackgroundConnection
        let notifier: Notifier
        private let listener: Listener
        /// When nodes that are long dead were last removed, by the monotonic clock.
        let lastBurial = Mutex<Int64?>(nil)

        /// A database that is connected to when it is first asked for something.
        ///
        /// - Parameter parameters: libpq's keywords and their values, passwords included.
        /// - Parameter secrets: what must not show in any message.
        /// - Throws: `.configuration`, when a parameter will not do for a ledger.
        package init(parameters: [(keyword: String, value: String)], secrets: [String]) throws(DatabaseFault) {
            source = ConnectionSource(try ConnectionString(parameters: parameters, secrets: secrets))
            accepting = BackgroundConnection(source)
            deciding = BackgroundConnection(source)
            watching = BackgroundConnection(source)
            reading = BackgroundConnection(source)
            maintaining = BackgroundConnection(source)
            notifier = Notifier(source)
            listener = Listener(source)
        }

        deinit { listener.listen(nil) }

        /// Has the next connections be made with other parameters, such as a new password; those that are open stay.
        ///
        /// - Throws: as ``init(parameters:secrets:)``.
        package func update(
            parameters: [(keyword: String, value: String)], secrets: [String]
        ) throws(DatabaseFault) {
            source.update(try ConnectionString(parameters: parameters, secrets: secrets))
        }

        // MARK: The protocol

        /// What every server that is connected to must have, once ``prepare(journal:)`` has succeeded.
        package var proof: ServerProof { source.proof }

        /// Makes or migrates the tables, and makes the ledger.
        package func prepare(journal: String) throws(DatabaseFault) -> LedgerIdentity {
            let identity = try maintaining.perform { (connection) throws(DatabaseFault) in
                try Pooler.check(connection, source)
                try Migration(connection).run()
                var pipeline = Pipeline(Self.found, .text(journal))
                let ledger = pipeline.add(Self.identity)
                let answer = try connection.write(pipeline)[ledger]
                guard answer.count == 1 else { throw .ledgerMissing }
                if try answer.bool(0, 0) { throw .unfinishedCopy }
                return LedgerIdentity(
                    journal: try answer.text(0, 1), opened: try answer.isNull(0, 2) ? nil : try answer.bytes(0, 2))
            }
            source.notePrepared()
            return identity
        }

        /// Listens on a connection and a thread of its own; what comes while there is no connection is made up for by an
        /// ``LedgerNotification/other``.
        package func listen(_ body: (@Sendable (LedgerNotification) -> Void)?) { listener.listen(body) }

        private static let found = Statement(
            once: """
                INSERT INTO ecryptopayd.ledger (id, schema, journal, copying) SELECT 1, \(Schema.version), $1, false \
                WHERE NOT EXISTS (SELECT 1 FROM ecryptopayd.records) ON CONFLICT (id) DO NOTHING
                """, .text)
        private static let identity = Statement(
            once: """
                SELECT copying, journal, \
                (SELECT line FROM ecryptopayd.records WHERE kind = 'opened' ORDER BY seq DESC LIMIT 1) \
                FROM ecryptopayd.ledger WHERE id = 1
                """)
    }

    extension DatabaseFault {
        /// A ledger that nobody may use.
        static var unfinishedCopy: DatabaseFault {
            DatabaseFault(
                kind: .configuration,
                message: """
                    the database's ledger is a copy that was not finished: let "ecryptopayd journal copy" end, or run it again
                    """, hasHint: true)
        }
    }
#endif
