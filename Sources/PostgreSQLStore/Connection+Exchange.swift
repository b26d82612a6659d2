#if PostgreSQL
    import CPostgreSQL
    import Glibc
    import POSIX
    import SharedLedger

    extension Connection {
        /// Sends what `send` queues, `count` statements, with a sync behind them, and gathers their answers.
        func exchange(_ count: Int, _ deadline: Int64, _ send: (OpaquePointer) -> Bool) throws(FlightFault) -> [Answer]
        {
            let deadline = min(deadline, end ?? .max)
            let handle: OpaquePointer
            do throws(DatabaseFault) { handle = try ready() } catch { throw FlightFault(fault: error) }
            var answers: [Answer] = []
            answers.reserveCapacity(count)
            guard send(handle), PQpipelineSync(handle) == 1 else {
                // Part of it may have gone out.
                throw FlightFault(fault: close(lastError(handle)), undecided: 0..<count + 1)
            }
            var failure: FlightFault?
            var emptyHanded = 0
            while true {
                guard wait(handle, deadline) else {
                    let late = DatabaseFault(
                        kind: .deadline, message: "the database did not answer in time; the connection to it is closed")
                    _ = close(late)
                    throw failure ?? FlightFault(fault: late, answers: answers, undecided: answers.count..<count + 1)
                }
                let result = PQgetResult(handle)
                switch PQresultStatus(result) {
                case PGRES_PIPELINE_SYNC:
                    PQclear(result)
                    guard let failure else { return answers }
                    // Another server has taken this one's place, or will: the next connection looks for it.
                    if failure.fault.kind == .readOnly { _ = close(failure.fault) }
                    throw failure
                case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY:
                    emptyHanded = 0
                    if let result { answers.append(Answer(owning: result, warnings: warnings())) }
                    continue
                case PGRES_PIPELINE_ABORTED: emptyHanded = 0
                case PGRES_FATAL_ERROR where result == nil:
                    // One stands behind each statement's answer; two mean that there is nothing more to come.
                    emptyHanded += 1
                    if emptyHanded > 1 {
                        throw lost(handle, failure ?? FlightFault(fault: lastError(handle), answers: answers), count)
                    }
                case PGRES_FATAL_ERROR:
                    emptyHanded = 0
                    if let result, failure == nil { failure = self.failure(result, answers, count) }
                    if PQstatus(handle) != CONNECTION_OK, let failure {
                        PQclear(result)
                        _ = close(failure.fault)
                        throw failure
                    }
                default:
                    // COPY, or what libpq does not know.
                    PQclear(result)
                    let fault = DatabaseFault(kind: .failed, message: "the database answered what was not asked for")
                    throw lost(handle, failure ?? FlightFault(fault: fault, answers: answers), count)
                }
                PQclear(result)
            }
        }

        private func warnings() -> [Notice] { notices.take().filter(\.isWarning) }

        /// The end of a connection of which nothing more is to be had.
        private func lost(_ handle: OpaquePointer, _ fault: FlightFault, _ count: Int) -> FlightFault {
            var fault = fault
            if fault.code == nil { fault.undecided = fault.answers.count..<count + 1 }
            _ = close(fault.fault)
            return fault
        }

        /// Waits until there is a result to take without blocking; false once the deadline has passed.
        ///
        /// A connection that is lost does not block: libpq hands out what has been read, then an error.
        private func wait(_ handle: OpaquePointer, _ deadline: Int64) -> Bool {
            while PQisBusy(handle) == 1, PQstatus(handle) == CONNECTION_OK {
                let isUnsent = PQflush(handle) == 1
                let left = deadline - Clock.monotonic()
                guard left > 0 else { return false }
                var entry = pollfd(
                    fd: PQsocket(handle), events: Int16(isUnsent ? POLLIN | POLLOUT : POLLIN), revents: 0)
                // Rounded up, or the last millisecond would be spent in a loop. OpenSSL may hold bytes that no longer show on the
                // socket, so with TLS libpq is asked now and then.
                let most: Int64 = PQsslInUse(handle) == 1 ? 20 : 60_000
                _ = poll(&entry, 1, Int32(min(most, (left + 999_999) / 1_000_000)))
                _ = PQconsumeInput(handle)
            }
            return true
        }

        private func failure(_ result: OpaquePointer, _ answers: [Answer], _ count: Int) -> FlightFault {
            let notice = Notice(result, secrets)
            var fault = FlightFault(fault: DatabaseFault(notice), answers: answers)
            if notice.code.isEmpty {
                // libpq speaks, of a connection that broke.
                fault.undecided = answers.count..<count + 1
            } else {
                fault.code = notice.code
                // Nothing behind this statement was run; and itself neither, unless the server went away over it.
                if notice.severity != "ERROR" || DatabaseFault.Kind.isUndecided(notice.code) {
                    fault.undecided = answers.count..<answers.count + 1
                }
            }
            return fault
        }
    }
#endif
