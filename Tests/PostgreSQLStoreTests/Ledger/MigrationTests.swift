#if PostgreSQL
    import Ledger
    import Payments
    import SharedLedger
    import Testing
    import TestSupport

    @testable import PostgreSQLStore

    /// The tables, and who makes them.
    @Suite(.ownThread, .serialized) struct MigrationTests {
        @Test func `nodes that start at the same time make one ledger`() async throws {
            let server = try await SharedServer()
            try await withThrowingTaskGroup(of: String.self) { group in
                for number in 1...6 {
                    group.addTask {
                        try PostgreSQLDatabase(url: server.url()).prepare(journal: "journal \(number)").journal
                    }
                }
                // One of them has made the ledger.
                var journals: Set<String> = []
                for try await journal in group { journals.insert(journal) }
                #expect(journals.count == 1)
            }
            #expect(try await server.execute("SELECT version FROM ecryptopayd.version") == "2")
            #expect(try await server.execute("SELECT epoch, node FROM ecryptopayd.lease") == "0|")
        }

        @Test func `a node that waits too long for another's migration fails, and succeeds later`() async throws {
            let server = try await SharedServer()
            let connection = try server.connect()
            try connection.run("SET idle_in_transaction_session_timeout = 0", "BEGIN")
            try connection.run("SELECT pg_advisory_xact_lock(1701016185)")
            #expect(fault { try server.prepared() }?.kind == .lockTimeout)
            connection.close()
            _ = try server.prepared()
        }

        @Test
        func `a migration from version 1 that is interrupted at any statement changes nothing, and can be run again`()
            async throws
        {
            let server = try await SharedServer()
            let connection = try server.connect()
            for statement in FirstSchema.beginning + FirstSchema.tables + FirstSchema.content(living: "-1 second") {
                try connection.run(statement)
            }
            for count in 0...Schema.statements.count {
                var migration = Migration(connection)
                migration.statements = Schema.statements.prefix(count) + ["an interruption"]
                #expect(throws: DatabaseFault.self) { try migration.run() }
                #expect(try connection.run("SELECT version FROM ecryptopayd.version")[0].int8(0, 0) == 1)
                #expect(try connection.run("SELECT node, call FROM ecryptopayd.records")[0].count == 3)
            }
            try Migration(connection).run()
            try Migration(connection).run()
            try check(PostgreSQLDatabase(url: server.url()))
        }

        @Test func `what version 1 left when its first start was interrupted is migrated`() async throws {
            let server = try await SharedServer()
            let connection = try server.connect()
            for statement in FirstSchema.beginning + FirstSchema.tables.prefix(5) { try connection.run(statement) }
            try connection.run("UPDATE ecryptopayd.version SET version = 0")
            #expect(try server.prepared().takeLease(.test(1))?.epoch == 1)
        }

        private func check(_ database: PostgreSQLDatabase) throws {
            let identity = try database.prepare(journal: "another")
            #expect(identity == LedgerIdentity(journal: "id", opened: Array("two".utf8)))
            #expect(try database.takeLease(.test(1))?.last?.seq == 4)
            #expect(try database.append(LedgerBatch([.received(5)]), epoch: 1))
            #expect(try database.changes(.payment(7), upTo: 5).map(\.seq) == [4])
            #expect(try database.page(after: 0, upTo: 5, atMost: 1000).map(\.seq) == [2, 3, 4, 5])
            _ = try database.watch(.test(1), writes: true)
            _ = try database.accept([.test(1)], knownOnly: true, notifies: false)
        }

        @Test func `nothing is migrated while a node of version 1 lives`() async throws {
            let server = try await SharedServer()
            let connection = try server.connect()
            for statement in FirstSchema.beginning + FirstSchema.tables + FirstSchema.content(living: "1 hour") {
                try connection.run(statement)
            }
            let database = try PostgreSQLDatabase(url: server.url())
            let refusal = try #require(fault { try database.prepare(journal: "id") })
            #expect(refusal.kind == .configuration)
            #expect(refusal.message.contains("on old: stop all nodes"))
            #expect(fault { try database.journal.standing() }?.kind == .schema)
            #expect(try connection.run("SELECT count(*) FROM ecryptopayd.known")[0].int8(0, 0) == 1)
            try connection.run("DELETE FROM ecryptopayd.nodes")
            try check(database)
        }

        @Test func `tables that were migrated equal those that were made anew`() async throws {
            let server = try await SharedServer()
            let connection = try server.connect()
            let tables = """
                SELECT string_agg(c.relname || ' ' || a.attname || ' ' || a.attnotnull || ' ' || format_type(a.atttypid, NULL), ', ' \
                ORDER BY c.relname, a.attname) FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid \
                WHERE c.relnamespace = 'ecryptopayd'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped
                """
            _ = try server.prepared()
            let new = try connection.run(tables)[0].text(0, 0)
            try connection.run("DROP SCHEMA ecryptopayd CASCADE")
            for statement in FirstSchema.beginning + FirstSchema.tables { try connection.run(statement) }
            _ = try server.prepared()
            #expect(try connection.run(tables)[0].text(0, 0) == new)
        }

        @Test func `tables of a later version are refused`() async throws {
            let server = try await SharedServer()
            let database = try server.prepared()
            try await server.execute("UPDATE ecryptopayd.version SET version = 3")
            let later = try #require(fault { try server.prepared() })
            #expect(later.kind == .schema && later.message.contains("version 3"))
            #expect(fault { try database.check() }?.kind == .schema)
            #expect(fault { try database.journal.standing() }?.kind == .schema)
        }

        @Test func `every write succeeds while all tables are published`() async throws {
            let server = try await PostgreSQLServer(settings: ["wal_level": "logical"])
            let database = try server.prepared()
            try await server.execute("CREATE PUBLICATION everything FOR ALL TABLES")
            #expect(try database.takeLease(.test(1))?.epoch == 1)
            _ = try database.accept([.test(1)], knownOnly: false, notifies: false)
            let taken = [InboxRange(node: 1, numbers: 1...1)]
            #expect(try database.append(LedgerBatch([.received(1), .other("opened", 2)], taken: taken), epoch: 1))
            for seq in 1...2 as ClosedRange<Int64> {
                #expect(try database.save(StoredCheckpoint(seq: seq, bytes: 1, segments: 1, state: [1]), epoch: 1))
            }
            #expect(try database.drop(before: 2, epoch: 1))
            _ = try database.watch(.test(1), writes: true)
            _ = try database.watch(.test(1), writes: true)
            try database.leave(1)
            let command = try database.ask("stay", of: 1)
            #expect(try database.takeCommands(epoch: 1)?.count == 1)
            try database.answer(command, with: "yes")
            try database.withdraw(command)
        }
    }
#endif
