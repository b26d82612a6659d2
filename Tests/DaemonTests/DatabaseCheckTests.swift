#if PostgreSQL
    import TestSupport
    import Testing

    /// What `check` says of the database that keeps the ledger.
    struct DatabaseCheckTests {
        private func check(_ url: String, _ arguments: String...) async throws -> ChildProcess.Result {
            let daemon = try DaemonUnderTest()
            try daemon.set("ECRYPTOPAY_JOURNAL", url)
            return try await daemon.run(["check", "--env-file", daemon.envFile] + arguments)
        }

        @Test func `a server that may lose what it has committed is warned of`() async throws {
            let safe = try await PostgreSQLServer()
            let good = try await check(safe.url())
            #expect(good.exit == .code(0), "\(good.errors)")
            #expect(good.errors.contains("answers"))
            for name in ["fsync", "full_page_writes", "synchronous_commit"] {
                #expect(!good.errors.contains(name))
                let server = try await PostgreSQLServer(settings: [name: "off"])
                let result = try await check(server.url())
                #expect(result.exit == .code(0), "\(result.errors)")
                #expect(result.errors.contains("warning: the database at postgresql://postgres@"), "\(result.errors)")
                #expect(result.errors.contains("runs with \(name) = off"), "\(result.errors)")
            }
        }

        @Test func `a database that is not there is warned of, and with --online a failure`() async throws {
            let server = try await PostgreSQLServer()
            try await server.stop()
            let result = try await check(server.url())
            #expect(result.exit == .code(0), "\(result.errors)")
            #expect(result.errors.contains("warning: ECRYPTOPAY_JOURNAL=postgresql://"), "\(result.errors)")
            let online = try await check(server.url(), "--online")
            #expect(online.exit == .code(69), "\(online.errors)")
        }
    }
#endif
