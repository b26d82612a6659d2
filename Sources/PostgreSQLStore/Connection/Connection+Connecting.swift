#if PostgreSQL
    import CPostgreSQL
    import Glibc
    import POSIX
    import SharedLedger

    extension Connection {
        /// Connects to the first server that answers, takes writes and passes a check, and sets the session up.
        ///
        /// - Parameter limit: for all of it. Each address has `connect_timeout` seconds of it, 2 at least, if there is time for all of
        ///   them, and the lookup of names has half.
        /// - Throws: of the addresses' faults the one that tells most, with the messages of all.
        static func open(
            _ string: ConnectionString, within limit: Duration = patience,
            check: (Connection) throws(DatabaseFault) -> Void = { _ in }
        ) throws(DatabaseFault) -> Connection {
            let deadline = Clock.monotonic() + limit.nanoseconds
            let keywords = string.keywords
            let seconds = keywords["connect_timeout"].flatMap { Int64($0) } ?? 3
            let each = seconds > 0 ? max(2, min(seconds, 3600)) * 1_000_000_000 : limit.nanoseconds
            var faults: [DatabaseFault] = []
            let attempts = try HostAttempt.all(keywords, until: deadline - limit.nanoseconds / 2)
            for (index, attempt) in attempts.enumerated() {
                let left = deadline - Clock.monotonic()
                guard left > 0 else { break }
                do throws(DatabaseFault) {
                    // However many there are, the last one has its time too.
                    let until = Clock.monotonic() + min(each, left / Int64(attempts.count - index))
                    let connection = try open(attempt, keywords, string.secrets, until)
                    do throws(DatabaseFault) {
                        try connection.setUp(deadline)
                        try check(connection)
                    } catch {
                        throw connection.close(DatabaseFault(kind: error.kind, message: "\(attempt): \(error.message)"))
                    }
                    return connection
                } catch { faults.append(error) }
            }
            throw Self.summary(faults)
        }

        private static func open(
            _ attempt: HostAttempt, _ keywords: [String: String], _ secrets: Secrets, _ deadline: Int64
        ) throws(DatabaseFault) -> Connection {
            var keywords = keywords
            keywords["host"] = attempt.host
            keywords["hostaddr"] = attempt.address
            keywords["port"] = attempt.port
            let sorted = keywords.sorted { $0.key < $1.key }
            let names = sorted.map { strdup($0.key) } + [nil]
            let values = sorted.map { strdup($0.value) } + [nil]
            defer { for text in names + values { free(text) } }
            guard
                let handle = PQconnectStartParams(
                    names.map { UnsafePointer($0) }, values.map { UnsafePointer($0) }, 0)
            else { throw DatabaseFault(kind: .failed, message: "no memory for a connection to the database") }
            // Only so does the SQLSTATE of a refusal show in the message.
            PQsetErrorVerbosity(handle, PQERRORS_VERBOSE)
            guard poll(handle, deadline) else {
                let fault = ConnectingFault.read(String(cString: PQerrorMessage(handle)), secrets)
                let isLate = PQstatus(handle) != CONNECTION_BAD
                PQfinish(handle)
                throw isLate
                    ? DatabaseFault(kind: .unreachable, message: "\(attempt): no answer in time")
                    : DatabaseFault(kind: fault.kind, message: "\(attempt): \(fault.message)")
            }
            PQsetErrorVerbosity(handle, PQERRORS_DEFAULT)
            return try Connection(owning: handle, secrets)
        }

        /// Takes the attempt on until it is connected; false when it failed, or the deadline has passed.
        private static func poll(_ handle: OpaquePointer, _ deadline: Int64) -> Bool {
            guard PQstatus(handle) != CONNECTION_BAD else { return false }
            var next = PGRES_POLLING_WRITING
            while true {
                let left = deadline - Clock.monotonic()
                guard left > 0 else { return false }
                let events = next == PGRES_POLLING_READING ? POLLIN : POLLOUT
                var entry = pollfd(fd: PQsocket(handle), events: Int16(events), revents: 0)
                guard Glibc.poll(&entry, 1, Int32(min(60_000, (left + 999_999) / 1_000_000))) > 0 else { continue }
                next = PQconnectPoll(handle)
                if next == PGRES_POLLING_OK { return true }
                if next == PGRES_POLLING_FAILED { return false }
            }
        }

        /// What every session has. A lock or a forgotten transaction must not hold the others up; a statement has no time-out on the
        /// server, since the client's deadlines rule.
        ///
        /// Plans go by the indexes: they are kept from when the tables were empty, where reading all looks cheaper, until the server gets
        /// round to counting rows; and a flood is faster than that. Nor is a statement compiled, which takes a hundred times as long as to
        /// run it; and it is planned once, where the server would do so each time.
        private static let settings = [
            "lock_timeout = '5s'", "idle_in_transaction_session_timeout = '2s'", "statement_timeout = 0",
            "enable_seqscan = off", "enable_bitmapscan = off", "enable_hashjoin = off", "enable_mergejoin = off",
            "jit = off", "plan_cache_mode = force_generic_plan",
        ]

        /// Refuses a server that will not do, and sets the session up.
        private func setUp(_ deadline: Int64) throws(DatabaseFault) {
            let version = handle.map { PQserverVersion($0) } ?? 0
            guard version >= 130_000 else {
                throw Self.unfit("the server is PostgreSQL \(version / 10_000): install 13 or later")
            }
            let encoding = handle.flatMap { PQparameterStatus($0, "server_encoding") }.map { String(cString: $0) }
            guard encoding?.uppercased() == "UTF8" else {
                throw Self.unfit(
                    "the database's encoding is \(encoding ?? "unknown"), not UTF8: create it with ENCODING 'UTF8'")
            }
            var pipeline = Pipeline()
            for setting in Self.settings { pipeline.add(Statement(once: "SET \(setting)")) }
            // Never lowered, and not left where a 200 would promise what a crash takes away.
            pipeline.add(
                Statement(
                    once: """
                        SELECT set_config(name, 'on', false) FROM pg_catalog.pg_settings \
                        WHERE name = 'synchronous_commit' AND setting IN ('off', 'local')
                        """))
            _ = try ask(pipeline, within: .nanoseconds(max(0, deadline - Clock.monotonic())))
        }

        private static func unfit(_ message: String) -> DatabaseFault {
            DatabaseFault(kind: .configuration, message: message)
        }

        /// The most telling of several attempts' faults: what a person must correct, before what may pass.
        private static func summary(_ faults: [DatabaseFault]) -> DatabaseFault {
            let order: [DatabaseFault.Kind] = [
                .authentication, .certificate, .configuration, .behind, .readOnly, .refused,
            ]
            let kind = order.first { kind in faults.contains { $0.kind == kind } } ?? faults.first?.kind
            let messages = faults.map(\.message).joined(separator: "; ")
            return DatabaseFault(
                kind: kind ?? .unreachable, message: messages.isEmpty ? "no time was left to connect" : messages)
        }
    }

    extension HostAttempt: CustomStringConvertible {
        /// E.g. `db1:5432`; without a name, the address; without either, libpq's own socket.
        var description: String {
            let place = [host, address].compactMap { $0 }.first { !$0.isEmpty } ?? "local socket"
            let number = address.map { $0 == place ? "" : " (\($0))" } ?? ""
            return "\(place)\(port.map { ":\($0)" } ?? "")\(number)"
        }
    }
#endif
