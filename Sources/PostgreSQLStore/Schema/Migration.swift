#if PostgreSQL
    import SharedLedger

    /// Brings the tables to this program's version, in one transaction and one node at a time.
    struct Migration {
        /// What a statement may take: an index may have to be made of many records.
        private static let longest: Duration = .seconds(600)

        let connection: Connection
        /// The statements; a test has its own.
        var statements = Schema.statements

        init(_ connection: Connection) { self.connection = connection }

        /// Whoever calls it ends the transaction that is open when it throws.
        ///
        /// - Throws: `.schema` when the tables are a later program's, `.configuration` while nodes of an earlier version run,
        ///   `.lockTimeout` when another node takes long to do the same.
        func run() throws(DatabaseFault) {
            if try Self.version(connection) == Schema.version { return }
            try migrate()
        }

        /// The tables' version; nil where there are none.
        static func version(_ connection: Connection) throws(DatabaseFault) -> Int64? {
            guard try connection.ask(Self.isThere).bool(0, 0) else { return nil }
            return try connection.ask(version).int8(0, 0)
        }

        /// The fault of tables of another version.
        static func mismatch(_ version: Int64) -> DatabaseFault {
            let hint =
                version > Schema.version
                ? "install the version of ecryptopayd that the other nodes have"
                : "stop all nodes and start one of this version, which brings them to it"
            return DatabaseFault(
                kind: .schema,
                message: "the database's tables have version \(version), and this program knows version "
                    + "\(Schema.version): \(hint)")
        }

        private func migrate() throws(DatabaseFault) {
            var pipeline = Pipeline(.begin)
            pipeline.add(Self.lock)
            _ = try connection.ask(pipeline)
            // Another node may have done it meanwhile.
            let version = try Self.version(connection)
            if version == Schema.version { return connection.abandonTransaction() }
            if let version, version > Schema.version { throw Self.mismatch(version) }
            try retireFirstVersion()
            pipeline = Pipeline()
            // A user who may not make a schema may have been given one.
            if try connection.ask(Self.schema).isNull(0, 0) {
                pipeline.add(Statement(once: "CREATE SCHEMA ecryptopayd"))
            }
            for statement in statements { pipeline.add(Statement(once: statement)) }
            pipeline.add(.commit)
            try connection.write(pipeline, within: Self.longest)
        }

        /// Removes the table that nodes of version 1 live by, unless one does; none can begin to then.
        private func retireFirstVersion() throws(DatabaseFault) {
            guard try connection.ask(Self.isFirst).count == 1 else { return }
            var pipeline = Pipeline(Statement(once: "LOCK TABLE ecryptopayd.nodes IN ACCESS EXCLUSIVE MODE"))
            pipeline.add(Self.living)
            let living = try connection.ask(pipeline)[1]
            guard living.count == 0 else {
                throw DatabaseFault(
                    kind: .configuration,
                    message: """
                        an earlier version of ecryptopayd still runs on this ledger, on \(try living.text(0, 0)): stop all \
                        nodes, wait until they have ended, and start one of this version
                        """)
            }
            try connection.ask(Statement(once: "DROP TABLE ecryptopayd.nodes"))
        }

        /// Any number that all nodes use.
        private static let lock = Statement(once: "SELECT pg_advisory_xact_lock(1701016185)")
        private static let isThere = Statement(once: "SELECT to_regclass('ecryptopayd.version') IS NOT NULL")
        private static let version = Statement(once: "SELECT max(version) FROM ecryptopayd.version")
        private static let schema = Statement(once: "SELECT CAST(to_regnamespace('ecryptopayd') AS text)")
        /// Whether the nodes have what only those of version 1 had.
        private static let isFirst = Statement(
            once: """
                SELECT 1 FROM pg_catalog.pg_attribute WHERE attrelid = to_regclass('ecryptopayd.nodes') \
                AND attname = 'until' AND NOT attisdropped
                """)
        private static let living = Statement(
            once: "SELECT name FROM ecryptopayd.nodes WHERE until >= clock_timestamp() ORDER BY name")
    }
#endif
