#if PostgreSQL
    import SharedLedger
    import SharedLedgerSimulation
    import TestSupport
    import Testing

    @testable import PostgreSQLStore

    /// The tables, and who makes them.
    @Suite(.ownThread) struct MigrationTests {
        @Test func `nodes that begin at the same time`() async throws {
            let server = try await PostgreSQLServer()
            try await withThrowingTaskGroup(of: String.self) { group in
                for number in 1...6 as ClosedRange<Int64> {
                    let database = try server.database()
                    group.addTask(executorPreference: database.executor) {
                        var identity = NodeIdentity.test(number)
                        identity.journal = "journal \(number)"
                        return try await database.join(identity).journal
                    }
                }
                // One of them has made the ledger.
                var journals: Set<String> = []
                for try await journal in group { journals.insert(journal) }
                #expect(journals.count == 1)
            }
            #expect(try await server.execute("SELECT version, node FROM ecryptopayd.version") == "1|")
            #expect(try await server.execute("SELECT count(*), max(turn) FROM ecryptopayd.nodes") == "6|0")
        }

        @Test func `a node that died while it migrated`() async throws {
            let server = try await PostgreSQLServer()
            let connection = try server.connect()
            for statement in Schema.beginning + Schema.steps[0].prefix(5) { try connection.run(statement) }
            try connection.run(
                "UPDATE ecryptopayd.version SET node = 7, until = clock_timestamp() + interval '1 hour'")
            var migration = Migration(connection, node: 1)
            migration.patience = .zero
            #expect(throws: DatabaseFault.self) { try migration.run() }
            do { try migration.run() } catch { #expect(error.kind == .lockTimeout) }
            #expect(try connection.run("SELECT version FROM ecryptopayd.version")[0].int8(0, 0) == 0)
            try connection.run("UPDATE ecryptopayd.version SET until = clock_timestamp() - interval '1 second'")
            _ = try await server.joined(2)
            #expect(try connection.run("SELECT version FROM ecryptopayd.version")[0].int8(0, 0) == 1)
        }

        @Test func `a step that failed half way is done again`() async throws {
            let server = try await PostgreSQLServer()
            let connection = try server.connect()
            var migration = Migration(connection, node: 1)
            migration.steps = [Schema.steps[0] + ["CREATE TABLE ecryptopayd.extra (a nonsense)"]]
            #expect(throws: DatabaseFault.self) { try migration.run() }
            #expect(try connection.run("SELECT version FROM ecryptopayd.version")[0].int8(0, 0) == 0)
            migration.steps = [Schema.steps[0], ["CREATE TABLE IF NOT EXISTS ecryptopayd.extra (a bigint)"]]
            try migration.run()
            #expect(try connection.run("SELECT version FROM ecryptopayd.version")[0].int8(0, 0) == 2)
            try connection.run("INSERT INTO ecryptopayd.extra VALUES (1)")
        }

        @Test func `tables of a later version`() async throws {
            let server = try await PostgreSQLServer()
            let running = try await server.joined(1)
            try await server.execute(
                "UPDATE ecryptopayd.version SET version = 2", "UPDATE ecryptopayd.ledger SET schema = 2")
            let later = await fault { try await server.joined(2) }
            #expect(later?.kind == .schema)
            #expect(later?.message.contains("version 2") == true)
            #expect(await fault { try await running.lock(after: .start) }?.kind == .schema)
            // The lock is not kept.
            try await server.execute("SET lock_timeout = '1s'; UPDATE ecryptopayd.ledger SET schema = 1")
            _ = try await running.lock(after: .start)
        }

        @Test func `a user without the right to make a schema`() async throws {
            let server = try await PostgreSQLServer()
            try await server.execute("CREATE ROLE shop LOGIN")
            let database = PostgreSQLDatabase(try ConnectionString(server.url(user: "shop")))
            #expect(await fault { try await database.join(.test(1)) }?.kind == .configuration)
            try await server.execute("CREATE SCHEMA ecryptopayd AUTHORIZATION shop")
            #expect(try await database.join(.test(1)).journal == "id")
        }

        @Test func `a copy that is not whole`() async throws {
            let server = try await PostgreSQLServer()
            _ = try await server.joined(1)
            try await server.execute("UPDATE ecryptopayd.ledger SET copying = true")
            let refusal = await fault { try await server.joined(2) }
            #expect(refusal?.kind == .configuration)
            #expect(refusal?.message.contains("journal copy") == true)
            #expect(try await server.execute("SELECT node FROM ecryptopayd.nodes") == "1")
        }
    }

    /// The fault that something ends with.
    func fault<Value>(_ body: () async throws -> Value) async -> DatabaseFault? {
        do { _ = try await body() } catch { return error as? DatabaseFault }
        return nil
    }
#endif
