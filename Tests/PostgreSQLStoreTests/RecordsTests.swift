#if PostgreSQL
    import JournalFormat
    import Payments
    import SharedLedger
    import SharedLedgerSimulation
    import TestSupport
    import Testing

    @testable import PostgreSQLStore

    /// Records that are read beside the turns, and dropped.
    @Suite(.ownThread) struct RecordsTests {
        @Test func `by number, and in pages`() async throws {
            let server = try await PostgreSQLServer()
            let database = try await server.joined(1)
            try await database.write(1, (1...3000).map { .report($0) })
            let records = database.records
            #expect(try await records.records([]).isEmpty)
            #expect(try await records.records([7, 3, 2]).map(\.seq) == [2, 3, 7])
            #expect(try await records.records((1...2500).reversed()).map(\.seq) == Array(1...2500))
            let page = try records.page(after: 10, upTo: 3000, atMost: 100_000)
            #expect(page.map(\.seq) == Array(11..<11 + Int64(page.count)))
            let size = page.reduce(0) { $0 + $1.line.count }
            #expect(size <= 100_000 && size > 99_000)
            #expect(try records.page(after: 10, upTo: 12, atMost: 100_000).map(\.seq) == [11, 12])
            #expect(try records.page(after: 10, upTo: 3000, atMost: 1).map(\.seq) == [11])
            let all = try records.page(after: 0, upTo: 3000, atMost: .max)
            #expect(all.map(\.seq) == Array(1...3000))
            let line = all[4].line
            let entry = try Entry(line: line.span)
            #expect(entry.record.payment == 5)
        }

        @Test func `a selection from a large ledger is looked through in stretches`() async throws {
            let server = try await PostgreSQLServer(settings: ["log_statement": "all"])
            let database = try await server.joined(1)
            let count = 3 * Int64(PostgreSQLJournal.stretch)
            // Payment 7 is told of seldom; 8 everywhere, but for a stretch; and a thousand records are gone.
            try await server.execute(
                """
                INSERT INTO ecryptopayd.records SELECT n, 1, CASE WHEN n % 9000 = 0 THEN 'confirmed' ELSE 'received' END, \
                CASE WHEN n % 9000 = 0 THEN 7 WHEN n / 10000 <> 1 THEN 8 END, false, 0, n, 'x' \
                FROM generate_series(1, \(count)) AS n WHERE n NOT BETWEEN 5000 AND 5999
                """)
            let journal = database.journal
            func all(_ change: (inout PostgreSQLJournal.Selection) -> Void) throws -> [Int64] {
                var selection = PostgreSQLJournal.Selection()
                change(&selection)
                var found: [Int64] = []
                while true {
                    let page = try journal.records(selection)
                    found += page.map(\.seq)
                    guard page.count == PostgreSQLJournal.page, let last = page.last?.seq else { return found }
                    selection.after = last
                }
            }
            let there = (1...count).filter { !(5000...5999).contains($0) }
            let seldom = there.filter { $0 % 9000 == 0 }
            #expect(try all { $0.payment = 7 } == seldom)
            // However few are found, no statement looks through many more than a stretch.
            func statements() -> [Substring] {
                server.log.split(separator: "execute ").filter { $0.hasPrefix("rows: ") }
            }
            try await eventually("the server has told of them") { statements().count > 2 }
            let asked = statements()
            #expect(asked.count == 3)
            for text in asked {
                func value(_ number: Int) -> Int64? {
                    text.split(separator: "$\(number) = '").dropFirst().first.flatMap { Int64($0.prefix { $0 != "'" }) }
                }
                let (after, end) = (try #require(value(1)), try #require(value(2)))
                #expect(end - after <= 11_000)
            }
            #expect(try all { $0.kinds = ["confirmed"] } == seldom)
            #expect(try all { $0.payment = 9 }.isEmpty)
            #expect(try all { ($0.payment, $0.after, $0.last) = (7, 9000, 18_000) } == [18_000])
            #expect(try all { $0.since = count - 3 } == Array(count - 3...count))
            #expect(try all { $0.payment = 8 } == there.filter { $0 % 9000 != 0 && $0 / 10000 != 1 })
            #expect(try all { _ in } == there)
        }

        @Test func `news, and the first since a time`() async throws {
            let server = try await PostgreSQLServer()
            let database = try await server.joined(1)
            #expect(try database.records.first(since: 0, upTo: 0) == nil)
            var times: [Int64] = []
            for turn in 1...5 as ClosedRange<Int64> {
                let view = try await database.write(
                    turn, [.confirmed(turn % 2, isNews: true), .confirmed(8, isNews: false), .report(1)])
                times.append(view.time / 1000 * 1000)
            }
            let records = database.records
            #expect(try await records.news(.payment(1), upTo: 15).map(\.seq) == [1, 7, 13])
            #expect(try await records.news(.payment(1), upTo: 7).map(\.seq) == [1, 7])
            #expect(try await records.news(.payment(8), upTo: 15).isEmpty)
            #expect(try await records.news(.record(4), upTo: 15).map(\.seq) == [4])
            #expect(try await records.news(.record(4), upTo: 15).map(\.payment) == [0])
            #expect(try await records.news(.record(5), upTo: 15).isEmpty)
            #expect(try await records.news(.record(4), upTo: 3).isEmpty)
            #expect(try await records.news(.since(times[2]), upTo: 12).map(\.seq) == [7, 10])
            #expect(try records.first(since: 0, upTo: 0) == 1)
            for (index, time) in times.enumerated() {
                #expect(try records.first(since: time, upTo: 15) == Int64(index) * 3 + 1)
                #expect(try records.first(since: time + 1, upTo: 15) == (index == 4 ? nil : Int64(index) * 3 + 4))
            }
            try await server.execute("DELETE FROM ecryptopayd.records WHERE seq < 7")
            #expect(try records.first(since: 0, upTo: 0) == 7)
        }

        @Test func `a server that was replaced is not taken for one whose newest records are pruned`() async throws {
            let server = try await PostgreSQLServer()
            let database = try await server.joined(1)
            try await database.write(1, [.report(1), .confirmed(1, isNews: true), .report(2)])
            let records = database.records
            #expect(try records.page(after: 0, upTo: 3, atMost: .max).count == 3)
            // What this one has acknowledged since, another server has.
            let faults = [
                await fault { _ = try records.page(after: 3, upTo: 4, atMost: 100) },
                await fault { _ = try records.first(since: 0, upTo: 4) },
                await fault { _ = try await records.records([1, 4]) },
                await fault { _ = try await records.news(.payment(1), upTo: 4) },
            ]
            for fault in faults {
                #expect(fault?.kind == .unreachable && fault?.message.contains("lacks record 4") == true)
            }
            // And what was asked for next reached that other one.
            var reader = SharedReader(records, after: 3)
            #expect(throws: RecordsUnreachable.self) {
                _ = try reader.read(atMost: .max, upTo: 4) { _, _ in
                } pruned: { _ in
                    Issue.record("nothing was pruned")
                }
            }
            try await database.write(2, [.report(3)], behind: Cut(seq: 3, note: 0))
            var shown: [Int64] = []
            _ = try reader.read(atMost: .max, upTo: 4) { _, entry in
                shown.append(entry.seq)
            } pruned: { _ in
            }
            #expect(shown == [4])
        }

        @Test func `a connection that was lost is made anew`() async throws {
            let server = try await PostgreSQLServer()
            let database = try await server.joined(1)
            try await database.write(1, [.report(1)])
            #expect(try await database.records.records([1]).count == 1)
            try await server.restart()
            #expect(try await database.records.records([1]).count == 1)
            try await server.stop()
            #expect(await fault { try await database.records.records([1]) }?.kind == .unreachable)
            #expect(await fault { try database.records.page(after: 0, upTo: 1, atMost: 1) }?.kind == .unreachable)
            try await server.start()
            #expect(try database.records.page(after: 0, upTo: 1, atMost: 1).count == 1)
        }

        @Test func `old records, and their end`() async throws {
            let server = try await PostgreSQLServer()
            let database = try await server.joined(1)
            var lines: [RecordRow] = []
            var ends: [Int64] = []
            for turn in 1...3 as ClosedRange<Int64> {
                let view = try await database.write(
                    turn, [.opened, .confirmed(turn, isNews: true), .baseline(count: Int(turn))],
                    behind: Cut(seq: turn * 3 - 3, note: 0)
                ) { lines += $0.records }
                ends.append(view.time / 1000 * 1000)
            }
            let bytes = { (range: Range<Int>) in Int64(lines[range].reduce(0) { $0 + $1.line.count + 1 }) }
            let keeper = database.keeper
            #expect(try await keeper.old(before: ends[0], limit: 99) == nil)
            #expect(try await keeper.old(before: .max, limit: 3) == nil)
            let one = try #require(try await keeper.old(before: ends[1], limit: 99))
            #expect(one.end == 4 && one.records == 3 && one.segments == 1 && one.bytes == bytes(0..<3))
            #expect(one.baseline?.line == lines[2].line)
            // Never the last segment.
            let two = try #require(try await keeper.old(before: .max, limit: 99))
            #expect(two.end == 7 && two.records == 6 && two.segments == 2 && two.bytes == bytes(0..<6))
            #expect(two.baseline?.seq == 6)
            // Nothing goes that is needed, or not folded.
            #expect(await fault { try await keeper.drop(before: 4) } != nil)
            var rows = LedgerRows()
            rows.counts = [1]
            rows.known = [2, 5].map { .init(payment: $0, seq: $0, fingerprint: 0, updatedAt: 0) }
            #expect(try await keeper.fold(rows, of: [2, 5], from: 0, to: 9, whoseLineBegins: []))
            #expect(try await keeper.lastWords(before: 7, behind: 0, atMost: 9).map(\.seq) == [2, 5])
            #expect(try await keeper.lastWords(before: 7, behind: 0, atMost: 1).map(\.seq) == [2])
            #expect(try await keeper.lastWords(before: 7, behind: 2, atMost: 9).map(\.seq) == [5])
            #expect(try await keeper.lastWords(before: 5, behind: 2, atMost: 9).isEmpty)
            #expect(await fault { try await keeper.drop(before: 4) } != nil)
            #expect(try await server.execute("SELECT count(*) FROM ecryptopayd.records") == "9")
            rows.known.removeFirst()
            #expect(try await keeper.fold(rows, of: [2, 5], from: 9, to: 9, whoseLineBegins: []))
            try await keeper.drop(before: 4)
            #expect(try await server.execute("SELECT first, last FROM ecryptopayd.gaps") == "1|3")
            #expect(try await server.execute("SELECT min(seq), count(*) FROM ecryptopayd.records") == "4|6")
            let head = try await database.look(after: .start).head
            #expect(head.segments == 2 && head.bytes == bytes(3..<9))
            // Once more, as after an answer that was lost; and what a node left behind that died in between.
            try await keeper.drop(before: 4)
            try await keeper.drop(before: 2)
            #expect(try await server.execute("SELECT first, last FROM ecryptopayd.gaps") == "1|3")
            try await server.execute(
                "INSERT INTO ecryptopayd.records SELECT 2, 1, 'opened', 1, false, 0, 0, 'x' FROM ecryptopayd.ledger")
            #expect(try await keeper.old(before: .max, limit: 99)?.records == 3)
            #expect(try await keeper.fold(LedgerRows(), of: [5], from: 9, to: 9, whoseLineBegins: []))
            try await keeper.drop(before: 7)
            #expect(try await server.execute("SELECT first, last FROM ecryptopayd.gaps") == "1|6")
            #expect(try await server.execute("SELECT min(seq), count(*) FROM ecryptopayd.records") == "7|3")
            #expect(try await database.look(after: .start).head.bytes == bytes(6..<9))
        }
    }
#endif
