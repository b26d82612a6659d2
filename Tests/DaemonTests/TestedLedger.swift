import TestSupport

/// The forms of the ledger that a test of the daemon runs on.
enum TestedLedger: Sendable, CaseIterable {
    case files
    #if PostgreSQL
        case database
    #endif

    /// Prepares a daemon with an empty ledger of this form.
    func daemon(
        apiURL: String = "http://127.0.0.1:9/api/v1", account: [String: String]? = nil
    ) async throws -> DaemonUnderTest {
        switch self {
        case .files: try DaemonUnderTest(apiURL: apiURL, account: account)
        #if PostgreSQL
            case .database:
                try DaemonUnderTest(apiURL: apiURL, account: account, database: try await SharedServer.database())
        #endif
        }
    }

    /// Prepares a daemon that has this sandbox for its API.
    func daemon(asking sandbox: SandboxProcess) async throws -> DaemonUnderTest {
        try await daemon(apiURL: sandbox.apiURL, account: sandbox.settings)
    }
}

#if PostgreSQL
    import Glibc
    import Synchronization

    /// One server for all tests that only need an empty database. A few of them have one at a time: on a crowded machine, many
    /// ledgers that begin at once would only wait for each other.
    private enum SharedServer {
        private static let places = Places(6)
        private static let started = Mutex<Task<PostgreSQLServer, any Error>?>(nil)
        private static let count = Atomic(0)

        static func database() async throws -> LedgerDatabaseUnderTest {
            let place = await places.take()
            let task = started.withLock { started in
                if let started { return started }
                // A static value is never given up by itself.
                atexit { SharedServer.started.withLock { $0 = nil } }
                // No power is cut here, and much is written.
                let task = Task { try await PostgreSQLServer(settings: ["fsync": "off", "max_connections": "100"]) }
                started = task
                return task
            }
            let server = try await task.value
            let name = "ledger\(count.add(1, ordering: .relaxed).newValue)"
            try await server.execute("CREATE DATABASE \(name)")
            return try LedgerDatabaseUnderTest(server, database: name, place: place)
        }
    }

    /// So many may go on at a time.
    private final class Places: Sendable {
        /// A place, until nobody has it any more.
        final class Place: Sendable {
            private let places: Places

            fileprivate init(_ places: Places) { self.places = places }

            deinit { places.giveBack() }
        }

        private let state: Mutex<(free: Int, waiting: [CheckedContinuation<Void, Never>])>

        init(_ count: Int) { state = Mutex((count, [])) }

        func take() async -> Place {
            await withCheckedContinuation { continuation in
                let isFree = state.withLock { state in
                    guard state.free == 0 else {
                        state.free -= 1
                        return true
                    }
                    state.waiting.append(continuation)
                    return false
                }
                if isFree { continuation.resume() }
            }
            return Place(self)
        }

        private func giveBack() {
            let next = state.withLock { state in
                guard state.waiting.isEmpty else { return Optional(state.waiting.removeFirst()) }
                state.free += 1
                return nil
            }
            next?.resume()
        }
    }
#endif
