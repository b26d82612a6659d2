#if PostgreSQL
    package import SharedLedger

    extension PostgreSQLDatabase {
        /// Connects as a node does, for at most 3 s, and looks for what a node would end with, which it throws.
        ///
        /// Returns what of the server's settings may lose what was committed, each as the end of a sentence about the database.
        package func check() throws(DatabaseFault) -> [String] {
            let connection = try source.open(within: .seconds(3))
            try Pooler.check(connection, source)
            if try connection.ask(Self.isReadOnly).bool(0, 0) {
                throw DatabaseFault(
                    kind: .readOnly,
                    message:
                        "the server takes no writes, it is a standby or set read-only: name the primary, or all hosts")
            }
            try Self.checkPrivileges(connection)
            if try Migration.version(connection) == Schema.version {
                let ledger = try connection.ask(Self.ledger)
                if ledger.count == 0, try PostgreSQLJournal.last(connection) > 0 { throw .ledgerMissing }
                if ledger.count > 0, try ledger.bool(0, 0) { throw .unfinishedCopy }
            }
            let settings = try connection.ask(Self.settings)
            return try settings.rows { (row) throws(DatabaseFault) in
                """
                runs with \(try settings.text(row, 0)) = off: a crash of the server can undo what it has committed, and the daemon \
                acknowledged; set it to on
                """
            }
        }

        private static func checkPrivileges(_ connection: Connection) throws(DatabaseFault) {
            let user = try connection.ask(self.user)
            let name = try user.text(0, 0)
            func lacks(_ what: String, _ hint: String) -> DatabaseFault {
                DatabaseFault(kind: .configuration, message: "the user \(name) may not \(what): \(hint)", hasHint: true)
            }
            guard try !user.isNull(0, 3) else {
                if try user.bool(0, 2) { return }
                throw lacks(
                    "create the schema ecryptopayd", "GRANT CREATE ON DATABASE \(try user.text(0, 1)) TO \(name)")
            }
            if try !user.bool(0, 3) {
                throw lacks("use the schema ecryptopayd", "GRANT USAGE ON SCHEMA ecryptopayd TO \(name)")
            }
            let version = try Migration.version(connection) ?? 0
            if version > Schema.version { throw Migration.mismatch(version) }
            let isOld = version < Schema.version
            if isOld, try !user.bool(0, 4) {
                throw lacks("create tables in the schema ecryptopayd", "GRANT CREATE ON SCHEMA ecryptopayd TO \(name)")
            }
            let tables = try connection.ask(Self.tables)
            for row in 0..<tables.count {
                let table = "ecryptopayd.\(try tables.text(row, 0))"
                if let privilege = try tables.optionalText(row, 1) {
                    throw lacks("\(privilege) in the table \(table)", "GRANT \(privilege) ON \(table) TO \(name)")
                }
                if isOld, try !tables.bool(row, 2) {
                    throw lacks("alter the table \(table)", "ALTER TABLE \(table) OWNER TO \(name)")
                }
            }
        }

        private static let isReadOnly = Statement(
            once: "SELECT pg_is_in_recovery() OR CAST(current_setting('transaction_read_only') AS boolean)")
        private static let ledger = Statement(once: "SELECT copying FROM ecryptopayd.ledger WHERE id = 1")
        // As the session began: it has synchronous_commit on whatever the server says.
        private static let settings = Statement(
            once: """
                SELECT name FROM pg_catalog.pg_settings WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit') \
                AND reset_val = 'off' ORDER BY name
                """)
        private static let user = Statement(
            once: """
                SELECT CAST(current_user AS text), CAST(current_database() AS text), \
                has_database_privilege(current_database(), 'CREATE'), \
                has_schema_privilege(oid, 'USAGE'), has_schema_privilege(oid, 'CREATE') \
                FROM (SELECT to_regnamespace('ecryptopayd') AS oid) AS s
                """)
        /// Each table with a privilege that is lacking, and whether the user owns it.
        private static let tables = Statement(
            once: """
                SELECT CAST(c.relname AS text), (SELECT p FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS p \
                WHERE NOT has_table_privilege(c.oid, p) LIMIT 1), pg_has_role(c.relowner, 'USAGE') FROM pg_catalog.pg_class AS c \
                WHERE c.relnamespace = to_regnamespace('ecryptopayd') AND c.relkind IN ('r', 'p') ORDER BY c.relname
                """)
    }

    /// A connection pooler between the ledger and its server.
    enum Pooler {
        /// Refuses one in transaction mode, which gives each transaction another of the server's sessions: prepared statements, settings
        /// and `LISTEN` belong to a session.
        static func check(_ connection: Connection, _ source: ConnectionSource) throws(DatabaseFault) {
            let first = try process(connection)
            // Without a pooler the server has said so when it was connected to.
            guard first != connection.process else { return }
            let other = try source.open()
            try other.ask(Statement(once: "BEGIN"))
            // It holds its session; in transaction mode, that was this one's before, or this one gets another.
            let held = try process(other)
            let second = try process(connection)
            other.abandonTransaction()
            guard held == first || second != first else { return }
            throw DatabaseFault(
                kind: .configuration,
                message:
                    "transactions of one connection run in several of the server's sessions: \(DatabaseFault.poolerHint)"
            )
        }

        private static func process(_ connection: Connection) throws(DatabaseFault) -> Int32 {
            Int32(truncatingIfNeeded: try connection.ask(backend).int8(0, 0))
        }

        private static let backend = Statement(once: "SELECT pg_backend_pid()")
    }
#endif
