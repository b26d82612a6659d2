#if PostgreSQL
    import CPostgreSQL
    import SharedLedger

    extension Connection {
        /// How long a flight may take that nobody expects to be long.
        static let patience: Duration = .seconds(10)

        /// Runs statements that nothing depends on if they fail; a transaction that is open then is rolled back.
        func ask(_ flight: Flight, within limit: Duration = patience) throws(DatabaseFault) -> [Answer] {
            do throws(FlightFault) { return try run(flight, within: limit) } catch {
                abandonTransaction()
                throw error.fault
            }
        }

        /// The same for a single one.
        @discardableResult
        func ask(
            _ statement: Statement, _ arguments: Parameter..., within limit: Duration = patience
        ) throws(DatabaseFault) -> Answer {
            var flight = Flight()
            flight.add(statement, arguments)
            return try ask(flight, within: limit)[0]
        }

        /// Has the server know these statements before they are needed, and the head is locked.
        func prepare(turnStatements statements: [Statement]) throws(DatabaseFault) {
            do throws(FlightFault) { try prepare(statements, within: Self.patience) } catch { throw error.fault }
        }

        /// Has plans go by the indexes. They are kept from when the tables were empty, where reading all looks cheaper, until the server
        /// gets round to counting rows; and a flood is faster than that. Nor is a statement compiled, which takes a hundred times as
        /// long as to run it; and it is planned once, where the server would do so each time, since it takes a plan made for the very
        /// numbers for a better one: a turn's view costs half of that. An engine that knows no such setting keeps its own ways.
        func settlePlans() {
            let settings = [
                "enable_seqscan = off", "enable_bitmapscan = off", "jit = off", "plan_cache_mode = force_generic_plan",
            ]
            for setting in settings {
                _ = try? run(Flight(Statement(once: "SET \(setting)")), within: Self.patience)
            }
        }

        /// Begins a transaction that sees no changes. It holds no lock that anybody waits for, so that it may take its time with what it
        /// reads.
        func beginReading() throws(DatabaseFault) {
            var flight = Flight(Statement(once: "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"))
            flight.add(Statement(once: "SET LOCAL idle_in_transaction_session_timeout = '60s'"))
            _ = try ask(flight)
        }

        /// Whether a transaction is open, failed or not.
        var isInTransaction: Bool { handle.map { PQtransactionStatus($0) != PQTRANS_IDLE } ?? false }

        /// Sees to it that no transaction is open: with a `ROLLBACK`, and if that does not work, without the connection.
        func abandonTransaction() {
            guard isOpen, isInTransaction else { return }
            do throws(FlightFault) { _ = try run(Flight(Statement.rollBack), within: Self.patience) } catch { close() }
        }
    }
#endif
