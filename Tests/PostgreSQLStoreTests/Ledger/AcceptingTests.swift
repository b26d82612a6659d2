#if PostgreSQL
    import SharedLedger
    import Synchronization
    import Testing
    import TestSupport

    @testable import PostgreSQLStore

    /// Reports on their way into the inbox, and who is told.
    @Suite(.ownThread, .serialized) struct AcceptingTests {
        @Test func `reports come back from the inbox as they were accepted, and no number twice`() async throws {
            let server = try await SharedServer()
            let database = try server.prepared()
            let reports: [InboxReport] = [
                .test(1, peer: "192.0.2.1:80"), .test(2, deviations: ["one", "two\u{0}\nlines"]),
                .test(3, payment: Int64.max, peer: "\u{1F600}'\"\\{,}", deviations: [""]),
            ]
            #expect(try database.accept(reports, knownOnly: false, notifies: true) == [])
            #expect(try database.accept([.test(8)], knownOnly: false, notifies: false) == [])
            let stored = try database.wholeInbox(atMost: 9)
            #expect(stored.map(\.number) == [1, 2, 3, 8])
            #expect(Array(stored.prefix(3)) == reports)
            // Its row is not there yet.
            #expect(try database.inbox(behind: [:], atMost: 9).isEmpty)
            let standing = try database.watch(.test(1), writes: true)
            let oldest = try #require(standing.oldestReportAt)
            #expect(oldest <= standing.time && standing.time - oldest < 60_000_000_000)
            #expect(try database.inbox(behind: [1: 3], atMost: 9).map(\.number) == [8])
            #expect(try database.oldestReport(of: 1, from: 4) == 8)
            #expect(try database.oldestReport(of: 1, from: 9) == nil)
            #expect(
                fault {
                    try database.accept([.test(9), .test(8)], knownOnly: false, notifies: false)
                } != nil)
            #expect(try database.oldestReport(of: 1, from: 9) == nil)
        }

        @Test func `when only known payments are accepted, reports of others are left out`() async throws {
            let server = try await SharedServer()
            let database = try server.prepared()
            #expect(try database.takeLease(.test(1)) != nil)
            let records: [RecordRow] = [
                .other("confirmed", 1, payment: 5), .other("known", 2, payment: 6), .received(3, payment: 7),
            ]
            #expect(try database.append(LedgerBatch(records), epoch: 1))
            let reports: [InboxReport] = (4...7).map { .test($0, payment: $0, peer: "peer \($0)") }
            #expect(try database.accept(reports, knownOnly: true, notifies: true) == [4, 7])
            #expect(try database.accept([.test(8)], knownOnly: true, notifies: true) == [8])
            #expect(try database.wholeInbox(atMost: 9).map(\.number) == [5, 6])
        }

        @Test func `no report is accepted by half a copy, nor by a server that is behind`() async throws {
            let server = try await SharedServer()
            let database = try server.prepared()
            func accept(_ number: Int64) -> DatabaseFault? {
                fault {
                    try database.accept([.test(number)], knownOnly: number == 2, notifies: true)
                }
            }
            try await server.execute("UPDATE ecryptopayd.ledger SET copying = true")
            #expect(accept(1)?.kind == .configuration && accept(2)?.kind == .configuration)
            #expect(fault { try database.takeLease(.test(1)) }?.kind == .configuration)
            #expect(fault { try server.prepared() }?.kind == .configuration)
            try await server.execute("UPDATE ecryptopayd.ledger SET copying = false")
            database.proof.note(epoch: 1)
            // The first by the connection that was there, the second by one that is refused.
            #expect(accept(1)?.kind == .behind && accept(2)?.kind == .behind)
            #expect(try await server.execute("SELECT count(*) FROM ecryptopayd.inbox") == "0")
        }

        @Test func `the other nodes are notified of reports, records, leases and commands`() async throws {
            let server = try await SharedServer()
            let (one, other) = (try server.prepared(), try server.prepared())
            let heard = Mutex<[LedgerNotification]>([])
            let own = Mutex<[LedgerNotification]>([])
            other.listen { notification in heard.withLock { $0.append(notification) } }
            one.listen { notification in own.withLock { $0.append(notification) } }
            func hear(_ wanted: LedgerNotification) async throws {
                try await eventually("\(wanted)") { heard.withLock { $0.contains(wanted) } }
                heard.withLock { $0 = [] }
            }
            // Behind every connection, since something may have been missed.
            try await hear(.other)
            try await eventually("the first") { own.withLock { $0 == [.other] } }
            _ = try one.accept([.test(1)], knownOnly: false, notifies: true)
            try await hear(.inbox)
            one.announce(durable: 7, head: Array("crc and more".utf8))
            try await hear(.records(durable: 7, head: Array("crc and more".utf8)))
            _ = try one.takeLease(.test(1))
            try one.releaseLease(epoch: 1, durable: 0)
            try await hear(.other)
            let command = try one.ask("drop", of: 1)
            try await hear(.other)
            try one.answer(command, with: "done")
            try await hear(.other)
            try await server.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'"
            )
            try await hear(.other)
            other.listen(nil)
            // A node's own are not for it.
            #expect(own.withLock { Set($0) } == [.other])
            try other.releaseLease(epoch: 0, durable: 0)
        }

        @Test func `four threads accept, watch and read at once, and no report is lost`() async throws {
            let server = try await PostgreSQLServer()
            let database = try server.prepared()
            #expect(try database.takeLease(.test(1)) != nil)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for thread in 1...4 as ClosedRange<Int64> {
                    group.addTask {
                        for round in 0..<20 as Range<Int64> {
                            _ = try database.accept(
                                [.test(thread * 100 + round)], knownOnly: false, notifies: true)
                            _ = try database.watch(.test(thread), writes: true)
                            _ = try database.checkpoint()
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try database.wholeInbox(atMost: 99).count == 80)
        }
    }
#endif
