#if PostgreSQL
    import CPostgreSQL
    import Glibc
    import POSIX
    import SharedLedger

    extension Connection {
        /// Connects to the first server that answers and takes writes, and sets the session up.
        ///
        /// - Parameter limit: for all of it. Each address has `connect_timeout` seconds of it, 2 at least, if there is time for all of
        ///   them, and the lookup of names has half.
        /// - Throws: of the addresses' faults the one that tells most, with the messages of all.
        static func open(_ string: ConnectionString, within limit: Duration) throws(DatabaseFault) -> Connection {
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
                    try connection.setUp(deadline)
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

        /// The session's settings. A lock or a forgotten transaction must not hold the others up; a statement has no time-out on the
        /// server, since the client's deadlines rule.
        private func setUp(_ deadline: Int64) throws(DatabaseFault) {
            if let encoding = handle.flatMap({ PQparameterStatus($0, "server_encoding") }) {
                let encoding = String(cString: encoding)
                guard ["UTF8", "UTF-8"].contains(encoding.uppercased()) else {
                    throw close(
                        DatabaseFault(
                            kind: .configuration,
                            message: "the database's encoding is \(encoding), not UTF8: create it with ENCODING 'UTF8'")
                    )
                }
            }
            var flight = Flight(Statement(once: "SET lock_timeout = '5s'"))
            flight.add(Statement(once: "SET idle_in_transaction_session_timeout = '2s'"))
            flight.add(Statement(once: "SET statement_timeout = 0"))
            let place = flight.add(Statement(once: "SELECT current_setting('synchronous_commit', true)"))
            let left = { Duration.nanoseconds(max(0, deadline - Clock.monotonic())) }
            do throws(FlightFault) {
                let answer = try run(flight, within: left())[place]
                let level = answer.withBytes(0, 0) { String(decoding: $0, as: UTF8.self) }
                // Never lowered, and not left where a 200 would promise what a crash takes away.
                if ["off", "local"].contains(level) {
                    _ = try run(Flight(Statement(once: "SET synchronous_commit = on")), within: left())
                }
            } catch { throw close(error.fault) }
        }

        /// The most telling of several attempts' faults: what a person must mend, before what may pass.
        private static func summary(_ faults: [DatabaseFault]) -> DatabaseFault {
            let order: [DatabaseFault.Kind] = [.authentication, .configuration, .readOnly, .refused]
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
