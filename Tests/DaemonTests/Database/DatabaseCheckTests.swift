#if PostgreSQL
    import Testing
    import TestSupport

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
            #expect(!good.errors.contains(" = off"))
            let server = try await PostgreSQLServer(settings: ["fsync": "off"])
            let result = try await check(server.url())
            #expect(result.exit == .code(0), "\(result.errors)")
            #expect(result.errors.contains("warning: the database at postgresql://postgres@"), "\(result.errors)")
            #expect(result.errors.contains("runs with fsync = off"), "\(result.errors)")
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

        @Test func `a user who may not create the schema is told what to grant, by serve as well`() async throws {
            let server = try await PostgreSQLServer()
            try await server.execute("CREATE ROLE shop LOGIN")
            try await server.execute("CREATE DATABASE shop")
            try await server.execute(
                "REVOKE CREATE ON DATABASE shop FROM PUBLIC", "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
                database: "shop")
            let url = server.url(user: "shop", database: "shop")
            let checked = try await check(url)
            #expect(checked.exit == .code(78), "\(checked)")
            #expect(checked.errors.contains("GRANT CREATE ON DATABASE shop TO shop"), "\(checked)")
            let daemon = try DaemonUnderTest(
                database: LedgerDatabaseUnderTest(server, user: "shop", database: "shop"))
            try daemon.launch()
            #expect(try await daemon.process?.waitForExit() == .code(78), "\(daemon.process?.errors ?? "")")
            try await server.execute("GRANT CREATE ON DATABASE shop TO shop")
            #expect(try await check(url).exit == .code(0))
        }

        @Test func `a standby is warned of, and with --online a failure`() async throws {
            let primary = try await PostgreSQLServer()
            let standby = try await primary.makeStandby(synchronous: false)
            let warned = try await check(standby.url())
            #expect(warned.exit == .code(0), "\(warned)")
            #expect(warned.errors.contains("warning: ") && warned.errors.contains("read-only"), "\(warned)")
            let online = try await check(standby.url(), "--online")
            #expect(online.exit == .code(69), "\(online)")
            #expect(online.errors.contains("name all of its hosts in the URL"), "\(online)")
        }

        @Test func `a name server that does not answer is not waited for`() async throws {
            let daemon = try DaemonUnderTest()
            try daemon.set("ECRYPTOPAY_JOURNAL", "postgresql://ledger@database.example/ledger")
            // Nobody there hears what is sent to the name server, and the resolver would wait for it for two minutes.
            let resolver = try daemon.directory.write(
                "nameserver 192.0.2.1\noptions timeout:30 attempts:4\n", to: "resolv.conf")
            let binary = try builtBinary(named: "ecryptopayd")
            let script = """
                ip link set lo up && ip route add 192.0.2.1 dev lo && mount --bind \(resolver) /etc/resolv.conf \
                && exec \(binary) check --online --env-file \(daemon.envFile)
                """
            let result = try await ChildProcess.run(
                "/usr/bin/unshare", ["--user", "--map-root-user", "--mount", "--net", "/bin/sh", "-c", script],
                environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"])
            #expect(result.exit == .code(69), "\(result.errors)")
            #expect(result.errors.contains("cannot look up database.example: no answer in time"), "\(result.errors)")
        }
    }
#endif
