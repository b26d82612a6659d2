#if PostgreSQL
    public import SharedLedger
    import Synchronization

    extension PostgreSQLDatabase {
        /// What of the server's settings may lose what was committed, as the end of a sentence about the database; empty when
        /// all is well, or when the engine has no such settings. Connects for that, for at most 3 s, and blocks.
        public func check() throws(DatabaseFault) -> [String] {
            let connection = try Connection.open(session.withLock { $0.string }, within: .seconds(3))
            let answer = try connection.ask(Self.settings)
            var warnings: [String] = []
            for row in 0..<answer.count where try answer.text(row, 1) == "off" {
                let name = try answer.text(row, 0)
                warnings.append(
                    "runs with \(name) = off: what it has committed, and the daemon acknowledged, a crash of the server can undo; set it to on"
                )
            }
            return warnings
        }

        // As the session began: it has synchronous_commit on whatever the server says.
        private static let settings = Statement(
            once: """
                SELECT name, reset_val FROM pg_catalog.pg_settings
                 WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit') ORDER BY name
                """)
    }
#endif
