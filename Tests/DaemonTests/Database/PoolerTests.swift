#if PostgreSQL
    import Glibc
    import Testing
    import TestSupport

    /// A connection pooler between the daemon and its server.
    @Suite(.ownThread) struct PoolerTests {
        @Test func `a pooler in transaction mode is refused, and named`() async throws {
            let server = try await PostgreSQLServer()
            let pooler = try await PgBouncer(before: server, .transaction)
            let daemon = try DaemonUnderTest(database: LedgerDatabaseUnderTest(server).reached(by: pooler.url()))
            try daemon.set("ECRYPTOPAY_JOURNAL", pooler.url())
            let check = try await daemon.run(["check", "--env-file", daemon.envFile])
            #expect(check.exit == .code(78), "\(check) \(pooler.log)")
            try daemon.launch()
            let process = try #require(daemon.process)
            #expect(try await process.waitForExit() == .code(78), "\(process.errors) \(pooler.log)")
            for said in [check.errors, process.errors] {
                #expect(said.contains("a connection pooler in transaction mode"), "\(said)")
                #expect(said.contains("session mode"), "\(said)")
            }
        }

        @Test func `reports are taken and confirmed through a pooler in session mode`() async throws {
            let server = try await PostgreSQLServer()
            let pooler = try await PgBouncer(before: server, .session)
            let database = try LedgerDatabaseUnderTest(server)
            let sandbox = try await SandboxProcess.start()
            let daemon = try DaemonUnderTest(
                apiURL: sandbox.apiURL, account: sandbox.settings, database: database.reached(by: pooler.url()))
            try daemon.set("ECRYPTOPAY_JOURNAL", pooler.url())
            let check = try await daemon.run(["check", "--env-file", daemon.envFile])
            #expect(check.exit == .code(0), "\(check) \(pooler.log)")
            try await daemon.startWithBaseline()
            let id = try sandbox.create()
            try sandbox.move(id, to: "paid")
            #expect(try daemon.post(DaemonUnderTest.report(id)).status == 200)
            try await eventually("the confirmation: \(daemon.process?.errors ?? "")") {
                try daemon.payments("confirmed").contains(id)
            }
            #expect(try await daemon.end() == .code(0))
        }
    }
#endif
