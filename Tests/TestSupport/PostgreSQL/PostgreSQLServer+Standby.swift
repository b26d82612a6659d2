import POSIX

extension PostgreSQLServer {
    /// Makes a standby of this server and starts it; returns when it follows.
    ///
    /// - Parameter synchronous: whether this server's commits wait for it from now on.
    package func makeStandby(synchronous: Bool) async throws -> PostgreSQLServer {
        // It looks for a primary that is started again as often as a test can wait.
        let standby = try PostgreSQLServer(
            stopped: .socketOnly, settings: ["cluster_name": "standby", "wal_retrieve_retry_interval": "100ms"])
        try await programs.run(
            "pg_basebackup",
            [
                "-D", standby.data, "-d", "host=\(socketDirectory) port=\(port) user=postgres application_name=standby",
                "-R",
                "-X", "stream", "-c", "fast", "--no-sync",
            ])
        try await standby.start()
        if synchronous {
            try await execute("ALTER SYSTEM SET synchronous_standby_names = 'standby'", "SELECT pg_reload_conf()")
        }
        let wanted = synchronous ? "sync" : "async"
        try await eventually("a standby that follows") {
            let state = "SELECT sync_state FROM pg_stat_replication WHERE state = 'streaming'"
            return try await execute(state) == wanted
        }
        return standby
    }

    /// Makes this standby a primary; returns when it takes writes.
    package func promote() async throws {
        guard try await execute("SELECT pg_promote()") == "t" else { throw DeadlinePassed(what: "a promotion: \(log)") }
    }
}
