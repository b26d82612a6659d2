#if PostgreSQL
    import CPostgreSQL
    import POSIX
    import SharedLedger

    /// A session with the database, confined to one queue or thread, which it blocks, but never beyond a deadline.
    ///
    /// Always in libpq's pipeline mode. Nothing is ever cancelled on the server: a `COMMIT` that waits for a standby would be reported
    /// as done. What is late has its connection closed, and the next one finds out what became of it.
    final class Connection {
        /// Nil once it is closed.
        private(set) var handle: OpaquePointer?
        let secrets: Secrets
        let notices: NoticeBox
        /// The warnings that came behind the last answer of a pipeline, with its end: a commit's, where there was no `BEGIN`.
        var endWarnings: [Notice] = []
        /// Whether any of the caller's statements may have reached the server since this was set to false.
        var hasSent = false
        /// Why it was closed.
        private var reason = DatabaseFault(kind: .unreachable, message: "not connected")
        /// The statements that the server knows on this connection, by their names.
        private var prepared: Set<String> = []

        /// Takes over a handle that is connected, and puts it into pipeline mode.
        init(owning handle: OpaquePointer, _ secrets: Secrets) throws(DatabaseFault) {
            self.handle = handle
            self.secrets = secrets
            notices = NoticeBox(secrets)
            notices.attach(to: handle)
            guard PQsetnonblocking(handle, 1) == 0, PQenterPipelineMode(handle) == 1 else {
                throw close(DatabaseFault(kind: .failed, message: "libpq cannot send several statements at once"))
            }
        }

        deinit { PQfinish(handle) }

        /// Whether it has not been closed; it may have been lost without anybody knowing yet.
        var isOpen: Bool { handle != nil }

        /// Ends the session. Harmless when it has ended.
        func close() { _ = close(DatabaseFault(kind: .unreachable, message: "the connection is closed")) }

        /// Sends all statements at once and waits for all their answers, one for each.
        ///
        /// After an error that the server answered the connection can go on, with a `ROLLBACK` if a transaction was open; after any
        /// other it is closed.
        ///
        /// - Parameter limit: from now on; then the connection is closed.
        func run(_ pipeline: Pipeline, within limit: Duration) throws(PipelineFault) -> [Answer] {
            let deadline = Clock.monotonic() + limit.nanoseconds
            try prepare(pipeline.steps.map(\.statement), deadline)
            return try exchange(pipeline.steps.count, deadline) { handle in
                pipeline.steps.allSatisfy { Self.send($0.statement, $0.arguments, handle) }
            }
        }

        private func prepare(_ statements: [Statement], _ deadline: Int64) throws(PipelineFault) {
            var new: [Statement] = []
            for statement in statements where !statement.name.isEmpty && !prepared.contains(statement.name) {
                if !new.contains(statement) { new.append(statement) }
            }
            guard !new.isEmpty else { return }
            do throws(PipelineFault) {
                _ = try exchange(new.count, deadline) { handle in new.allSatisfy { Self.sendPrepare($0, handle) } }
            } catch {
                // None of the caller's statements has been sent.
                prepared.formUnion(new.prefix(error.answers.count).map(\.name))
                throw PipelineFault(fault: error.fault, code: error.code)
            }
            prepared.formUnion(new.map(\.name))
        }

        /// Closes the connection for a reason, and returns it.
        func close(_ fault: DatabaseFault) -> DatabaseFault {
            guard let handle else { return reason }
            PQfinish(handle)
            self.handle = nil
            prepared = []
            reason = fault
            return fault
        }

        /// The handle, if it still is good for a pipeline, as far as one can know without asking the server.
        func ready() throws(DatabaseFault) -> OpaquePointer {
            guard let handle else { throw reason }
            _ = notices.take()
            let isAlive = PQconsumeInput(handle) == 1 && PQstatus(handle) == CONNECTION_OK
            // Looks at what was read: the server may have said good-bye.
            let isBusy = PQisBusy(handle) == 1
            if let last = notices.notices.last(where: \.isError) { throw close(DatabaseFault(last)) }
            guard isAlive, !isBusy else { throw close(lastError(handle)) }
            return handle
        }

        /// What libpq says of its last failure.
        func lastError(_ handle: OpaquePointer) -> DatabaseFault {
            let text = secrets.redact(String(cString: PQerrorMessage(handle)).firstLine)
            return DatabaseFault(
                kind: .unreachable, message: text.isEmpty ? "the connection to the database is lost" : text)
        }
    }

    extension Duration {
        /// As many as fit.
        var nanoseconds: Int64 {
            let (seconds, attoseconds) = components
            let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
            return overflow ? .max / 2 : min(.max / 2, whole + attoseconds / 1_000_000_000)
        }
    }
#endif
