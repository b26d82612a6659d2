#if PostgreSQL
    import Glibc
    import SharedLedger
    import Testing
    import TestSupport

    @testable import PostgreSQLStore

    /// Connecting: which server is taken, what the session is, and what is said when there is none.
    @Suite(.ownThread, .serialized) struct ConnectingTests {
        @Test func `a session has the time-outs, encoding and commit level that the program needs`() async throws {
            let server = try await PostgreSQLServer(settings: ["statement_timeout": "1000"])
            let connection = try server.connect()
            let names = [
                "application_name", "lock_timeout", "idle_in_transaction_session_timeout", "statement_timeout",
                "synchronous_commit", "client_encoding",
            ]
            let settings = try names.map { try connection.run("SELECT current_setting('\($0)')")[0].text(0, 0) }
            #expect(settings == ["ecryptopayd", "5s", "2s", "0", "on", "UTF8"])
            let named = try server.connect("&application_name=shop")
            #expect(try named.run("SHOW application_name")[0].text(0, 0) == "shop")
        }

        @Test(arguments: [
            ("off", "on"), ("local", "on"), ("remote_apply", "remote_apply"), ("remote_write", "remote_write"),
        ])
        func `commits are never less sure than the server's own`(server level: String, session: String) async throws {
            let server = try await PostgreSQLServer(settings: ["synchronous_commit": level])
            #expect(try server.connect().run("SHOW synchronous_commit")[0].text(0, 0) == session)
        }

        @Test func `a dead and a read-only server are passed over`() async throws {
            let (dead, standby, primary) = (
                try await PostgreSQLServer(), try await PostgreSQLServer(), try await PostgreSQLServer()
            )
            try await dead.killNine()
            try await standby.execute("ALTER SYSTEM SET default_transaction_read_only = on", "SELECT pg_reload_conf()")
            let hosts = [dead, standby, primary].map(\.socketDirectory).joined(separator: ",")
            let connection = try open("postgresql://postgres@/postgres?host=\(hosts)&port=5432")
            #expect(try connection.run("SHOW unix_socket_directories")[0].text(0, 0) == primary.socketDirectory)
            let two = [dead, standby].map(\.socketDirectory).joined(separator: ",")
            let fault = try faultOfOpening("postgresql://postgres@/postgres?host=\(two)&port=5432")
            #expect(fault.kind == .readOnly)
            #expect(fault.message.contains(dead.socketDirectory))
            #expect(fault.message.contains("\(standby.socketDirectory):5432: session is read-only"))
        }

        @Test func `a standby is passed over until it is promoted`() async throws {
            let primary = try await PostgreSQLServer()
            let standby = try await primary.makeStandby(synchronous: true)
            let hosts = [standby, primary].map(\.socketDirectory).joined(separator: ",")
            let url = "postgresql://postgres@/postgres?host=\(hosts)&port=5432"
            let connection = try open(url)
            try connection.run("CREATE TABLE t (a bigint)", "INSERT INTO t VALUES (7)")
            try await primary.killNine()
            #expect(try connection.fault("SELECT 1").fault.kind == .unreachable)
            #expect(!connection.isOpen)
            #expect(try faultOfOpening(url).kind == .readOnly)
            try await standby.promote()
            #expect(try open(url).run("SELECT a FROM t")[0].int8(0, 0) == 7)
        }

        @Test func `an address that does not answer takes its own time only`() async throws {
            let server = try await PostgreSQLServer()
            // Listens, so the kernel takes the connection, but never answers.
            let silent = try SilentServer()
            let url =
                "postgresql://postgres@/postgres?host=\(silent.directory),\(server.socketDirectory)"
                + "&port=5432&connect_timeout=2"
            #expect(try open(url).isOpen)
            let fault = try faultOfOpening(
                "postgresql://postgres@/postgres?host=\(silent.directory)", within: .milliseconds(50))
            #expect(fault.kind == .unreachable)
            #expect(fault.message.contains("no answer in time"))
        }

        @Test func `a missing server, a missing database and a full server are told apart`() async throws {
            let server = try await PostgreSQLServer(settings: [
                "max_connections": "2", "superuser_reserved_connections": "0",
            ])
            let missing = try faultOfOpening(server.url(database: "nothing"))
            #expect(missing.kind == .configuration)
            #expect(missing.message.contains("3D000"))
            let (one, other) = (try server.connect(), try server.connect())
            let full = try faultOfOpening(server.url())
            #expect(full.kind == .refused)
            #expect(full.message.contains("53300"))
            #expect(one.isOpen && other.isOpen)
            one.close()
            other.close()
            let url = server.url()
            try await server.stop()
            #expect(try faultOfOpening(url).kind == .unreachable)
            try await server.start()
            #expect(try open(url).isOpen)
        }

        @Test func `a database in another encoding than UTF8 is refused`() async throws {
            let server = try await PostgreSQLServer()
            try await server.execute("CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0")
            let fault = try faultOfOpening(server.url(database: "latin"))
            #expect(fault.kind == .configuration)
            #expect(fault.message.contains("LATIN1"))
        }

        @Test(arguments: [
            "postgresql://u:geheim@h/d?options=-c%20Synchronous_Commit%3Doff",
            "postgresql://u:geheim@h/d?target_session_attrs=standby", "postgresql://u:geheim@h1,h2/d?port=1,2,3",
        ])
        func `a URL that weakens commits or does not fit is refused without its password`(url: String) throws {
            let fault = try faultOfOpening(url)
            #expect(fault.kind == .configuration)
            #expect(!fault.message.contains("geheim"))
        }
    }
#endif
