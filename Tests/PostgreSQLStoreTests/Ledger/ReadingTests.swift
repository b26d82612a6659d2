#if PostgreSQL
    import Ledger
    import Payments
    import SharedLedger
    import Testing
    import TestSupport

    @testable import PostgreSQLStore

    /// Records that are read, and dropped; checkpoints; commands; nodes.
    @Suite(.ownThread, .serialized) struct ReadingTests {
        @Test func `records are read by number and in pages of a bounded size`() async throws {
            let server = try await SharedServer()
            let database = try server.prepared()
            #expect(try database.takeLease(.test(1)) != nil)
            #expect(try database.append(LedgerBatch((1...3000).map { .received($0) }), epoch: 1))
            #expect(try database.records([]).isEmpty)
            #expect(try database.records([7, 3, 2]).map(\.seq) == [2, 3, 7])
            #expect(try database.records((1...2500).reversed()).map(\.seq) == Array(1...2500))
            let page = try database.page(after: 10, upTo: 3000, atMost: 10_000)
            #expect(page.map(\.seq) == Array(11..<11 + Int64(page.count)))
            let size = page.reduce(0) { $0 + $1.line.count }
            #expect(size <= 10_000 && size > 9900)
            #expect(try database.page(after: 10, upTo: 12, atMost: 100_000).map(\.seq) == [11, 12])
            #expect(try database.page(after: 10, upTo: 3000, atMost: 1).map(\.seq) == [11])
            #expect(try database.page(after: 0, upTo: 3000, atMost: .max).map(\.seq) == Array(1...3000))
            #expect(fault { try database.records([3001]) }?.kind == .behind)
        }

        @Test func `records are found by time, and what was news of a payment`() async throws {
            let server = try await SharedServer()
            let database = try server.prepared()
            #expect(try database.first(since: 0, upTo: 0) == nil)
            #expect(try database.takeLease(.test(1)) != nil)
            let records: [RecordRow] = (1...100).map { seq in
                seq % 10 == 0
                    ? .other("confirmed", seq, payment: seq / 20, news: seq != 50, time: seq * 2)
                    : .received(seq, time: seq * 2)
            }
            #expect(try database.append(LedgerBatch(records), epoch: 1))
            #expect(try database.first(since: 0, upTo: 100) == 1)
            #expect(try database.first(since: 51, upTo: 100) == 26)
            #expect(try database.first(since: 51, upTo: 25) == nil)
            #expect(try database.first(since: 201, upTo: 100) == nil)
            #expect(try database.changes(.record(40), upTo: 100).map(\.payment) == [2])
            #expect(try database.changes(.record(50), upTo: 100).isEmpty)
            #expect(try database.changes(.payment(3), upTo: 100).map(\.seq) == [60, 70])
            #expect(try database.changes(.payment(3), upTo: 69).map(\.seq) == [60])
            #expect(try database.changes(.since(120), upTo: 100).map(\.seq) == [60, 70, 80, 90, 100])
            #expect(fault { try database.changes(.since(0), upTo: 101) }?.kind == .behind)
        }

        @Test func `news is found on both sides of a gap of any size`() async throws {
            let server = try await PostgreSQLServer()
            let database = try server.prepared()
            #expect(try database.takeLease(.test(1))?.epoch == 1)
            #expect(try database.append(LedgerBatch([.other("confirmed", 1, payment: 1, news: true)]), epoch: 1))
            // So many steps of one stretch each would not come to their end.
            let far = Int64(1) << 50
            var batch = LedgerBatch([.other("confirmed", far, payment: 2, news: true, time: 2)])
            batch.gap = 2...far - 1
            #expect(try database.append(batch, epoch: 1))
            #expect(try database.changes(.since(0), upTo: far).map(\.seq) == [1, far])
            #expect(try database.first(since: 2, upTo: far) == far)
        }

        @Test func `old segments are dropped, and count no more`() async throws {
            let server = try await SharedServer()
            let database = try server.prepared()
            #expect(try database.takeLease(.test(1)) != nil)
            let kinds: [Int64: String] = [1: "opened", 5: "confirmed", 6: "baseline"]
            let records: [RecordRow] = (1...30).map { seq in
                kinds[seq % 10].map { .other($0, seq, payment: 7, time: seq) } ?? .received(seq, time: seq)
            }
            let bytes = { (seqs: ClosedRange<Int64>) in
                Int64(seqs.reduce(0) { $0 + "line of record \($1)\n".utf8.count })
            }
            #expect(try database.append(LedgerBatch(records), epoch: 1))
            #expect(try database.size(after: 0, upTo: .max) == (bytes(1...30), 3))
            #expect(try database.old(before: 10, limit: 99) == nil)
            #expect(
                try database.old(before: 11, limit: 99)
                    == OldRecords(end: 11, records: 10, bytes: bytes(1...10), segments: 1))
            #expect(try database.old(before: 99, limit: 99)?.end == 21)
            #expect(try database.old(before: 99, limit: 20)?.end == 11)
            #expect(try database.knowledge(after: 0, before: 16, atMost: 9).map(\.seq) == [5, 6, 15])
            #expect(try database.knowledge(after: 5, before: 99, atMost: 2).map(\.seq) == [6, 15])
            let checkpoint = StoredCheckpoint(seq: 15, bytes: bytes(1...15), segments: 2, state: [1])
            #expect(try database.save(checkpoint, epoch: 1))
            #expect(try !database.drop(before: 11, epoch: 2))
            // Removing stops, and the records count no more all the same.
            let holder = try server.connect()
            try holder.run(
                "SET idle_in_transaction_session_timeout = 0", "BEGIN",
                "SELECT 1 FROM ecryptopayd.records WHERE seq = 3 FOR UPDATE")
            #expect(try database.drop(before: 11, epoch: 1))
            try holder.run("ROLLBACK")
            #expect(try await server.execute("SELECT min(seq) FROM ecryptopayd.records") == "3")
            #expect(try database.page(after: 0, upTo: 30, atMost: 1).map(\.seq) == [11])
            #expect(try database.size(after: 0, upTo: .max) == (bytes(11...30), 2))
            #expect(try database.first(since: 0, upTo: 30) == 11)
            // What is gone is no part of what the checkpoint counts.
            var smaller = checkpoint
            (smaller.bytes, smaller.segments) = (bytes(11...15), 1)
            #expect(try database.checkpoint() == smaller)
            #expect(try database.takeLease(.test(1, 1))?.pruned == 10)
            #expect(try database.drop(before: 21, epoch: 2))
            (smaller.bytes, smaller.segments) = (0, 0)
            #expect(try database.checkpoint() == smaller)
            #expect(try await server.execute("SELECT min(seq) FROM ecryptopayd.records") == "21")
            #expect(try await server.execute("SELECT * FROM ecryptopayd.gaps") == "1|20")
            #expect(try database.old(before: 99, limit: 99) == nil)
        }

        @Test func `a checkpoint of several parts is read whole, and the newest counts`() async throws {
            let server = try await SharedServer()
            let database = try server.prepared()
            #expect(try database.checkpoint() == nil)
            #expect(try database.takeLease(.test(1)) != nil)
            let big = StoredCheckpoint(
                seq: 5, bytes: 6, segments: 7,
                state: (0..<2_500_000).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 8) })
            #expect(try database.save(big, epoch: 1))
            #expect(try database.checkpoint() == big)
            #expect(try await server.execute("SELECT count(*) FROM ecryptopayd.checkpoint") == "3")
            #expect(try !database.save(StoredCheckpoint(seq: 8, bytes: 0, segments: 0, state: [1]), epoch: 2))
            #expect(try database.checkpoint()?.seq == 5)
            let small = StoredCheckpoint(seq: 8, bytes: 9, segments: 1, state: [])
            #expect(try database.save(small, epoch: 1))
            #expect(try database.save(small, epoch: 1))
            #expect(try database.checkpoint() == small)
        }

        @Test func `a command is taken once, answered, withdrawn, and dropped when it is old`() async throws {
            let server = try await SharedServer()
            let (one, other) = (try server.prepared(), try server.prepared())
            #expect(try one.takeLease(.test(1)) != nil)
            let first = try other.ask("prune", of: 2)
            let second = try other.ask("retry", of: 2)
            #expect(try one.takeCommands(epoch: 2) == nil)
            let commands = [StoredCommand(number: first, text: "prune"), StoredCommand(number: second, text: "retry")]
            #expect(try one.takeCommands(epoch: 1) == commands)
            #expect(try one.takeCommands(epoch: 1) == [])
            #expect(try other.answer(to: first) == nil)
            try one.answer(first, with: "done")
            #expect(try other.answer(to: first) == "done")
            try other.withdraw(first)
            #expect(try other.answer(to: first) == nil)
            // One that is too old for anybody to wait, and one that nobody has withdrawn.
            let late = try other.ask("late", of: 2)
            try await server.execute(
                "UPDATE ecryptopayd.commands SET at = at - interval '11 s' WHERE number = \(late)",
                "UPDATE ecryptopayd.commands SET at = at - interval '1 day' WHERE number = \(second)")
            #expect(try one.takeCommands(epoch: 1) == [])
            #expect(try await server.execute("SELECT number FROM ecryptopayd.commands") == "\(late)")
        }

        @Test func `nodes are listed while they live, and forgotten when nothing of theirs is left`() async throws {
            let server = try await SharedServer()
            let (one, other) = (try server.prepared(), try server.prepared())
            #expect(try one.watch(.test(1), writes: false).nodes.isEmpty)
            #expect(try one.watch(.test(1), writes: true).nodes == [.test(1)])
            #expect(try other.watch(.test(2), writes: true).nodes == [.test(1), .test(2)])
            var changed = NodeRow.test(1)
            changed.configuration = "{\"a\":1}"
            #expect(try one.watch(changed, writes: true).nodes == [changed, .test(2)])
            try await server.execute("DELETE FROM ecryptopayd.nodes")
            #expect(try one.watch(.test(1), writes: true).nodes == [.test(1)])
            // Its row stays as long as reports of it are to be found by it.
            _ = try one.accept([.test(1)], knownOnly: false, notifies: false)
            try one.leave(1)
            #expect(try other.watch(.test(2), writes: true).nodes == [.test(1), .test(2)])
            try await server.execute("DELETE FROM ecryptopayd.inbox")
            try one.leave(1)
            #expect(try other.watch(.test(2), writes: true).nodes == [.test(2)])
            // Dead, with and without reports.
            for node in 3...4 as ClosedRange<Int64> { _ = try one.watch(.test(node), writes: true) }
            _ = try one.accept([.test(1, of: 3)], knownOnly: false, notifies: false)
            try await server.execute("UPDATE ecryptopayd.nodes SET seen = seen - interval '1 day' WHERE node > 2")
            #expect(try other.watch(.test(2), writes: true).nodes == [.test(2)])
            #expect(try server.prepared().inbox(behind: [:], atMost: 9).map(\.node) == [3])
            _ = try server.prepared().watch(.test(2), writes: true)
            #expect(try await server.execute("SELECT node FROM ecryptopayd.nodes ORDER BY 1") == "2\n3")
        }

        /// E.g. of a backup: what it may see stays, so that rows that are gone are in the way. Counted in blocks that the server touches, which
        /// no load of the machine changes.
        @Test func `an open snapshot does not slow the inbox`() async throws {
            let server = try await PostgreSQLServer(
                settings: ["fsync": "off", "shared_preload_libraries": "pg_stat_statements"])
            try await server.execute("CREATE EXTENSION pg_stat_statements")
            let database = try server.prepared()
            #expect(try database.takeLease(.test(1, seconds: 600)) != nil)
            _ = try database.watch(.test(1), writes: true)
            var (number, seq): (Int64, Int64) = (0, 0)
            /// How many blocks each statement touches in that, by its id.
            func rounds(_ count: Int) async throws -> [Substring: Int] {
                try await server.execute("SELECT pg_stat_statements_reset()")
                for _ in 0..<count {
                    let reports: [InboxReport] = (1...1000).map { .test(number + $0) }
                    _ = try database.accept(reports, knownOnly: false, notifies: false)
                    let stored = try database.inbox(behind: [1: number], atMost: 2000)
                    #expect(stored.count == 1000)
                    let taken = [InboxRange(node: 1, numbers: number + 1...number + 1000)]
                    let records: [RecordRow] = (1...1000).map { .received(seq + $0) }
                    #expect(try database.append(LedgerBatch(records, taken: taken), epoch: 1))
                    (number, seq) = (number + 1000, seq + 1000)
                }
                let blocks = try await server.execute(
                    """
                    SELECT queryid, shared_blks_hit + shared_blks_read FROM pg_stat_statements \
                    WHERE query LIKE '%ecryptopayd.%' AND calls = \(count)
                    """)
                return Dictionary(
                    uniqueKeysWithValues: blocks.split(separator: "\n").map { row in
                        let values = row.split(separator: "|")
                        return (values[0], Int(values[1]) ?? 0)
                    })
            }
            _ = try await rounds(5)
            let before = try await rounds(20)
            let reader = try server.connect()
            try reader.run(
                "SET idle_in_transaction_session_timeout = 0", "BEGIN ISOLATION LEVEL REPEATABLE READ", "SELECT 1")
            _ = try await rounds(80)
            let after = try await rounds(20)
            try reader.run("COMMIT")
            // Inserting, looking and recording.
            #expect(before.count == 3 && after.count == 3)
            for (statement, blocks) in after {
                let fewer = try #require(before[statement])
                #expect(blocks < fewer * 2, "\(fewer) blocks, and behind 100,000 reports \(blocks)")
            }
        }
    }
#endif
