import Glibc

/// PgBouncer before a server, on a Unix socket: a connection pooler as one stands before many databases. It ends with the test.
package final class PgBouncer: Sendable {
    /// When it gives a session to somebody else.
    package enum Mode: String, Sendable {
        /// When the connection ends.
        case session
        /// After each transaction.
        case transaction
    }

    private static let port = 6432
    private let directory: TemporaryDirectory
    private let process: ChildProcess

    /// Starts it, and returns when it takes connections.
    package init(before server: PostgreSQLServer, _ mode: Mode) async throws {
        directory = try TemporaryDirectory()
        try server.programs.handOver(directory.path)
        let users = try directory.write("\"postgres\" \"\"\n", to: "users", mode: 0o644)
        let file = try directory.write(
            """
            [databases]
            * = host=\(server.socketDirectory) port=\(server.port)
            [pgbouncer]
            pool_mode = \(mode.rawValue)
            unix_socket_dir = \(directory.path)
            listen_port = \(Self.port)
            auth_type = trust
            auth_file = \(users)
            default_pool_size = 20
            ignore_startup_parameters = extra_float_digits,options

            """, to: "pgbouncer.ini", mode: 0o644)
        guard access(Self.path, X_OK) == 0 else {
            throw DeadlinePassed(what: "\(Self.path): install Debian's package pgbouncer")
        }
        process = try server.programs.start(Self.path, [file])
        let child = process
        let ready = ["-q", "-h", directory.path, "-p", "\(Self.port)"]
        try await eventually("a pooler that takes connections: \(child.errors)") {
            if let exit = child.exit { throw DeadlinePassed(what: "a pooler; it ended (\(exit)): \(child.errors)") }
            return try await ChildProcess.run(server.programs.path("pg_isready"), ready).exit == .code(0)
        }
    }

    private static let path = "/usr/sbin/pgbouncer"

    /// What it has logged.
    package var log: String { process.errors + process.output }

    /// The URL of a database through it, as the superuser.
    package func url(database: String = "postgres") -> String {
        "postgresql://postgres@/\(database)?host=\(directory.path)&port=\(Self.port)"
    }
}
