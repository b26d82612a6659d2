#if PostgreSQL
    import Dispatch
    import SharedLedger
    import Synchronization

    /// A connection for what nobody's turn waits for, with a queue that it may block.
    final class Desk: Sendable {
        private struct State {
            var string: ConnectionString
            var connection: Connection?
        }

        private let queue: DispatchQueue
        private let state: Mutex<State>

        /// Connects when it is first asked for something.
        init(label: String, _ string: ConnectionString) {
            queue = DispatchQueue(label: label)
            state = Mutex(State(string: string))
        }

        /// Has the next connection be made with another string.
        func update(_ string: ConnectionString) { queue.async { self.state.withLock { $0.string = string } } }

        /// What it connects with.
        var string: ConnectionString { queue.sync { state.withLock { $0.string } } }

        /// Does something by the connection, without blocking the caller's thread.
        ///
        /// `work` is done a second time when the connection turns out to be lost: it must be such as may be done twice.
        func perform<Value: Sendable>(
            _ work: @escaping @Sendable (Connection) throws(DatabaseFault) -> Value
        ) async throws(DatabaseFault) -> Value {
            let result: Result<Value, DatabaseFault> = await withCheckedContinuation { continuation in
                queue.async { continuation.resume(returning: self.result(work)) }
            }
            return try result.get()
        }

        /// The same for whoever has a thread to block.
        func performBlocking<Value: Sendable>(
            _ work: @Sendable (Connection) throws(DatabaseFault) -> Value
        ) throws(DatabaseFault) -> Value {
            try queue.sync { result(work) }.get()
        }

        private func result<Value: Sendable>(
            _ work: @Sendable (Connection) throws(DatabaseFault) -> Value
        ) -> Result<Value, DatabaseFault> {
            state.withLock { state in
                Result { () throws(DatabaseFault) in
                    if let connection = state.connection, connection.isOpen {
                        do throws(DatabaseFault) { return try work(connection) } catch {
                            // It may have been lost long ago, and nobody has noticed.
                            if connection.isOpen || error.kind == .deadline { throw error }
                        }
                    }
                    let connection = try Connection.open(state.string, within: Connection.patience)
                    connection.settlePlans()
                    state.connection = connection
                    return try work(connection)
                }
            }
        }
    }
#endif
