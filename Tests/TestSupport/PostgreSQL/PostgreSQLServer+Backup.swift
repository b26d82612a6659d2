extension PostgreSQLServer {
    /// Writes a database's content into a file, as of one moment; its path.
    package func dump(database: String) async throws -> String {
        let path = directory.path(of: "\(database).dump")
        try await programs.run("pg_dump", access + ["-Fc", "-f", path, database])
        return path
    }

    /// Throws a database away, whoever is connected to it, and makes it anew from such a file.
    package func restore(_ path: String, to database: String) async throws {
        try await execute("DROP DATABASE \(database) WITH (FORCE)")
        // Nobody may be let in to half of it.
        try await execute("CREATE DATABASE restoring")
        try await programs.run("pg_restore", access + ["-d", "restoring", path])
        try await execute("ALTER DATABASE restoring RENAME TO \(database)")
    }

    private var access: [String] { ["-h", socketDirectory, "-p", "\(port)", "-U", "postgres"] }
}
