#if PostgreSQL
    import SharedLedger
    import Testing
    import TestSupport

    @testable import PostgreSQLStore

    /// Passwords and certificates, on TCP.
    @Suite(.ownThread, .serialized) struct PasswordTests {
        @Test func `a password is taken, and a wrong one is not shown`() async throws {
            let server = try await PostgreSQLServer(.plain)
            try await server.execute("CREATE ROLE shop LOGIN PASSWORD 'p@ss/wort'")
            #expect(try open("postgresql://shop:p%40ss%2Fwort@127.0.0.1:\(server.port)/postgres").isOpen)
            let wrong = try faultOfOpening("postgresql://shop:gehe%69m@127.0.0.1:\(server.port)/postgres")
            #expect(wrong.kind == .authentication)
            #expect(wrong.message.contains("28P01"))
            #expect(!wrong.message.contains("geheim"))
            let none = try faultOfOpening("postgresql://shop@127.0.0.1:\(server.port)/postgres?passfile=/nowhere")
            #expect(none.kind == .authentication)
        }

        @Test func `a password in the server's own words is blanked`() async throws {
            let server = try await PostgreSQLServer(.plain)
            try await server.execute("CREATE ROLE shop LOGIN PASSWORD 'geheim'")
            let connection = try open("postgresql://shop:geheim@127.0.0.1:\(server.port)/postgres")
            let fault = try connection.fault("SELECT geheim")
            #expect(fault.fault.message == "column \"***\" does not exist (SQLSTATE 42703)")
            let warning = try connection.run("DO $$ BEGIN RAISE WARNING 'geheim'; END $$")[0].warnings
            #expect(warning.map(\.message) == ["***"])
        }

        @Test func `secrets go, the longest first`() {
            let secrets = Secrets(["a b", "a b c", ""])
            #expect(secrets.redact("x a b c, a bc; a b.") == "x ***, ***c; ***.")
            #expect(Secrets([]).redact("nothing") == "nothing")
        }

        @Test func `the server's certificate is verified`() async throws {
            let certificates = try await Certificates()
            let server = try await PostgreSQLServer(.tls(try await certificates.issue(for: "IP:127.0.0.1")))
            try await server.execute("CREATE ROLE shop LOGIN PASSWORD 'geheim'")
            let base = "postgresql://shop:geheim@127.0.0.1:\(server.port)/postgres?sslmode=verify-full&sslrootcert="
            let connection = try open(base + certificates.authority)
            #expect(try connection.run("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")[0].bool(0, 0))
            let echo = Statement("echo", "SELECT $1", .bytea)
            let big = try connection.run(
                Pipeline(echo, .bytea([UInt8](repeating: 7, count: 1 << 22))), within: Deadline.patience)
            #expect(big[0].withBytes(0, 0) { $0.count } == 1 << 22)
            let strangers = try await Certificates()
            let stranger = try faultOfOpening(base + strangers.authority)
            #expect(stranger.kind == .certificate)
            #expect(stranger.message.contains("certificate verify failed"))
            let plain = try faultOfOpening("postgresql://shop:geheim@127.0.0.1:\(server.port)/postgres?sslmode=disable")
            #expect(plain.kind == .authentication)
        }

        @Test func `a certificate for another name is refused`() async throws {
            let certificates = try await Certificates()
            let server = try await PostgreSQLServer(.tls(try await certificates.issue(for: "DNS:example.org")))
            let fault = try faultOfOpening(
                "postgresql://postgres@127.0.0.1:\(server.port)/postgres?sslmode=verify-full&sslrootcert=\(certificates.authority)"
            )
            #expect(fault.kind == .certificate)
            #expect(fault.message.contains("example.org"))
        }
    }
#endif
