#if PostgreSQL
    import SharedLedger
    import TestSupport
    import Testing

    @testable import PostgreSQLStore

    extension PostgreSQLServer {
        /// A session as the program has it.
        func connect(_ query: String = "") throws -> Connection { try open(url(query)) }
    }

    /// Connects to a URL.
    func open(_ url: String) throws(DatabaseFault) -> Connection {
        try Connection.open(try ConnectionString(url), within: .seconds(30))
    }

    extension Connection {
        /// Runs statements without arguments, all in one flight, with patience.
        @discardableResult
        func run(_ texts: String...) throws(FlightFault) -> [Answer] {
            var flight = Flight()
            for text in texts { flight.add(Statement(once: text)) }
            return try run(flight, within: Deadline.patience)
        }

        /// The fault that a flight of these statements ends with.
        func fault(_ texts: String..., within limit: Duration = Deadline.patience) throws -> FlightFault {
            var flight = Flight()
            for text in texts { flight.add(Statement(once: text)) }
            do throws(FlightFault) { _ = try run(flight, within: limit) } catch { return error }
            throw DeadlinePassed(what: "an error of \(texts)")
        }

        /// The server's process for this session.
        var backend: Int32 { get throws { Int32(try run("SELECT pg_backend_pid()")[0].int8(0, 0)) } }
    }

    /// The fault of a connection that must not come about.
    func faultOfOpening(_ url: String, within limit: Duration = .seconds(30)) throws -> DatabaseFault {
        do throws(DatabaseFault) { _ = try Connection.open(try ConnectionString(url), within: limit) } catch {
            return error
        }
        throw DeadlinePassed(what: "a refusal of the connection")
    }
#endif
