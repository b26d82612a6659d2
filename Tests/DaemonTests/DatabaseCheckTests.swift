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
