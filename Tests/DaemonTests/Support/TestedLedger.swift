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
#endif
