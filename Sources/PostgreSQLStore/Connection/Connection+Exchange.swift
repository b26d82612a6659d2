#if PostgreSQL
    import CPostgreSQL
    import Glibc
    import POSIX
    import SharedLedger

    extension Connection {
        /// Sends what `send` queues, `count` statements, with a sync behind them, and gathers their answers.
        func exchange(_ count: Int, _ deadline: Int64, _ send: (OpaquePointer) -> Bool) throws(PipelineFault)
            -> [Answer]
        {
            let handle: OpaquePointer
            do throws(DatabaseFault) { handle = try ready() } catch { throw PipelineFault(fault: error) }
            hasSent = true
            var answers: [Answer] = []
            answers.reserveCapacity(count)
            guard send(handle), PQpipelineSync(handle) == 1 else {
                // Part of it may have gone out.
                throw PipelineFault(fault: close(lastError(handle)))
            }
            var failure: PipelineFault?
            var emptyHanded = 0
            while true {
                guard wait(handle, deadline) else {
                    let late = DatabaseFault(
                        kind: .deadline, message: "the database did not answer in time; the connection to it is closed")
                    _ = close(late)
                    throw failure ?? PipelineFault(fault: late, answers: answers)
                }
                let result = PQgetResult(handle)
                switch PQresultStatus(result) {
                case PGRES_PIPELINE_SYNC:
                    PQclear(result)
                    endWarnings = warnings()
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
                        throw lost(failure ?? PipelineFault(fault: lastError(handle), answers: answers))
                    }
                case PGRES_FATAL_ERROR:
                    emptyHanded = 0
                    if let result, failure == nil { failure = self.failure(result, answers) }
                    if PQstatus(handle) != CONNECTION_OK, let failure {
                        PQclear(result)
                        throw lost(failure)
                    }
                default:
                    // COPY, or what libpq does not know.
                    PQclear(result)
                    let fault = DatabaseFault(kind: .failed, message: "the database answered what was not asked for")
                    throw lost(failure ?? PipelineFault(fault: fault, answers: answers))
                }
                PQclear(result)
            }
        }

        private func warnings() -> [Notice] { notices.take().filter(\.isWarning) }

        /// The end of a connection of which nothing more is to be had.
        private func lost(_ fault: PipelineFault) -> PipelineFault {
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

        private func failure(_ result: OpaquePointer, _ answers: [Answer]) -> PipelineFault {
            let notice = Notice(result, secrets)
            // Without a code libpq speaks, of a connection that broke.
            return PipelineFault(
                fault: DatabaseFault(notice), code: notice.code.isEmpty ? nil : notice.code, answers: answers)
        }
    }
#endif
