#if PostgreSQL
    import Glibc
    import JSON
    import Testing
    import TestSupport

    /// The daemon while its database is not as it should be: it takes no report, says why, and goes on by itself.
    @Suite(.ownThread) struct DatabaseOutageTests {
        /// What is wrong with the database, and how that begins and ends.
        struct Trouble: Sendable, CustomTestStringConvertible {
            let testDescription: String
            /// What `/healthz` says of it; one of these.
            let reasons: [String]
            let begin: @Sendable (PostgreSQLServer) async throws -> Void
            let end: @Sendable (PostgreSQLServer) async throws -> Void

            /// What those who look on as the superuser do to the program's sessions.
            private static let endSessions =
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'shop'"

            static let all = [
                Trouble(
                    testDescription: "stopped", reasons: ["No such file or directory", "Connection refused"],
                    begin: { try await $0.stop() }, end: { try await $0.start() }),
                Trouble(
                    testDescription: "killed", reasons: ["No such file or directory", "Connection refused"],
                    begin: { try await $0.killNine() }, end: { try await $0.start() }),
                Trouble(
                    testDescription: "without an answer", reasons: ["answer in time"],
                    begin: { $0.suspend() }, end: { $0.resume() }),
                Trouble(
                    testDescription: "out of connections", reasons: ["too many connections"],
                    begin: {
                        try await $0.execute("ALTER ROLE shop CONNECTION LIMIT 0")
                        try await $0.execute(endSessions)
                    }, end: { try await $0.execute("ALTER ROLE shop CONNECTION LIMIT -1") }),
                Trouble(
                    testDescription: "read-only", reasons: ["read-only"],
                    begin: {
                        try await $0.execute(
                            "ALTER SYSTEM SET default_transaction_read_only = on", "SELECT pg_reload_conf()")
                    },
                    end: {
                        try await $0.execute(
                            "SET default_transaction_read_only = off",
                            "ALTER SYSTEM RESET default_transaction_read_only",
                            "SELECT pg_reload_conf()")
                    }),
                Trouble(
                    testDescription: "without the password",
                    reasons: ["authentication failed", "not permitted to log in"],
                    begin: {
                        try await $0.execute("ALTER ROLE shop NOLOGIN")
                        try await $0.execute(endSessions)
                    }, end: { try await $0.execute("ALTER ROLE shop LOGIN") }),
            ]
        }

        private func server() async throws -> PostgreSQLServer {
            let server = try await PostgreSQLServer()
            try await server.execute("CREATE ROLE shop LOGIN")
            try await server.execute("CREATE DATABASE shop OWNER shop")
            return server
        }

        private func daemon(on server: PostgreSQLServer) throws -> DaemonUnderTest {
            try DaemonUnderTest(
                database: LedgerDatabaseUnderTest(server, user: "shop", database: "shop"))
        }

        @Test(arguments: Trouble.all)
        func `reports get 503 and /healthz says why while the database cannot be written, and 200 again afterwards`(
            _ trouble: Trouble
        ) async throws {
            let server = try await server()
            let daemon = try daemon(on: server)
            let listener = try NotifyListener(path: daemon.directory.path(of: "notify"))
            try await daemon.start(environment: ["NOTIFY_SOCKET": listener.path, "WATCHDOG_USEC": "10000000"])
            var acknowledged: [Int64] = [1]
            #expect(try daemon.post(DaemonUnderTest.report(1)).status == 200)
            try await trouble.begin(server)
            if trouble.testDescription == "read-only" {
                // The sessions that are open hear of it a little later.
                try await eventually("the first 503") {
                    let id = acknowledged[acknowledged.count - 1] + 1
                    guard try daemon.post(DaemonUnderTest.report(id)).status == 200 else { return true }
                    acknowledged.append(id)
                    return false
                }
            }
            var health = ""
            try await eventually("/healthz says why: \(health)") {
                let answer = try daemon.post(DaemonUnderTest.report(1000))
                #expect(answer.status == 503)
                #expect(answer.field("retry-after") == "30")
                let said = try daemon.ask("/healthz")
                health = said.body
                return said.status == 503 && trouble.reasons.contains { said.body.contains($0) }
            }
            #expect(try daemon.ask("/readyz").status == 503)
            #expect(try daemon.post(DaemonUnderTest.report(1001)).status == 503)
            try await trouble.end(server)
            try await eventually("200 again") { try daemon.post(DaemonUnderTest.report(2000)).status == 200 }
            #expect(try daemon.ask("/healthz").status == 200)
            let process = try #require(daemon.process)
            #expect(process.exit == nil)
            #expect(!process.errors.contains("no progress"), "\(process.errors)")
            // One whose answer was lost may stand there twice.
            #expect(Set(acknowledged + [2000]).isSubset(of: try await daemon.settledPayments("received")))
            #expect(try await daemon.end() == .code(0))
        }

        @Test func `a database that does not answer is told in log and status although no webhook comes`() async throws
        {
            let server = try await server()
            let daemon = try daemon(on: server)
            try await daemon.start()
            try await server.stop()
            try await daemon.process?.waitForOutput(containing: "the database does not answer: ")
            let problems = try daemon.status()["problems"]?.array?.compactMap(\.string) ?? []
            #expect(problems.contains { $0.hasPrefix("the database does not answer: ") }, "\(problems)")
            try await server.start()
            try await daemon.process?.waitForOutput(containing: "the database answers again")
            #expect(try daemon.post(DaemonUnderTest.report(1)).status == 200)
            #expect(try await daemon.end() == .code(0))
        }

        @Test func `after the primary is lost, reports get 503 until its standby is promoted, and 200 then`()
            async throws
        {
            let primary = try await PostgreSQLServer()
            let standby = try await primary.makeStandby(synchronous: true)
            let daemon = try DaemonUnderTest(database: LedgerDatabaseUnderTest(primary, standby))
            try await daemon.start()
            #expect(try daemon.post(DaemonUnderTest.report(1)).status == 200)
            try await primary.killNine()
            try await eventually("/healthz says why") {
                #expect(try daemon.post(DaemonUnderTest.report(2)).status == 503)
                let body = try daemon.ask("/healthz").body
                return body.contains("read-only") || body.contains("hot standby")
            }
            try await standby.promote()
            try await eventually("200 again") { try daemon.post(DaemonUnderTest.report(3)).status == 200 }
            #expect(Set(try await daemon.settledPayments("received")).subtracting([2]) == [1, 3])
            #expect(try await daemon.end() == .code(0))
        }

        @Test func `a database that commits slowly is waited for, and takes everything`() async throws {
            let primary = try await PostgreSQLServer()
            let standby = try await primary.makeStandby(synchronous: true)
            let daemon = try DaemonUnderTest(database: LedgerDatabaseUnderTest(primary, standby))
            try await daemon.start()
            // Each commit waits until the standby has applied it, which takes its time.
            try await standby.execute(
                "ALTER SYSTEM SET recovery_min_apply_delay = '1500ms'", "SELECT pg_reload_conf()")
            try await primary.execute("ALTER SYSTEM SET synchronous_commit = remote_apply", "SELECT pg_reload_conf()")
            var count: Int64 = 0
            try await eventually("a commit that takes long") {
                count += 1
                let answer = try daemon.post(DaemonUnderTest.report(count))
                #expect(answer.status == 200)
                return daemon.process?.errors.contains("ms to write and sync (over a second") == true
            }
            // Many that come meanwhile are one commit.
            let clients = try (0..<20).map { number in
                let client = try ClientSocket(daemon.address)
                try client.send(DaemonUnderTest.request(DaemonUnderTest.report(100 + Int64(number))))
                return client
            }
            for client in clients {
                let answer = try client.receive()
                #expect(answer.status == 200)
            }
            #expect(try daemon.ask("/healthz").status == 200)
            let there = try await daemon.settledPayments("received")
            #expect(there.sorted() == Array(1...count) + Array(100..<120))
            #expect(try await daemon.end() == .code(0))
        }

        @Test func `a start waits for the database, and systemd for the start`() async throws {
            let server = try await server()
            try await server.stop()
            let daemon = try daemon(on: server)
            let listener = try NotifyListener(path: daemon.directory.path(of: "notify"))
            try daemon.launch(environment: ["NOTIFY_SOCKET": listener.path])
            let process = try #require(daemon.process)
            try await process.waitForOutput(containing: "does not answer yet")
            #expect(
                try listener.next().hasPrefix("EXTEND_TIMEOUT_USEC=30000000\nSTATUS=waiting for the database"))
            try await server.start()
            try await process.waitForOutput(containing: "listening on")
            #expect(try daemon.post(DaemonUnderTest.report(1)).status == 200)
            try await daemon.end()
        }

        @Test func `a start without a database ends with 69`() async throws {
            let server = try await server()
            try await server.stop()
            let daemon = try daemon(on: server)
            try daemon.launch()
            let process = try #require(daemon.process)
            #expect(try await process.waitForExit(within: .seconds(90)) == .code(69))
            #expect(process.errors.contains("check that it runs, and that this machine can reach it"))
        }

        @Test func `a start on a database that is not there, or is a later version's, ends with 78`() async throws {
            let server = try await server()
            let missing = try DaemonUnderTest(
                database: LedgerDatabaseUnderTest(server, user: "shop", database: "nowhere"))
            try missing.launch()
            #expect(try await missing.process?.waitForExit() == .code(78))
            #expect(missing.process?.errors.contains("nowhere") == true)
            let daemon = try daemon(on: server)
            try await daemon.start()
            try await daemon.end()
            try await server.execute(
                "UPDATE ecryptopayd.version SET version = 99; UPDATE ecryptopayd.ledger SET schema = 99",
                database: "shop")
            try daemon.launch()
            #expect(try await daemon.process?.waitForExit() == .code(78))
            #expect(daemon.process?.errors.contains("install the version of ecryptopayd") == true)
        }
    }
#endif
