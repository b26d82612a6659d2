#if PostgreSQL
    import Glibc
    import Testing
    import TestSupport

    /// The daemon and a database to which only a password leads, over TLS; and who may see the password.
    @Suite(.ownThread) struct DatabaseTLSTests {
        private let certificates: Certificates

        init() async throws { certificates = try await Certificates() }

        /// A server that is called that, with a ledger for `shop`.
        private func server(_ name: String = "IP:127.0.0.1") async throws -> PostgreSQLServer {
            let server = try await PostgreSQLServer(.tls(try await certificates.issue(for: name)))
            try await server.execute("CREATE ROLE shop LOGIN PASSWORD 'hush-database'")
            try await server.execute("CREATE DATABASE shop OWNER shop")
            return server
        }

        private func url(_ server: PostgreSQLServer, password: String = "hush-database") -> String {
            "postgresql://shop:\(password)@127.0.0.1:\(server.port)/shop?sslmode=verify-full"
        }

        /// A daemon that finds the URL in a file.
        private func daemon(_ url: String, trusting authority: String? = nil) throws -> DaemonUnderTest {
            let daemon = try DaemonUnderTest()
            try write(url, daemon)
            try daemon.set("ECRYPTOPAY_JOURNAL_FILE", daemon.directory.path(of: "url"))
            try daemon.set("ECRYPTOPAY_CA_FILE", authority ?? certificates.authority)
            try daemon.set("ECRYPTOPAY_LOG_LEVEL", "trace")
            return daemon
        }

        private func write(_ url: String, _ daemon: DaemonUnderTest) throws {
            _ = try daemon.directory.write(url + "\n", to: "url", mode: 0o600)
        }

        /// Everything that can be seen of it.
        private func shown(_ daemon: DaemonUnderTest) async throws -> String {
            let process = try #require(daemon.process)
            var shown = process.errors + process.output
            for path in ["/status", "/metrics", "/", "/readyz", "/healthz"] { shown += try daemon.ask(path).body }
            for name in ["cmdline", "environ"] {
                shown += String(decoding: try readFile("/proc/\(process.pid)/\(name)"), as: UTF8.self)
            }
            for arguments in [["check"], ["check", "--json"], ["status"]] {
                let result = try await daemon.run(arguments + ["--env-file", daemon.envFile])
                shown += result.output + result.errors
            }
            return shown
        }

        @Test func `a password from a file opens a database that TLS proves, and shows nowhere`() async throws {
            let server = try await server()
            let daemon = try daemon(url(server))
            try await daemon.start()
            #expect(try daemon.post(DaemonUnderTest.report(1)).status == 200)
            #expect(
                try await server.execute(
                    "SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename = 'shop'")
                    == "t")
            let shown = try await shown(daemon)
            #expect(shown.contains("postgresql://shop@127.0.0.1:\(server.port)/shop?sslmode=verify-full"))
            #expect(!shown.contains("hush"))
            #expect(try await daemon.end() == .code(0))
            #expect(daemon.process?.errors.contains("hush") == false)
        }

        @Test func `a password in a systemd credential opens the database, and is not logged`() async throws {
            let server = try await server()
            let daemon = try DaemonUnderTest()
            try daemon.set("ECRYPTOPAY_CA_FILE", certificates.authority)
            _ = try daemon.directory.makeDirectory("credentials", mode: 0o700)
            _ = try daemon.directory.write(url(server), to: "credentials/journal", mode: 0o400)
            try await daemon.start(environment: ["CREDENTIALS_DIRECTORY": daemon.directory.path(of: "credentials")])
            #expect(try daemon.post(DaemonUnderTest.report(1)).status == 200)
            try await daemon.end()
            #expect(daemon.process?.errors.contains("hush-database") == false)
        }

        @Test func `after a reload another password opens the database, and neither one shows`() async throws {
            let server = try await server()
            let daemon = try daemon(url(server))
            try await daemon.start()
            #expect(try daemon.post(DaemonUnderTest.report(1)).status == 200)
            try await server.execute("ALTER ROLE shop PASSWORD 'hush-other'")
            // What is open stays open.
            #expect(try daemon.post(DaemonUnderTest.report(2)).status == 200)
            try await server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'shop'")
            try await eventually("the old password is refused") {
                _ = try daemon.post(DaemonUnderTest.report(3))
                return try daemon.ask("/healthz").body.contains("password authentication failed")
            }
            let shown = try await shown(daemon)
            try write(url(server, password: "hush-other"), daemon)
            daemon.process?.signal(SIGHUP)
            try await daemon.process?.waitForOutput(containing: "configuration reloaded")
            try await eventually("200 again") { try daemon.post(DaemonUnderTest.report(4)).status == 200 }
            try await daemon.end()
            #expect(!shown.contains("hush-") && daemon.process?.errors.contains("hush-") == false)
        }

        @Test func `a server with another name, or of an authority that is not trusted, is refused`() async throws {
            let stranger = try await Certificates()
            let (right, wrong) = (try await server(), try await server("DNS:example.org"))
            let (certificate, password) = ("ECRYPTOPAY_CA_FILE", "check the user and the password")
            for (daemon, word, hint, otherHint) in [
                (try daemon(url(wrong)), "example.org", certificate, password),
                (
                    try daemon(url(right), trusting: stranger.authority), "certificate verify failed", certificate,
                    password
                ),
                (
                    try daemon(url(right, password: "hush-wrong")), "password authentication failed", password,
                    certificate
                ),
            ] {
                try daemon.launch()
                let process = try #require(daemon.process)
                #expect(try await process.waitForExit() == .code(77))
                #expect(process.errors.contains(word), "\(process.errors)")
                #expect(process.errors.contains(hint) && !process.errors.contains(otherHint), "\(process.errors)")
                #expect(!process.errors.contains("hush"))
                let check = try await daemon.run(["check", "--env-file", daemon.envFile])
                #expect(check.exit == .code(77) && check.errors.contains(hint), "\(check)")
                #expect(!check.errors.contains(otherHint), "\(check)")
                #expect(!(check.output + check.errors).contains("hush-"))
            }
        }
    }
#endif
