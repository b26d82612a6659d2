import Glibc
import Synchronization

extension PostgreSQLServer {
    private static let started = Mutex<Task<PostgreSQLServer, any Error>?>(nil)
    private static let databases = Atomic(0)

    /// Makes an empty database on a server that all tests of the process share which need no more of it; returns its name too.
    package static func sharedDatabase() async throws -> (server: PostgreSQLServer, database: String) {
        let task = started.withLock { started in
            if let started { return started }
            // A static value is never given up by itself.
            atexit { PostgreSQLServer.started.withLock { $0 = nil } }
            // No power is cut here, and much is written.
            let task = Task { try await PostgreSQLServer(settings: ["fsync": "off", "max_connections": "200"]) }
            started = task
            return task
        }
        let server = try await task.value
        let name = "ledger\(databases.add(1, ordering: .relaxed).newValue)"
        try await server.execute("CREATE DATABASE \(name)")
        return (server, name)
    }
}
