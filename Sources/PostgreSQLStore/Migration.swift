#if PostgreSQL
    import Glibc
    import POSIX
    import SharedLedger

    /// Brings the tables to this program's version: one node at a time, by a lease by the server's clock.
    ///
    /// Every step is repeatable and a transaction of its own, so that a node that dies in between leaves nothing to be mended.
    struct Migration {
        /// For how long a node that migrates may be silent, in seconds, before another takes over.
        static let lease = 20

        let connection: Connection
        let node: Int64
        /// The statements to each version; a test has its own.
        var steps = Schema.steps
        /// How long to wait between two looks at what another node does.
        var pause: Duration = .milliseconds(50)
        /// How long to wait for another node to end.
        var patience: Duration = .seconds(30)

        private var target: Int64 { Int64(steps.count) }

        init(_ connection: Connection, node: Int64) {
            self.connection = connection
            self.node = node
        }

        /// - Throws: `.schema` when the tables are a later program's, `.lockTimeout` when another node takes too long.
        func run() throws(DatabaseFault) {
            let deadline = Clock.monotonic() + patience.nanoseconds
            if try version() == nil { try begin() }
            while true {
                let version = try version() ?? 0
                if version == target { return }
                guard version < target else {
                    throw DatabaseFault(
                        kind: .schema,
                        message: "the database's tables have version \(version), and this program knows those up to "
                            + "\(target): install the version of the program that the other nodes have")
                }
                if try claim() {
                    // Somebody may have done it since.
                    let version = try self.version() ?? 0
                    for next in version..<max(version, target) {
                        guard try migrate(to: next + 1, steps[Int(next)]) else { break }
                    }
                    try connection.ask(Self.release, .int8(node))
                    continue
                }
                guard Clock.monotonic() < deadline else {
                    throw DatabaseFault(
                        kind: .lockTimeout, message: "another node has been changing the database's tables for too long"
                    )
                }
                usleep(UInt32(pause.nanoseconds / 1000))
            }
        }

        /// Nil where there is no table to ask.
        private func version() throws(DatabaseFault) -> Int64? {
            do throws(DatabaseFault) {
                let answer = try connection.ask(Self.version)
                return answer.count == 0 ? nil : try answer.int8(0, 0)
            } catch {
                if error.kind == .schema { return nil }
                throw error
            }
        }

        private func begin() throws(DatabaseFault) {
            // A user who may not make a schema may have been given one.
            let isThere = try connection.ask(Self.schema).int8(0, 0) > 0
            for statement in Schema.beginning.dropFirst(isThere ? 1 : 0) { try define(statement) }
        }

        /// Becomes the node that migrates, or stays it; false when another one is.
        private func claim() throws(DatabaseFault) -> Bool {
            try connection.ask(Self.claim, .int8(node)).changed == 1
        }

        /// False when the lease was lost meanwhile.
        private func migrate(to version: Int64, _ statements: [String]) throws(DatabaseFault) -> Bool {
            for statement in statements {
                guard try claim() else { return false }
                try define(statement)
            }
            return try connection.ask(Self.arrive, .int8(node), .int8(version)).changed == 1
        }

        /// Runs a definition; another node that did the same at the same time has done it.
        private func define(_ text: String) throws(DatabaseFault) {
            do throws(FlightFault) {
                _ = try connection.run(Flight(Statement(once: text)), within: Connection.patience)
            } catch {
                // duplicate_schema, duplicate_table, duplicate_object, and what PostgreSQL answers to two in the same moment.
                let code = error.code ?? ""
                guard connection.isOpen, ["42P06", "42P07", "42710", "23505"].contains(code) else { throw error.fault }
            }
        }

        private static let version = Statement(once: "SELECT version FROM ecryptopayd.version WHERE id = 1")
        private static let schema = Statement(
            once: "SELECT count(*) FROM pg_catalog.pg_namespace WHERE nspname = 'ecryptopayd'")
        private static let claim = Statement(
            once: """
                UPDATE ecryptopayd.version SET node = $1, until = clock_timestamp() + interval '\(lease) seconds' \
                WHERE id = 1 AND (node IS NULL OR node = $1 OR until < clock_timestamp())
                """, .int8)
        private static let arrive = Statement(
            once: "UPDATE ecryptopayd.version SET version = $2 WHERE id = 1 AND node = $1", .int8, .int8)
        private static let release = Statement(
            once: "UPDATE ecryptopayd.version SET node = NULL, until = NULL WHERE id = 1 AND node = $1", .int8)
    }
#endif
