#if PostgreSQL
    import CPostgreSQL
    import SharedLedger

    extension Connection {
        /// How long a pipeline may take that nobody expects to be long.
        static let patience: Duration = .seconds(10)

        /// Runs statements that nothing depends on if they fail; a transaction that is open then is rolled back.
        func ask(_ pipeline: Pipeline, within limit: Duration = patience) throws(DatabaseFault) -> [Answer] {
            do throws(PipelineFault) { return try run(pipeline, within: limit) } catch {
                abandonTransaction()
                throw error.fault
            }
        }

        /// The same for a single one.
        @discardableResult
        func ask(
            _ statement: Statement, _ arguments: Parameter..., within limit: Duration = patience
        ) throws(DatabaseFault) -> Answer {
            var pipeline = Pipeline()
            pipeline.add(statement, arguments)
            return try ask(pipeline, within: limit)[0]
        }

        /// Runs a pipeline whose commit has to be durable: it throws for a warning too, such as that the wait for a standby was cut
        /// short, and for a `COMMIT` that was none.
        @discardableResult
        func write(_ pipeline: Pipeline, within limit: Duration = patience) throws(DatabaseFault) -> [Answer] {
            let answers = try ask(pipeline, within: limit)
            if pipeline.steps.last?.statement == .commit, let tag = answers.last?.tag, tag != "COMMIT" {
                throw DatabaseFault(
                    kind: .failed, message: "the server ended a transaction with \(tag), not with COMMIT")
            }
            if let warning = (answers.flatMap(\.warnings) + endWarnings).first {
                throw DatabaseFault(
                    kind: .failed, message: "the server warns that a commit may not be durable: \(warning.message)")
            }
            return answers
        }

        /// Begins a transaction that sees no changes. It holds no lock that anybody waits for, so that it may take its time with what it
        /// reads.
        func beginReading() throws(DatabaseFault) {
            var pipeline = Pipeline(Statement(once: "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"))
            pipeline.add(Statement(once: "SET LOCAL idle_in_transaction_session_timeout = '60s'"))
            _ = try ask(pipeline)
        }

        /// Whether a transaction is open, failed or not.
        var isInTransaction: Bool { handle.map { PQtransactionStatus($0) != PQTRANS_IDLE } ?? false }

        /// Makes sure that no transaction is open: with a `ROLLBACK`, and if that does not work, without the connection.
        func abandonTransaction() {
            guard isOpen, isInTransaction else { return }
            do throws(PipelineFault) { _ = try run(Pipeline(Statement.rollBack), within: Self.patience) } catch {
                close()
            }
        }
    }
#endif
