#if PostgreSQL
    import SharedLedger
    import Testing
    import TestSupport

    @testable import PostgreSQLStore

    /// SQLSTATEs as a real server gives them.
    @Suite(.ownThread, .serialized) struct CodeTests {
        @Test func `a write in a read-only session is told as such`() async throws {
            let server = try await SharedServer()
            let connection = try server.connect()
            try connection.run("SET default_transaction_read_only = on")
            let fault = try connection.fault("CREATE TABLE t (a bigint)")
            #expect(fault.fault.kind == .readOnly)
            #expect(fault.fault.message.contains("25006"))
        }

        @Test func `a lock that is not granted is told from a conflict of two writers`() async throws {
            let server = try await SharedServer()
            let (one, other) = (try server.connect(), try server.connect())
            try one.run("CREATE TABLE t (a bigint)", "INSERT INTO t VALUES (1)")
            try other.run("BEGIN ISOLATION LEVEL REPEATABLE READ", "SELECT a FROM t")
            try one.run("BEGIN", "SELECT a FROM t FOR UPDATE")
            try other.run("SAVEPOINT s", "SET LOCAL lock_timeout = '10ms'")
            let late = try other.fault("SELECT a FROM t FOR UPDATE")
            #expect(late.code == "55P03")
            #expect(late.fault.kind == .lockTimeout)
            try other.run("ROLLBACK TO s")
            try one.run("UPDATE t SET a = 2", "COMMIT")
            let conflict = try other.fault("UPDATE t SET a = 3", "COMMIT")
            #expect(conflict.code == "40001")
            #expect(conflict.fault.kind == .conflict)
        }

        @Test func `a missing privilege is told from a missing table`() async throws {
            let server = try await PostgreSQLServer()
            try await server.execute("CREATE ROLE shop LOGIN; CREATE TABLE t (a bigint)")
            let connection = try open(server.url(user: "shop"))
            #expect(try connection.fault("SELECT a FROM t").fault.kind == .configuration)
            #expect(try connection.fault("SELECT a FROM u").fault.kind == .schema)
        }

        @Test(arguments: [
            ("53100", DatabaseFault.Kind.full), ("53200", .full), ("40P01", .conflict), ("57P03", .refused),
            ("53300", .refused), ("08006", .unreachable), ("08P01", .failed), ("28P01", .authentication),
            ("28000", .authentication), ("3D000", .configuration), ("XX000", .failed), ("57014", .failed),
        ])
        func `each SQLSTATE has its kind of fault`(code: String, kind: DatabaseFault.Kind) {
            #expect(DatabaseFault.Kind(sqlState: code) == kind)
        }

        @Test func `a prepared statement that a pooler has lost or another session has made names the pooler`()
            async throws
        {
            let server = try await SharedServer()
            let connection = try server.connect()
            let one = Pipeline(Statement("one", "SELECT 1"))
            _ = try connection.run(one, within: Deadline.patience)
            try connection.run("DEALLOCATE one")
            let lost = fault { try connection.ask(one) }
            #expect(lost?.kind == .configuration && lost?.message.contains("26000") == true)
            try connection.run("PREPARE two AS SELECT 1")
            let twice = fault { try connection.ask(Statement("two", "SELECT 1")) }
            #expect(twice?.kind == .configuration && twice?.message.contains("pooler in transaction mode") == true)
        }

        @Test func `a full disk is told as such`() async throws {
            let server = try await SharedServer()
            let fault = try server.connect().fault(
                "DO $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$")
            #expect(fault.fault == DatabaseFault(kind: .full, message: "could not extend file (SQLSTATE 53100)"))
        }
    }
#endif
