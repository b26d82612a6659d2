#if PostgreSQL
    import JournalFormat
    import Payments
    import SharedLedger
    import SharedLedgerSimulation
    import TestSupport
    import Testing

    @testable import PostgreSQLStore

    /// Turns: what one writes, all see, and in which order.
    @Suite(.ownThread) struct TurnTests {
        @Test func `what a turn writes is what is seen`() async throws {
            let server = try await PostgreSQLServer()
            let (one, other) = (try await server.joined(1), try await server.joined(2))
            let empty = try await other.look(after: .start)
            #expect(empty.head == Head(cut: .start, bytes: 0, segments: 0, segmentBytes: 0, budget: .init()))
            #expect(empty.nodes.map(\.node).sorted() == [1, 2])
            #expect(empty.isWhole && empty.records.isEmpty && empty.anchor == nil)
            let records: [Record] = [.opened, .report(7), .confirmed(7, isNews: true), .closed]
            var written: Turn?
            try await one.write(1, records, note: [1, 2, 3]) { turn in
                turn.head.budget = .init(emptyAt: [5, 6], nextClass: 1, pausedUntil: 9)
                turn.taken = ["listing", "endpoint:a b"]
                written = turn
            }
            let turn = try #require(written)
            let view = try await other.look(after: .start)
            #expect(view.head == turn.head)
            #expect(view.records.map(\.line) == turn.records.map(\.line))
            #expect(view.records.map(\.seq) == [1, 2, 3, 4])
            #expect(view.records.map(\.order) == [0, 0, 30, 0])
            #expect(view.records.allSatisfy { $0.node == 1 })
            #expect(view.notes == [StoredNote(number: 1, seq: 4, node: 1, body: [1, 2, 3])])
            #expect(Set(view.leases) == [.init(name: "listing", node: 1), .init(name: "endpoint:a b", node: 1)])
            #expect(
                view.nodes.first { $0.node == 1 } == NodeRow(node: 1, turn: 1, lease: 50_000_000_000, isExpired: false))
            #expect(
                try await server.execute(
                    "SELECT kind, payment, news, time = \(turn.records[0].time) FROM ecryptopayd.records ORDER BY seq")
                    == "opened||f|t\nreceived|7|f|t\nconfirmed|7|t|t\nclosed||f|t")
            #expect(try await other.look(after: turn.head.cut).records.isEmpty)
            #expect(try await other.look(after: turn.head.cut).notes.isEmpty)
            #expect(try await server.joined(3).join(.test(3)).opened == turn.records[0].line)
        }

        @Test func `reports keep the numbers that they have`() async throws {
            let server = try await PostgreSQLServer()
            let one = try await server.joined(1)
            // As where a journal with a gap is copied.
            try await one.write(1, [.report(7), .report(8), .report(9)]) { turn in
                turn.records.remove(at: 1)
            }
            let stored = try await server.execute(
                "SELECT seq, payment, news, call FROM ecryptopayd.records ORDER BY seq")
            #expect(stored == "1|7|f|0\n3|9|f|0")
        }

        @Test func `nothing of a turn that is rolled back`() async throws {
            let server = try await PostgreSQLServer()
            let (one, other) = (try await server.joined(1), try await server.joined(2))
            _ = try await one.lock(after: .start)
            await one.rollBack()
            try await other.write(1, [.report(1)])
            #expect(try await one.look(after: .start).head.cut.seq == 1)
            // A turn that the server refuses is not there either, and the lock is free.
            let view = try await one.lock(after: .start)
            var turn = view.turn(1, [.report(2), .report(3)])
            turn.records[1].seq = 1
            guard case .failed = await one.commit(turn) else {
                Issue.record("a number was given twice")
                return
            }
            #expect(try await other.lock(after: .start).head.cut.seq == 1)
            await other.rollBack()
            // Without a lock there is nothing to commit.
            #expect(await one.commit(turn) != .committed)
        }

        @Test func `whose lease has run out by the server's clock`() async throws {
            let server = try await PostgreSQLServer()
            let (one, other) = (try await server.joined(1), try await server.joined(2, lease: 1000))
            try await other.write(1) {
                $0.lease = 1000
                $0.taken = ["keep", "listing"]
            }
            // A microsecond has passed since.
            let view = try await one.lock(after: .start)
            #expect(view.nodes.first { $0.node == 2 }?.isExpired == true)
            #expect(view.nodes.first { $0.node == 1 }?.isExpired == false)
            var turn = view.turn(1)
            turn.dead = [2]
            turn.taken = ["keep"]
            #expect(await one.commit(turn) == .committed)
            let after = try await one.look(after: .start)
            #expect(after.nodes.map(\.node) == [1])
            #expect(after.leases == [.init(name: "keep", node: 1)])
            // Taken for dead, it writes nothing.
            let outcast = try await other.lock(after: .start)
            #expect(outcast.nodes.map(\.node) == [1])
            guard case .failed = await other.commit(outcast.turn(2, [.report(1)])) else {
                Issue.record("a node that counts as dead has written")
                return
            }
            #expect(try await one.look(after: .start).head.cut.seq == 0)
        }

        @Test func `a turn renews the lease`() async throws {
            let server = try await PostgreSQLServer()
            let one = try await server.joined(1)
            try await server.execute("UPDATE ecryptopayd.nodes SET until = clock_timestamp() - interval '1 hour'")
            #expect(try await one.write(1).nodes.map(\.isExpired) == [true])
            #expect(try await one.look(after: .start).nodes.map(\.isExpired) == [false])
            let seconds =
                "SELECT round(extract(epoch FROM until - clock_timestamp())) BETWEEN 20 AND 50 FROM ecryptopayd.nodes"
            #expect(try await server.execute(seconds) == "t")
            // For as long as the node says then, which the others see.
            try await one.write(2) { $0.lease = 7200 * 1_000_000_000 }
            #expect(
                try await server.execute("SELECT until > clock_timestamp() + interval '1 hour' FROM ecryptopayd.nodes")
                    == "t")
            #expect(try await one.look(after: .start).nodes.map(\.lease) == [3600 * 1_000_000_000], "an hour at most")
        }

        @Test func `leases that are given back, and a last turn`() async throws {
            let server = try await PostgreSQLServer()
            let (one, other) = (try await server.joined(1), try await server.joined(2))
            try await one.write(1) { $0.taken = ["keep", "listing"] }
            try await one.write(2) { $0.freed = ["keep"] }
            #expect(try await other.look(after: .start).leases == [.init(name: "listing", node: 1)])
            try await one.write(3) { $0.isLast = true }
            let view = try await other.look(after: .start)
            #expect(view.leases.isEmpty && view.nodes.map(\.node) == [2])
        }

        @Test func `a view that is not whole shows nothing before its time`() async throws {
            let server = try await PostgreSQLServer()
            let one = try await server.joined(1)
            let limit = Statement.viewLimit
            for number in 1...4 as ClosedRange<Int64> {
                try await one.write(number, (0..<limit / 2).map { .report(Int64($0 + 1)) }, note: [UInt8(number)])
            }
            try await one.write(5, note: [5])
            var cut = Cut.start
            var (records, notes): ([Int64], [UInt8]) = ([], [])
            while true {
                let view = try await one.lock(after: cut)
                await one.rollBack()
                records += view.records.map(\.seq)
                notes += view.notes.flatMap(\.body)
                cut.seq = view.records.last?.seq ?? cut.seq
                cut.note = view.notes.last?.number ?? cut.note
                #expect(view.notes.allSatisfy { $0.seq <= cut.seq })
                #expect(view.isWhole == (cut == view.head.cut))
                if view.isWhole { break }
            }
            #expect(records == Array(1...Int64(limit) * 2))
            #expect(notes == [1, 2, 3, 4, 5])
        }

        @Test func `more notes than are shown at once`() async throws {
            let server = try await PostgreSQLServer()
            let one = try await server.joined(1)
            try await one.write(1, [.report(1)], note: [1])
            let limit = Statement.viewLimit
            try await server.execute(
                "INSERT INTO ecryptopayd.notes SELECT n, 1, 2, clock_timestamp(), '\\x02' FROM generate_series(2, \(limit)) AS n",
                "UPDATE ecryptopayd.ledger SET note = \(limit)")
            try await one.write(2, [.report(2)], note: [3])
            let view = try await one.look(after: .start)
            #expect(!view.isWhole)
            #expect(view.notes.count == limit)
            #expect(view.records.map(\.seq) == [1])
            let rest = try await one.look(after: Cut(seq: 1, note: Int64(limit)))
            #expect(rest.isWhole && rest.records.map(\.seq) == [2] && rest.notes.map(\.body) == [[3]])
        }

        @Test func `four that write and one that follows`() async throws {
            let server = try await PostgreSQLServer()
            let follower = try await server.joined(9)
            let writers = 4, turns = 60
            let seen = try await withThrowingTaskGroup(of: [StoredRecord].self) { group in
                for number in 1...Int64(writers) {
                    let database = try await server.joined(number)
                    group.addTask(executorPreference: database.executor) {
                        for turn in 1...Int64(turns) {
                            let count = Int(turn % 4)
                            try await database.write(
                                turn, (0..<count).map { _ in .report(number) },
                                note: turn % 3 == 0 ? [UInt8(number)] : nil)
                        }
                        return []
                    }
                }
                group.addTask(executorPreference: follower.executor) {
                    var (cut, seen, done) = (Cut.start, [StoredRecord](), false)
                    while !done {
                        let view = try await follower.look(after: cut)
                        #expect(view.records.map(\.seq) == Array(cut.seq + 1..<view.head.cut.seq + 1))
                        #expect(view.notes.map(\.number) == Array(cut.note + 1..<view.head.cut.note + 1))
                        seen += view.records
                        cut = view.head.cut
                        done = view.nodes.filter { $0.turn == turns }.count == writers
                    }
                    seen += try await follower.look(after: cut).records
                    return seen
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(seen.count == writers * (1...turns).reduce(0) { $0 + $1 % 4 })
            #expect(seen.map(\.seq) == Array(1...Int64(seen.count)))
            for record in seen {
                let entry = try Entry(line: record.line.span)
                #expect(entry.record.payment == record.node)
            }
        }
    }
#endif
