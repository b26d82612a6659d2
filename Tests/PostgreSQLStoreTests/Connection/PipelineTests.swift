#if PostgreSQL
    import Glibc
    import POSIX
    import SharedLedger
    import Testing
    import TestSupport

    @testable import PostgreSQLStore

    /// Statements that are sent together: what an error, a deadline and a lost connection make of them.
    @Suite(.ownThread, .serialized) struct PipelineTests {
        @Test func `an error ends the pipeline, and the connection goes on`() async throws {
            let server = try await SharedServer()
            let connection = try server.connect()
            try connection.run("CREATE TABLE t (a bigint PRIMARY KEY)", "INSERT INTO t VALUES (1)")
            let fault = try connection.fault(
                "BEGIN", "INSERT INTO t VALUES (2)", "INSERT INTO t VALUES (1)", "INSERT INTO t VALUES (3)", "COMMIT")
            #expect(fault.code == "23505")
            #expect(fault.fault.kind == .failed)
            #expect(fault.answers.map(\.tag) == ["BEGIN", "INSERT 0 1"])
            #expect(connection.isOpen)
            // The transaction has failed, but is open: it takes nothing but its end.
            #expect(try connection.fault("SELECT 1").code == "25P02")
            #expect(try connection.run("ROLLBACK")[0].tag == "ROLLBACK")
            #expect(try connection.run("SELECT count(*) FROM t")[0].int8(0, 0) == 1)
        }

        @Test func `a commit of a failed transaction is answered as a rollback`() async throws {
            let server = try await SharedServer()
            let connection = try server.connect()
            #expect(try connection.fault("BEGIN", "SELECT 1/0").code == "22012")
            #expect(try connection.run("COMMIT")[0].tag == "ROLLBACK")
        }

        @Test func `a pipeline without BEGIN is one transaction, also when its end fails`() async throws {
            let server = try await SharedServer()
            let connection = try server.connect()
            try connection.run("CREATE TABLE t (a bigint UNIQUE DEFERRABLE INITIALLY DEFERRED)")
            #expect(try connection.fault("INSERT INTO t VALUES (1)", "INSERT INTO t VALUES (1)").code == "23505")
            #expect(try connection.fault("INSERT INTO t VALUES (1)", "SELECT 1/0").code == "22012")
            #expect(try connection.run("SELECT count(*) FROM t")[0].int8(0, 0) == 0)
        }

        @Test func `a prepared statement is known after an error too`() async throws {
            let server = try await SharedServer()
            let connection = try server.connect()
            let good = Statement("good", "SELECT $1 + 1", .int8)
            let bad = Statement("bad", "SELECT nothing FROM nowhere")
            var pipeline = Pipeline(good, .int8(1))
            pipeline.add(bad)
            let fault = #expect(throws: PipelineFault.self) { try connection.run(pipeline, within: Deadline.patience) }
            #expect(fault?.code == "42P01")
            #expect(fault?.fault.kind == .schema)
            #expect(fault?.answers.isEmpty == true)
            for _ in 0..<2 {
                let answer = try connection.run(Pipeline(good, .int8(41)), within: Deadline.patience)[0]
                #expect(try answer.int8(0, 0) == 42)
            }
            #expect(try connection.run("SELECT count(*) FROM pg_prepared_statements")[0].int8(0, 0) == 1)
        }

        @Test func `more than the sockets hold goes out and comes back`() async throws {
            let server = try await SharedServer()
            let connection = try server.connect()
            let echo = Statement("echo", "SELECT $1", .bytea)
            var pipeline = Pipeline()
            for byte in 0..<64 { pipeline.add(echo, .bytea([UInt8](repeating: UInt8(byte), count: 500_000))) }
            let answers = try connection.run(pipeline, within: Deadline.patience)
            #expect(answers.count == 64)
            for (byte, answer) in answers.enumerated() {
                #expect(answer.withBytes(0, 0) { $0.count == 500_000 && $0.allSatisfy { $0 == UInt8(byte) } })
            }
        }

        @Test func `a deadline leaves open what became of the statements`() async throws {
            let server = try await PostgreSQLServer()
            let connection = try server.connect()
            try connection.run("CREATE TABLE t (a bigint)")
            let backend = try connection.backend
            server.suspend(backend: backend)
            let fault = try connection.fault("BEGIN", "INSERT INTO t VALUES (1)", "COMMIT", within: .milliseconds(100))
            #expect(fault.fault.kind == .deadline)
            #expect(fault.answers.isEmpty)
            #expect(!connection.isOpen)
            // What comes next was not sent.
            let next = try connection.fault("SELECT 1")
            #expect(next.fault.kind == .deadline)
            server.resume(backend: backend)
            // It had been sent, and it is carried out: nothing was cancelled.
            try await eventually("the late commit") { try await server.execute("SELECT count(*) FROM t") == "1" }
        }

        @Test func `what was answered before the server's end is known`() async throws {
            let server = try await SharedServer()
            let connection = try server.connect()
            try connection.run("CREATE TABLE t (a bigint)")
            let fault = try connection.fault(
                "BEGIN", "INSERT INTO t VALUES (1)", "COMMIT", "SELECT pg_terminate_backend(pg_backend_pid())",
                "SELECT 1")
            #expect(fault.answers.map(\.tag) == ["BEGIN", "INSERT 0 1", "COMMIT"])
            #expect(fault.code == "57P01")
            #expect(fault.fault.kind == .refused)
            #expect(!connection.isOpen)
            #expect(try await server.execute("SELECT count(*) FROM t") == "1")
        }

        @Test func `a server that is killed while it works leaves all open`() async throws {
            let server = try await PostgreSQLServer()
            let connection = try server.connect()
            let fault = try connection.fault("BEGIN", "SELECT pg_backend_pid()", "SELECT 1/0")
            let killer = Task.detached { [backend = try Int32(fault.answers[1].int8(0, 0))] in
                try await eventually("a statement under way") {
                    try await server.execute("SELECT wait_event FROM pg_stat_activity WHERE pid = \(backend)")
                        == "PgSleep"
                }
                kill(backend, SIGKILL)
            }
            try connection.run("ROLLBACK")
            let lost = try connection.fault("BEGIN", "SELECT pg_sleep(60)", "COMMIT")
            try await killer.value
            #expect(lost.fault.kind == .unreachable)
            #expect(lost.answers.count <= 1)
            #expect(!connection.isOpen)
        }

        @Test func `a server that takes no writes any more is left`() async throws {
            let server = try await PostgreSQLServer()
            let connection = try server.connect()
            try connection.run("CREATE TABLE t (i integer)")
            // As an operator does before another server takes this one's place: its sessions stay open.
            try await server.execute("ALTER SYSTEM SET default_transaction_read_only = on")
            try await server.execute("SELECT pg_reload_conf()")
            try await eventually("it is read-only") {
                try await server.execute("SHOW transaction_read_only") == "on"
            }
            let fault = try connection.fault("BEGIN", "INSERT INTO t VALUES (1)", "COMMIT")
            #expect(fault.fault.kind == .readOnly)
            #expect(!connection.isOpen)
        }

        @Test func `a connection that ended while idle is known before anything is sent`() async throws {
            let server = try await SharedServer()
            let connection = try server.connect()
            try await server.execute("SELECT pg_terminate_backend(\(try connection.backend), 20000)")
            let fault = try connection.fault("BEGIN", "COMMIT")
            #expect(fault.fault.kind == .refused)
            #expect(fault.fault.message.contains("57P01"))
            #expect(!connection.isOpen)
        }

        @Test func `a forgotten transaction is ended by the server`() async throws {
            let server = try await SharedServer()
            let connection = try server.connect()
            let backend = try connection.backend
            try connection.run("SET idle_in_transaction_session_timeout = '10ms'", "BEGIN")
            try await eventually("the end of the session") {
                try await server.execute("SELECT count(*) FROM pg_stat_activity WHERE pid = \(backend)") == "0"
            }
            let fault = try connection.fault("COMMIT")
            #expect(fault.fault.kind == .unreachable)
            #expect(fault.fault.message.contains("25P03"))
        }

        @Test func `warnings are those of the answer that they came before`() async throws {
            let server = try await SharedServer()
            let connection = try server.connect()
            let answers = try connection.run("BEGIN", "BEGIN", "SELECT 1", "COMMIT", "COMMIT", "DROP TABLE IF EXISTS t")
            #expect(answers.map { $0.warnings.map(\.code) } == [[], ["25001"], [], [], ["25P01"], []])
            #expect(try connection.run("SELECT 1")[0].warnings.isEmpty)
        }

        @Test func `a commit whose wait for the standby is cut short comes with a warning`() async throws {
            let server = try await PostgreSQLServer(settings: ["synchronous_standby_names": "nobody"])
            let connection = try server.connect()
            let backend = try connection.backend
            let canceller = Task.detached {
                try await eventually("a commit that waits") {
                    let waits = "SELECT wait_event FROM pg_stat_activity WHERE pid = \(backend)"
                    return try await server.execute(waits) == "SyncRep"
                }
                try await server.execute("SELECT pg_cancel_backend(\(backend))")
            }
            let answers = try connection.run("BEGIN", "CREATE TABLE t (a bigint)", "COMMIT")
            try await canceller.value
            #expect(answers[2].tag == "COMMIT")
            #expect(answers[2].warnings.count == 1)
            #expect(answers[2].warnings.first?.message.contains("synchronous replication") == true)
            #expect(answers[..<2].allSatisfy { $0.warnings.isEmpty })
        }
    }
#endif
