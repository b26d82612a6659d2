#if PostgreSQL
    import SharedLedger
    import Testing
    import TestSupport

    @testable import PostgreSQLStore

    /// Answers that are lost, and servers that are not what they were.
    @Suite(.ownThread, .serialized) struct DoubtTests {
        @Test(arguments: [CuttingProxy.Cut.before, .after])
        func `reports without an answer are inserted again under new numbers`(cut: CuttingProxy.Cut) async throws {
            let (server, proxy, database) = try await Self.behindProxy()
            _ = try database.accept([.test(1)], knownOnly: false, notifies: false)
            proxy.cut(cut, "accept\u{0}")
            #expect(fault { try database.accept([.test(2)], knownOnly: false, notifies: false) } != nil)
            try await eventually("what was sent is carried out") {
                try await server.execute("SELECT count(*) FROM ecryptopayd.inbox") == (cut == .after ? "2" : "1")
            }
            _ = try database.accept([.test(3)], knownOnly: false, notifies: false)
            #expect(try database.wholeInbox(atMost: 9).map(\.number) == (cut == .after ? [1, 2, 3] : [1, 3]))
            #expect(proxy.count == 1)
        }

        @Test(arguments: [CuttingProxy.Cut.before, .after])
        func `the lease, taken again, tells what became of a write`(cut: CuttingProxy.Cut) async throws {
            let (_, proxy, database) = try await Self.behindProxy()
            #expect(try database.takeLease(.test(1))?.epoch == 1)
            #expect(try database.append(LedgerBatch([.received(1)]), epoch: 1))
            proxy.cut(cut, "append_reports")
            #expect(fault { try database.append(LedgerBatch([.received(2)]), epoch: 1) } != nil)
            let grant = try #require(try database.takeLease(.test(1, 1)))
            #expect(grant.epoch == 2)
            if cut == .before { #expect(grant.last?.seq == 1) }
            let last = grant.last?.seq ?? 0
            // Should it have come late, the epoch stops it.
            #expect(try database.append(LedgerBatch([.received(last + 1)]), epoch: 2))
            #expect(try database.page(after: 0, upTo: last + 1, atMost: 999).map(\.seq) == Array(1...last + 1))
        }

        @Test(arguments: [CuttingProxy.Cut.before, .after])
        func `a lease that was taken without an answer is taken again`(cut: CuttingProxy.Cut) async throws {
            let (_, proxy, database) = try await Self.behindProxy()
            #expect(try database.takeLease(.test(1))?.epoch == 1)
            proxy.cut(cut, "take_over")
            #expect(fault { try database.takeLease(.test(1, 1)) } != nil)
            let grant = try #require(try database.takeLease(.test(1, 1)))
            #expect(grant.epoch == 2 || grant.epoch == 3)
        }

        @Test func `a connection that ended while idle is made anew before anything is sent`() async throws {
            let server = try await PostgreSQLServer()
            let database = try server.prepared()
            #expect(try database.takeLease(.test(1))?.epoch == 1)
            _ = try database.accept([.test(1)], knownOnly: false, notifies: false)
            try await server.restart()
            _ = try database.accept([.test(2)], knownOnly: false, notifies: false)
            #expect(try database.append(LedgerBatch([.received(1)]), epoch: 1))
            #expect(try database.wholeInbox(atMost: 9).count == 2)
        }

        @Test func `a database that was set back is refused`() async throws {
            let server = try await PostgreSQLServer()
            let database = try server.prepared()
            #expect(try database.takeLease(.test(1))?.epoch == 1)
            #expect(try database.append(LedgerBatch([.received(1), .received(2)]), epoch: 1))
            let line = RecordRow.received(2).line
            database.proof.note(epoch: 1)
            database.proof.note(2, head: StoredRecord(seq: 2, line: line).head)
            func reconnected() async throws -> DatabaseFault? {
                try await server.restart()
                return fault { try database.page(after: 0, upTo: 0, atMost: 999) }
            }
            #expect(try await reconnected() == nil)
            try await server.execute("UPDATE ecryptopayd.records SET line = 'line of another' WHERE seq = 2")
            let other = try await reconnected()
            #expect(other?.kind == .behind && other?.message.contains("has another record 2") == true)
            try await server.execute("DELETE FROM ecryptopayd.records WHERE seq = 2")
            #expect(try await reconnected()?.message.contains("lacks record 2") == true)
            // What was pruned need not be there.
            try await server.execute("INSERT INTO ecryptopayd.gaps VALUES (1, 2)")
            #expect(try await reconnected() == nil)
            try await server.execute("UPDATE ecryptopayd.lease SET epoch = 0")
            let earlier = try await reconnected()
            #expect(earlier?.kind == .behind && earlier?.message.contains("is in epoch 0") == true)
        }

        @Test func `a former primary is passed over`() async throws {
            let former = try await PostgreSQLServer()
            let database = try former.prepared()
            #expect(try database.takeLease(.test(1))?.epoch == 1)
            let primary = try await former.makeStandby(synchronous: true)
            #expect(try database.append(LedgerBatch([.received(1)]), epoch: 1))
            try await primary.promote()
            let hosts = [former, primary].map(\.socketDirectory).joined(separator: ",")
            let node = try PostgreSQLDatabase(url: "postgresql://postgres@/postgres?host=\(hosts)&port=5432")
            // It has only been connected to the one that does not know yet.
            #expect(try node.prepare(journal: "id").journal == "id")
            let reader = try PostgreSQLDatabase(url: "postgresql://postgres@/postgres?host=\(hosts)&port=5432")
            _ = try reader.prepare(journal: "id")
            #expect(try reader.page(after: 0, upTo: 1, atMost: 999).count == 1)
            let other = try primary.prepared()
            #expect(try other.takeLease(.test(1))?.epoch == 2)
            #expect(try other.append(LedgerBatch([.received(2)]), epoch: 2))
            // A connection that is open finds out by what is asked of it.
            _ = try node.page(after: 0, upTo: 1, atMost: 999)
            #expect(fault { try node.page(after: 0, upTo: 2, atMost: 999) }?.kind == .behind)
            reader.proof.note(epoch: 2)
            #expect(fault { try reader.page(after: 0, upTo: 1, atMost: 999) }?.kind == .behind)
            #expect(fault { try reader.records([1]) } == nil)
            node.proof.note(2, head: RecordRow.received(2).line[...])
            #expect(try node.page(after: 0, upTo: 2, atMost: 999).map(\.seq) == [1, 2])
            #expect(try node.watch(.test(3), writes: true).lease?.epoch == 2)
            try await primary.stop()
            let fault = fault { try node.watch(.test(3), writes: false) }
            #expect(fault?.kind == .behind && fault?.message.contains(former.socketDirectory) == true)
        }

        private static func behindProxy() async throws -> (PostgreSQLServer, CuttingProxy, PostgreSQLDatabase) {
            let server = try await PostgreSQLServer()
            let proxy = try CuttingProxy(server)
            let database = try PostgreSQLDatabase(url: proxy.url)
            _ = try database.prepare(journal: "id")
            return (server, proxy, database)
        }
    }
#endif
