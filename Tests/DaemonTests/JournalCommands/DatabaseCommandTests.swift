#if PostgreSQL
    import Glibc
    import JSON
    import Testing
    import TestSupport

    /// The journal's commands on a ledger that the real daemon keeps on a real server.
    struct DatabaseCommandTests {
        /// A server of its own, and a daemon on it with some payments that are settled, in short segments.
        private struct Shop {
            let server: PostgreSQLServer
            let sandbox: SandboxProcess
            let daemon: DaemonUnderTest

            init(settled count: Int, on server: PostgreSQLServer? = nil) async throws {
                self.server = if let server { server } else { try await PostgreSQLServer() }
                let server = self.server
                sandbox = try await SandboxProcess.start()
                daemon = try DaemonUnderTest(
                    apiURL: sandbox.apiURL, account: sandbox.settings, database: try LedgerDatabaseUnderTest(server))
                try daemon.set("ECRYPTOPAY_JOURNAL", daemon.journalPlace)
                try daemon.set("ECRYPTOPAY_JOURNAL_SEGMENT_BYTES", "1024")
                try daemon.set("ECRYPTOPAY_API_TIMEOUT", "3s")
                try await daemon.startWithBaseline()
                for _ in 0..<count { try settle() }
                try await eventually("all are confirmed") { Set(try daemon.payments("confirmed")).count == count }
            }

            func settle() throws {
                let id = try sandbox.create()
                try sandbox.move(id, to: "paid")
                #expect(try daemon.post(#"{"id":\#(id),"state":"paid"}"#).status == 200)
            }

            func run(_ arguments: String...) async throws -> ChildProcess.Result {
                try await daemon.run(["journal"] + arguments + ["--env-file", daemon.envFile])
            }
        }

        @Test func `a damaged record is named with a hint by prune and by the start`() async throws {
            let shop = try await Shop(settled: 6)
            try await shop.daemon.end()
            func expectDamage(_ word: String, _ arguments: [String]) async throws {
                let result = try await shop.daemon.run(arguments + ["--env-file", shop.daemon.envFile])
                #expect(result.exit == .code(65) && result.errors.contains(word), "\(arguments): \(result)")
                #expect(result.errors.contains("ECRYPTOPAY_JOURNAL=postgresql://"), "\(arguments): \(result)")
                #expect(result.errors.contains("restore the database from its backup"), "\(arguments): \(result)")
            }
            let prune = ["journal", "prune", "--keep", "0s"]
            // The last word on a payment, which pruning would write anew.
            let word = "(SELECT min(seq) FROM ecryptopayd.records WHERE kind = 'confirmed')"
            let change = { (old: String, new: String) in
                "UPDATE ecryptopayd.records SET line = replace(line, '\(old)', '\(new)') WHERE seq = \(word)"
            }
            try await shop.server.execute(change("paid", "pain"))
            try await expectDamage("its checksum says", prune)
            try await shop.server.execute(change("pain", "paid"))
            let open = "seq = (SELECT max(seq) FROM ecryptopayd.records WHERE kind = 'opened')"
            try await shop.server.execute("UPDATE ecryptopayd.records SET line = 'x' || line WHERE \(open)")
            try await expectDamage("opened", prune)
            try await shop.server.execute("UPDATE ecryptopayd.records SET line = substring(line FROM 2) WHERE \(open)")
            // A record that the next start has to read, since there is no checkpoint.
            try await shop.server.execute("DELETE FROM ecryptopayd.checkpoint", change("paid", "pain"))
            try await expectDamage("its checksum says", prune + ["--dry-run"])
            try await shop.daemon.start()
            #expect(try await shop.daemon.process?.waitForExit() == .code(74))
            #expect(shop.daemon.process?.errors.contains("its checksum says") == true)
            try await shop.server.execute(change("pain", "paid"))
            // Whose records these are.
            try await shop.server.execute("DELETE FROM ecryptopayd.ledger")
            try shop.daemon.launch()
            let process = try #require(shop.daemon.process)
            #expect(try await process.waitForExit() == .code(65))
            #expect(process.errors.contains("the row of ecryptopayd.ledger is gone"), "\(process.errors)")
            #expect(process.errors.contains("restore the database from its backup"), "\(process.errors)")
        }

        @Test func `a host that only libpq's variables name is looked up, and reached`() async throws {
            let server = try await PostgreSQLServer()
            let daemon = try DaemonUnderTest()
            try daemon.set("ECRYPTOPAY_JOURNAL", "postgresql://postgres@/postgres?sslmode=disable")
            let cat = ["journal", "cat", "--env-file", daemon.envFile]
            let unknown = try await daemon.run(cat, environment: ["PGHOST": "nowhere.invalid"])
            #expect(unknown.exit == .code(69), "\(unknown)")
            #expect(unknown.errors.contains("cannot look up nowhere.invalid"), "\(unknown)")
            let empty = try await daemon.run(
                cat, environment: ["PGHOST": server.socketDirectory, "PGPORT": "\(server.port)"])
            #expect(empty.exit == .code(66), "\(empty)")
        }

        @Test func `follow ends with place and hint when the user is refused`() async throws {
            let server = try await PostgreSQLServer()
            let daemon = try DaemonUnderTest()
            try CraftedJournal().write(to: daemon)
            #expect(
                try await daemon.run(["journal", "copy", daemon.journalDirectory, server.url(), "--yes"]).exit
                    == .code(0))
            try await server.execute(
                "CREATE ROLE reader LOGIN", "GRANT USAGE ON SCHEMA ecryptopayd TO reader",
                "GRANT SELECT ON ALL TABLES IN SCHEMA ecryptopayd TO reader")
            try daemon.set("ECRYPTOPAY_JOURNAL", server.url(user: "reader"))
            let follow = try ChildProcess(
                try builtBinary(named: "ecryptopayd"),
                ["journal", "follow", "--after", "0", "--env-file", daemon.envFile])
            try await follow.waitForOutput(containing: #""payment":12,"#)
            try await server.execute(
                "ALTER ROLE reader NOLOGIN",
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'reader'")
            #expect(try await follow.waitForExit() == .code(77), "\(follow.errors)")
            #expect(follow.errors.contains("ECRYPTOPAY_JOURNAL=postgresql://reader@"), "\(follow.errors)")
            #expect(follow.errors.contains("check the user and the password"), "\(follow.errors)")
        }

        @Test func `verify names the record or checkpoint that somebody else has changed in the tables`() async throws {
            let shop = try await Shop(settled: 3)
            // Its end leaves a checkpoint of all of it.
            try await shop.daemon.end()
            #expect(try await shop.run("verify").exit == .code(0))
            for (change, undo, word) in [
                (
                    "UPDATE ecryptopayd.records SET line = replace(line, 'paid', 'pain') WHERE kind = 'received'",
                    "UPDATE ecryptopayd.records SET line = replace(line, 'pain', 'paid') WHERE kind = 'received'",
                    "checksum"
                ),
                (
                    "UPDATE ecryptopayd.records SET seq = 1000 WHERE seq = 3",
                    "UPDATE ecryptopayd.records SET seq = 3 WHERE seq = 1000",
                    "record 3 is missing"
                ),
                (
                    "UPDATE ecryptopayd.records SET payment = payment + 1 WHERE kind = 'confirmed'",
                    "UPDATE ecryptopayd.records SET payment = payment - 1 WHERE kind = 'confirmed'",
                    "the column payment"
                ),
                (
                    "UPDATE ecryptopayd.checkpoint SET seq = seq + 1000",
                    "UPDATE ecryptopayd.checkpoint SET seq = seq - 1000",
                    "the checkpoint is as of record"
                ),
                (
                    "UPDATE ecryptopayd.checkpoint SET state = state || 'x'",
                    "UPDATE ecryptopayd.checkpoint SET state = substring(state FROM 1 FOR length(state) - 1)",
                    "cannot be read"
                ),
            ] {
                try await shop.server.execute(change)
                let found = try await shop.run("verify")
                #expect(found.exit == .code(65) && found.errors.contains(word), "\(change): \(found)")
                try await shop.server.execute(undo)
            }
            #expect(try await shop.run("verify").exit == .code(0))
        }

        @Test func `prune refuses beside a daemon, tells what would go, and what is left is whole`() async throws {
            let shop = try await Shop(settled: 6)
            let refused = try await shop.run("prune", "--keep", "0s")
            #expect(refused.exit == .code(75) && refused.errors.contains("ECRYPTOPAY_JOURNAL_KEEP"), "\(refused)")
            try await shop.daemon.end()
            // The record that first names an endpoint goes too.
            try shop.daemon.set("ECRYPTOPAY_FORWARD_URLS", "http://127.0.0.1:1/")
            try shop.daemon.set("ECRYPTOPAY_FORWARD_SECRET", "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
            for _ in 0..<2 {
                try await shop.daemon.start()
                try await shop.daemon.end()
            }
            let before = try shop.daemon.journal().count
            let all = Set(try shop.daemon.payments("confirmed"))
            let dry = try await shop.run("prune", "--keep", "0s", "--dry-run")
            #expect(dry.exit == .code(0) && dry.errors.contains("would go"), "\(dry)")
            #expect(try shop.daemon.journal().count == before)
            let done = try await shop.run("prune", "--keep", "0s")
            #expect(done.exit == .code(0) && done.output == dry.output, "\(done)")
            #expect(
                done.errors
                    == dry.errors.replacing("would go", with: "went").replacing("would be kept", with: "was kept"))
            let first = try #require(try shop.daemon.journal().first?["seq"]?.integer)
            #expect(first > 1)
            let verified = try await shop.run("verify")
            #expect(verified.exit == .code(0), "\(verified)")
            // What it knew of each payment is still known.
            let known = try shop.daemon.payments("confirmed") + shop.daemon.payments("known")
            #expect(Set(known) == all)
            try await shop.daemon.start()
            try await shop.daemon.end()
        }

        /// The clock of the server, or of everybody else, is wrong by a year.
        @Test(arguments: ["-", "+"])
        func `prune and cat tell the age of records by the database's clock, not by this machine's`(_ sign: String)
            async throws
        {
            let server = try await PostgreSQLServer()
            try await server.execute(
                "CREATE SCHEMA wrong",
                """
                CREATE FUNCTION wrong.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS \
                $$SELECT pg_catalog.clock_timestamp() \(sign) interval '1 year'$$
                """, "ALTER DATABASE postgres SET search_path = wrong, pg_catalog")
            let shop = try await Shop(settled: 6, on: server)
            if sign == "+" {
                try shop.daemon.set("ECRYPTOPAY_JOURNAL_KEEP", "1ms")
                shop.daemon.process?.signal(SIGHUP)
                try await shop.daemon.process?.waitForOutput(containing: "old segments dropped")
            }
            try await shop.daemon.end()
            let count = try shop.daemon.journal().count
            for age in ["300d", "1h"] {
                let pruned = try await shop.run("prune", "--keep", age)
                #expect(pruned.exit == .code(0) && pruned.output == "", "\(pruned)")
            }
            let recent = try await shop.run("cat", "--since", "1h")
            #expect(recent.output.split(separator: "\n").count == count)
            let pruned = try await shop.run("prune", "--keep", "0s")
            #expect(pruned.exit == .code(0) && pruned.output != "", "\(pruned)")
            #expect(try await shop.run("verify").exit == .code(0))
        }

        @Test func `rows that an interrupted prune has left are nobody's records, and the next prune removes them`()
            async throws
        {
            let shop = try await Shop(settled: 6)
            try await shop.daemon.end()
            try await shop.server.execute("CREATE TABLE before AS SELECT * FROM ecryptopayd.records")
            #expect(try await shop.run("prune", "--keep", "0s").exit == .code(0))
            let first = try #require(try shop.daemon.journal().first?["seq"]?.integer)
            #expect(first > 2)
            let whole = try await shop.run("cat")
            // It went down between taking down that they are gone and removing them.
            let leave = "INSERT INTO ecryptopayd.records SELECT * FROM before WHERE seq = \(first - 1)"
            let left = "SELECT min(seq) FROM ecryptopayd.records"
            try await shop.server.execute(leave)
            #expect(try await shop.run("cat") == whole)
            let verified = try await shop.run("verify")
            #expect(verified.exit == .code(0), "\(verified)")
            // Also by a prune that has nothing else to do.
            #expect(try await shop.run("prune", "--keep", "90d").exit == .code(0))
            #expect(try await shop.server.execute(left) == "\(first)")
        }

        @Test func `prune waits until a daemon that was killed is certainly dead`() async throws {
            let shop = try await Shop(settled: 6)
            try await shop.daemon.end(SIGKILL)
            // It counts as dead already, and its lease has not run out.
            try await shop.server.execute("UPDATE ecryptopayd.nodes SET seen = clock_timestamp() - interval '1 hour'")
            let done = try await shop.run("prune", "--keep", "0s")
            #expect(done.exit == .code(0), "\(done)")
            #expect(try #require(try shop.daemon.journal().first?["seq"]?.integer) > 1)
        }

        @Test func `follow waits for a server that is gone, and goes on behind what it has shown`() async throws {
            let shop = try await Shop(settled: 1)
            let follow = try ChildProcess(
                try builtBinary(named: "ecryptopayd"),
                ["journal", "follow", "--after", "0", "--env-file", shop.daemon.envFile])
            let one = try #require(try shop.daemon.payments("confirmed").last)
            try await follow.waitForOutput(containing: #""kind":"confirmed","payment":\#(one),"#)
            try await shop.server.killNine()
            try await follow.waitForOutput(containing: "tried again until it can be read")
            try await shop.server.start()
            try await eventually("a report is taken again") {
                try shop.daemon.post(#"{"id":4711,"state":"paid"}"#).status == 200
            }
            try await follow.waitForOutput(containing: #""payment":4711,"#)
            try await follow.waitForOutput(containing: "the journal is read again\n")
            try await follow.end()
            let shown = try follow.output.split(separator: "\n").map {
                try JSONValue(parsing: Array($0.utf8))["seq"]?.integer ?? 0
            }
            #expect(shown == Array(1...Int64(shown.count)))
            try await shop.daemon.end()
        }

        // MARK: copy

        @Test func `half a copy is no whole journal, and one that is damaged says how to remove it`() async throws {
            let server = try await PostgreSQLServer()
            let daemon = try DaemonUnderTest()
            try CraftedJournal().write(to: daemon)
            let copy = ["journal", "copy", daemon.journalDirectory, server.url(), "--yes"]
            #expect(try await daemon.run(copy).exit == .code(0))
            try daemon.set("ECRYPTOPAY_JOURNAL", server.url())
            let verify = ["journal", "verify", "--env-file", daemon.envFile]
            let whole = try await daemon.run(verify)
            #expect(whole.exit == .code(0), "\(whole)")
            // As if it had been interrupted before its end.
            try await server.execute("UPDATE ecryptopayd.ledger SET copying = true")
            let half = try await daemon.run(verify)
            #expect(half.exit == .code(65) && half.output.contains("half a copy"), "\(half)")
            #expect(half.errors.contains("copying it was interrupted: run the same \"ecryptopayd journal copy\" again"))
            #expect(try await daemon.run(verify + ["--json"]).output.contains(#""problems":1}"#))
            try await server.execute(
                "UPDATE ecryptopayd.records SET line = replace(line, 'paid', 'pain') WHERE seq = 7")
            let damaged = try await daemon.run(copy)
            #expect(damaged.exit == .code(65) && damaged.errors.contains("record 7"), "\(damaged)")
            let removal = "DROP SCHEMA ecryptopayd CASCADE"
            #expect(damaged.errors.contains("remove the copy. In the database: \(removal)\n"), "\(damaged)")
            try await server.execute(removal)
            #expect(try await daemon.run(copy).exit == .code(0))
            #expect(try await daemon.run(verify).output == whole.output)
        }

        /// Runs a copy up to where it wants the records, and kills it there.
        private func killHalfway(_ copy: [String], _ server: PostgreSQLServer) async throws {
            let holder = Task {
                try? await server.execute(
                    "BEGIN; LOCK TABLE ecryptopayd.records; SELECT pg_sleep(600) /* holds it */")
            }
            let (holds, wants) = ("query LIKE '%holds it%' AND wait_event = 'PgSleep'", "wait_event_type = 'Lock'")
            func find(_ what: String) async throws {
                try await eventually(what) {
                    try await server.execute("SELECT count(*) FROM pg_stat_activity WHERE \(what)") == "1"
                }
            }
            try await find(holds)
            let process = try ChildProcess(try builtBinary(named: "ecryptopayd"), copy)
            try await find(wants)
            process.signal(SIGKILL)
            _ = try await process.waitForExit()
            try await server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE \(holds)")
            _ = await holder.value
        }

        @Test func `a journal moves into a database and back, and daemons go on with it on either side`() async throws {
            let server = try await PostgreSQLServer()
            let sandbox = try await SandboxProcess.start()
            let database = try LedgerDatabaseUnderTest(server)
            let files = try DaemonUnderTest(apiURL: sandbox.apiURL, account: sandbox.settings)
            try files.set("ECRYPTOPAY_JOURNAL_SEGMENT_BYTES", "1024")
            try await files.startWithBaseline()
            let ids = try (0..<4).map { _ in try sandbox.create() }
            for id in ids {
                try sandbox.move(id, to: "paid")
                #expect(try files.post(DaemonUnderTest.report(id)).status == 200)
            }
            try await eventually("all are confirmed") { Set(try files.payments("confirmed")) == Set(ids) }
            let last = try sandbox.create()
            try sandbox.setFaults(#"{"error_rate":1,"status":503}"#)
            #expect(try files.post(DaemonUnderTest.report(last)).status == 200)
            try await files.end()
            #expect(
                try await files.run(["journal", "prune", "--keep", "0s", "--directory", files.journalDirectory]).exit
                    == .code(0))
            let lines = try files.journal()

            // Interrupted behind what is copied: no daemon works on half of it.
            let copy = ["journal", "copy", files.journalDirectory, database.url]
            let dry = try await files.run(copy)
            #expect(dry.exit == .code(0) && dry.output.contains("\(lines.count) records"), "\(dry)")
            try await server.execute(
                "CREATE SCHEMA ecryptopayd",
                "CREATE TABLE ecryptopayd.gaps (first bigint PRIMARY KEY, last bigint CHECK (last < 0))")
            #expect(try await files.run(copy + ["--yes"]).exit != .code(0))
            let half = try DaemonUnderTest(apiURL: sandbox.apiURL, account: sandbox.settings, database: database)
            try half.launch()
            #expect(try await half.process?.waitForExit() == .code(78), "\(half.process?.errors ?? "")")
            #expect(half.process?.errors.contains("let \"ecryptopayd journal copy\" end, or run it again") == true)
            try await server.execute("ALTER TABLE ecryptopayd.gaps DROP CONSTRAINT gaps_last_check")
            try await killHalfway(copy + ["--yes"], server)
            let done = try await files.run(copy + ["--yes"])
            let whole = "\(lines.count) records, \(try files.journalBytes()) bytes, equal\n"
            #expect(done.exit == .code(0) && done.output == whole, "\(done)")
            #expect(try half.journal() == lines)
            #expect(try await files.run(copy + ["--yes"]).output == done.output)

            // What waited is confirmed there.
            try half.set("ECRYPTOPAY_JOURNAL", database.url)
            #expect(try await half.run(["journal", "verify", "--env-file", half.envFile]).exit == .code(0))
            try sandbox.clearFaults()
            try await half.start()
            try await eventually("the confirmation") { try half.payments("confirmed").contains(last) }
            let back = [
                "journal", "copy", "configured", half.directory.path(of: "back"), "--yes", "--env-file", half.envFile,
            ]
            let refused = try await half.run(back)
            #expect(refused.exit == .code(75) && refused.errors.contains("a daemon runs"), "\(refused)")
            try await half.end()
            #expect(try await files.run(copy + ["--yes"]).errors.contains("has gone on with one of the two"))

            // And back.
            let returned = try await half.run(back)
            #expect(returned.exit == .code(0), "\(returned)")
            let again = try DaemonUnderTest(apiURL: sandbox.apiURL, account: sandbox.settings)
            try await again.start(environment: ["ECRYPTOPAY_JOURNAL": half.directory.path(of: "back")])
            #expect(try again.status()["pending"]?.integer == 0)
            try await again.end()
            let verify = try await again.run(["journal", "verify", "--directory", half.directory.path(of: "back")])
            #expect(verify.exit == .code(0), "\(verify)")
        }
    }
#endif
