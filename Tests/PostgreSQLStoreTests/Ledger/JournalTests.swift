#if PostgreSQL
    import SharedLedger
    import Testing
    import TestSupport

    @testable import PostgreSQLStore

    /// The ledger as commands see it, and what a check tells.
    @Suite(.ownThread, .serialized) struct JournalTests {
        @Test func `a ledger's numbers, gaps, checkpoint and nodes are told`() async throws {
            let server = try await SharedServer()
            let database = try PostgreSQLDatabase(url: server.url())
            #expect(try database.journal.standing() == nil)
            #expect(try database.journal.last() == 0)
            _ = try database.prepare(journal: "id")
            _ = try database.watch(.test(1), writes: true)
            #expect(try database.takeLease(.test(1)) != nil)
            let records: [RecordRow] = [.other("opened", 1), .received(2), .other("opened", 3), .received(4)]
            #expect(try database.append(LedgerBatch(records), epoch: 1))
            #expect(try database.save(StoredCheckpoint(seq: 2, bytes: 34, segments: 1, state: [5]), epoch: 1))
            #expect(try database.drop(before: 3, epoch: 1))
            let standing = try #require(try database.journal.standing())
            #expect(standing.journal == "id" && !standing.isCopying && standing.seq == 4 && standing.checkpoint == 2)
            #expect(standing.bytes == 34 && standing.segments == 1 && standing.nodes == ["node 1"])
            #expect(standing.gaps == [1...2] && standing.now > 0)
            #expect(try database.journal.last() == 4)
            #expect(try database.journal.opened() == records[2].line)
            try database.journal.removeRemains()
            let seen = try database.journal.look { standing, checkpoint in
                #expect(standing.seq == 4 && checkpoint?.state == [5])
                return [RecordRow]()
            } _: {
                $0.append($1)
            }
            #expect(seen == Array(records[2...]))
        }

        @Test func `a selection from a large ledger is looked through in stretches`() async throws {
            let server = try await SharedServer()
            let database = try server.prepared()
            let count = 3 * Int64(PostgreSQLJournal.stretch)
            try await server.execute(
                """
                INSERT INTO ecryptopayd.records SELECT n, 1, CASE WHEN n % 9000 = 0 THEN 'confirmed' ELSE 'received' END, \
                CASE WHEN n % 9000 = 0 THEN 7 END, false, n, 'x' FROM generate_series(1, \(count)) AS n
                """)
            func all(_ change: (inout PostgreSQLJournal.Selection) -> Void) throws -> [Int64] {
                var selection = PostgreSQLJournal.Selection()
                change(&selection)
                var found: [Int64] = []
                while true {
                    let page = try database.journal.records(selection)
                    found += page.map(\.seq)
                    guard page.count == PostgreSQLJournal.page, let last = page.last?.seq else { return found }
                    selection.after = last
                }
            }
            #expect(try all { $0.payment = 7 } == [9000, 18000, 27000])
            #expect(try all { $0.kinds = ["confirmed"] } == [9000, 18000, 27000])
            #expect(try all { $0.since = count - 2 } == [count - 2, count - 1, count])
            #expect(try all { $0.after = count - 700 } == Array(count - 699...count))
        }

        @Test func `a copy is begun, gone on with, and finished`() async throws {
            let server = try await SharedServer()
            let database = try PostgreSQLDatabase(url: server.url())
            let journal = database.journal
            #expect(try journal.beginCopy(of: "copied") == 0)
            let first: [RecordRow] = [.other("opened", 3), .received(4)]
            try journal.append(first, behind: 0)
            try journal.append(first, behind: 0)
            #expect(fault { try database.prepare(journal: "id") }?.kind == .configuration)
            #expect(fault { try journal.beginCopy(of: "other") }?.kind == .configuration)
            #expect(try journal.beginCopy(of: "copied") == 4)
            try journal.append([.received(7)], behind: 4)
            #expect(fault { try journal.append([.received(9)], behind: 4) }?.kind == .failed)
            #expect(try journal.standing()?.isCopying == true)
            try journal.finishCopy()
            #expect(try journal.standing()?.gaps == [1...2, 5...6])
            #expect(try database.prepare(journal: "id").journal == "copied")
            #expect(try database.takeLease(.test(1))?.pruned == 2)
            #expect(try database.records([3, 5, 7]).map(\.seq) == [3, 7])
            #expect(fault { try journal.beginCopy(of: "copied") }?.kind == .configuration)
        }

        @Test func `a ledger that nothing was written into may be copied over, but not while a node uses it`()
            async throws
        {
            let server = try await SharedServer()
            let database = try server.prepared()
            _ = try database.watch(.test(1), writes: true)
            #expect(fault { try database.journal.beginCopy(of: "copied") }?.message.contains("node 1") == true)
            #expect(try database.journal.standing()?.isCopying == false)
            try database.leave(1)
            #expect(try database.journal.beginCopy(of: "copied") == 0)
        }

        @Test func `a check tells what may lose commits`() async throws {
            let names = ["fsync", "full_page_writes", "synchronous_commit"]
            let server = try await PostgreSQLServer(
                settings: Dictionary(uniqueKeysWithValues: names.map { ($0, "off") }))
            let warnings = try PostgreSQLDatabase(url: server.url()).check()
            #expect(warnings.count == 3, "\(warnings)")
            for name in names { #expect(warnings.contains { $0.hasPrefix("runs with \(name) = off") }, "\(warnings)") }
            let standby = try await server.makeStandby(synchronous: false)
            #expect(fault { try PostgreSQLDatabase(url: standby.url()).check() }?.kind == .readOnly)
            #expect(
                fault { try PostgreSQLDatabase(url: standby.url("&target_session_attrs=any")).check() }?.kind
                    == .readOnly)
        }

        @Test func `a ledger that is half a copy, or gone, is told by a check, and nobody is told to begin anew`()
            async throws
        {
            let server = try await SharedServer()
            let database = try server.prepared()
            #expect(fault { try database.check() } == nil)
            try await server.execute("UPDATE ecryptopayd.ledger SET copying = true")
            let copy = fault { try database.check() }
            #expect(copy?.message.contains("a copy that was not finished") == true && copy?.hasHint == true)
            try await server.execute("DELETE FROM ecryptopayd.ledger")
            #expect(fault { try database.check() } == nil)
            #expect(try database.journal.standing() == nil)
            try await server.execute("INSERT INTO ecryptopayd.records VALUES (1, 1, 'received', 7, false, 1, 'line')")
            #expect(fault { try database.check() }?.kind == .damaged)
            #expect(fault { try database.journal.standing() }?.kind == .damaged)
            #expect(fault { try server.prepared() }?.kind == .damaged)
        }

        @Test func `a check tells which privilege is lacking, as a start would`() async throws {
            let server = try await PostgreSQLServer()
            try await server.execute("CREATE ROLE shop LOGIN")
            let database = try PostgreSQLDatabase(url: server.url(user: "shop"))
            func expect(_ words: String) throws {
                let told = try #require(fault { try database.check() })
                #expect(told.kind == .configuration && told.message.contains(words))
                #expect(fault { try database.prepare(journal: "id") }?.kind == .configuration)
            }
            try expect("GRANT CREATE ON DATABASE postgres TO shop")
            try await server.execute("CREATE SCHEMA ecryptopayd")
            try expect("GRANT USAGE ON SCHEMA ecryptopayd TO shop")
            try await server.execute("GRANT USAGE ON SCHEMA ecryptopayd TO shop")
            try expect("GRANT CREATE ON SCHEMA ecryptopayd TO shop")
            try await server.execute("GRANT CREATE ON SCHEMA ecryptopayd TO shop")
            #expect(try database.check() == [])
            #expect(try database.prepare(journal: "id").journal == "id")
            try await server.execute("REVOKE DELETE ON ecryptopayd.inbox FROM shop")
            let told = try #require(fault { try database.check() })
            #expect(told.kind == .configuration && told.message.contains("GRANT DELETE ON ecryptopayd.inbox TO shop"))
        }
    }
#endif
