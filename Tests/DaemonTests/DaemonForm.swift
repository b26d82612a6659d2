import Glibc
import Synchronization
import TestSupport

#if PostgreSQL
    import PostgreSQLStore
    import SharedLedger
#endif

/// How the ledger is kept of a daemon under test. What it does must not depend on that.
enum DaemonForm: CaseIterable, Sendable {
    /// In files.
    case files
    #if PostgreSQL
        /// In a database of its own, on a real server.
        case database
    #endif

    /// Where a new ledger is to be: nil for the daemon's own directory.
    func place() async throws -> LedgerPlace? {
        switch self {
        case .files: nil
        #if PostgreSQL
            case .database: try await SharedServer.makePlace()
        #endif
        }
    }

    /// How long a daemon may wait for what another one had that was killed: until its lease has run out.
    var succession: Duration {
        switch self {
        case .files: Deadline.patience
        #if PostgreSQL
            case .database: .seconds(120)
        #endif
        }
    }

    /// Whether what is told of a disk's room is told.
    var tellsOfRoom: Bool { self == .files }
}

/// Where a ledger is that is in no directory.
struct LedgerPlace: Sendable {
    /// What ECRYPTOPAY_JOURNAL is to say.
    let url: String
    /// Reads the lines of all records that are there, without asking the program.
    let lines: @Sendable () throws -> [[UInt8]]
}

#if PostgreSQL
    extension LedgerPlace {
        /// A database on a server.
        init(_ server: PostgreSQLServer, database: String) throws {
            let stored = try PostgreSQLDatabase(
                parameters: [
                    ("host", server.socketDirectory), ("port", "\(server.port)"), ("user", "postgres"),
                    ("dbname", database),
                ], secrets: [])
            url = server.url(database: database)
            lines = {
                guard try stored.journal.standing() != nil else { return [] }
                var lines: [[UInt8]] = []
                var selection = PostgreSQLJournal.Selection()
                while true {
                    let page = try stored.journal.records(selection)
                    guard let last = page.last?.seq else { return lines }
                    lines += page.map(\.line)
                    selection.after = last
                }
            }
        }
    }

    /// A server that all tests of the process share which need no more of it than a database.
    enum SharedServer {
        private static let made = Mutex<Task<PostgreSQLServer, any Error>?>(nil)
        private static let count = Atomic(0)

        /// Makes an empty database.
        static func makePlace() async throws -> LedgerPlace {
            let task = made.withLock { made in
                let task = made ?? Task { try await PostgreSQLServer(settings: ["max_connections": "200"]) }
                // A static value is never given up by itself.
                if made == nil { atexit { SharedServer.made.withLock { $0 = nil } } }
                made = task
                return task
            }
            let name = "ledger\(count.add(1, ordering: .relaxed).newValue)"
            let server = try await task.value
            try await server.execute("CREATE DATABASE \(name)")
            return try LedgerPlace(server, database: name)
        }
    }
#endif
