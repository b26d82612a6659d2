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
    import Synchronization

    /// One server for all tests that only need an empty database. A few of them have one at a time: on a crowded machine, many
    /// ledgers that begin at once would only wait for each other.
    private enum SharedServer {
        private static let places = Places(6)

        static func database() async throws -> LedgerDatabaseUnderTest {
            let place = await places.take()
            let (server, name) = try await PostgreSQLServer.sharedDatabase()
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
