#if PostgreSQL
    import JournalFormat
    import Payments
    import SharedLedger
    import SharedLedgerSimulation
    import TestSupport
    import Testing

    @testable import PostgreSQLStore

    /// What is folded and loaded again is the state.
    @Suite(.ownThread) struct FoldTests {
        @Test(arguments: 1...3 as ClosedRange<UInt64>)
        func `a random history`(seed: UInt64) async throws {
            let server = try await PostgreSQLServer()
            let database = try await server.joined(1)
            var history = RandomHistory(seed: seed)
            let empty = try await database.load()
            #expect(empty.rows == LedgerRows() && empty.cut == .start)
            var folded: Int64 = 0
            for turn in 1...6 as ClosedRange<Int64> {
                // More payments than one statement takes.
                let records = history.take(1500)
                try await database.write(turn, records, note: [UInt8(turn)], behind: history.cut(turn - 1)) {
                    history.apply($0.records)
                }
                let unfolded = try await database.keeper.unfolded()
                #expect(unfolded == Unfolded(seq: folded, payments: history.changed.sorted()))
                let rows = history.state.rows(of: unfolded.payments)
                let seq = history.seq
                #expect(
                    try await database.keeper.fold(
                        rows, of: unfolded.payments, from: folded, to: seq, whoseLineBegins: []))
                // As of then it is no more.
                #expect(
                    try await !database.keeper.fold(
                        LedgerRows(), of: [], from: folded, to: seq + 1, whoseLineBegins: []))
                folded = seq
                history.changed = []
                let loaded = try await database.load()
                #expect(loaded.cut == Cut(seq: seq, note: 0))
                var state = RandomHistory.emptyState
                let isRestored = state.restore(loaded.rows)
                #expect(isRestored)
                // Thousands of rows would not be read by anybody.
                let isSame = state.rows == history.state.rows
                #expect(isSame)
            }
            #expect(!history.state.rows.known.isEmpty && !history.state.rows.waiting.filter(\.isAside).isEmpty)
            #expect(history.state.rows.deliveries.count > PostgreSQLKeeper.chunk)
        }

        @Test func `more rows than one page has`() async throws {
            let server = try await PostgreSQLServer()
            let database = try await server.joined(1)
            let count = 2 * Loading.page + 1
            try await server.execute(
                "INSERT INTO ecryptopayd.known SELECT n, n, -n, n * 2 FROM generate_series(1, \(count)) AS n",
                "INSERT INTO ecryptopayd.pending SELECT n / 3 + 1, n % 3, n, n, n % 3 = 2 FROM generate_series(1, \(count)) AS n",
                "INSERT INTO ecryptopayd.deliveries SELECT n / 3 + 1, n % 3, 'a', n FROM generate_series(1, \(count)) AS n"
            )
            let rows = try await database.load().rows
            #expect(rows.known.map(\.payment) == Array(1...count))
            #expect(
                rows.known.allSatisfy {
                    $0.seq == $0.payment && $0.fingerprint == -$0.payment && $0.updatedAt == $0.payment * 2
                })
            #expect(rows.waiting.map(\.seq) == Array(1...count))
            #expect(rows.waiting.allSatisfy { $0.payment == $0.seq / 3 + 1 && $0.isAside == ($0.seq % 3 == 2) })
            #expect(rows.deliveries.map(\.seq) == Array(1...count))
        }

        @Test func `notes that are older than an hour are forgotten`() async throws {
            let server = try await PostgreSQLServer()
            let database = try await server.joined(1)
            for number in 1...4 as ClosedRange<Int64> {
                try await database.write(number, [.report(1)], note: [UInt8(number)])
            }
            #expect(try await database.load().cut == .start)
            try await server.execute("UPDATE ecryptopayd.notes SET at = at - interval '61 minutes' WHERE number <= 2")
            #expect(try await database.keeper.fold(LedgerRows(), of: [], from: 0, to: 0, whoseLineBegins: []))
            #expect(try await server.execute("SELECT min(number), count(*) FROM ecryptopayd.notes") == "3|2")
            #expect(try await database.load().cut == Cut(seq: 0, note: 2))
            try await server.execute("UPDATE ecryptopayd.notes SET at = at - interval '61 minutes'")
            #expect(try await database.keeper.fold(LedgerRows(), of: [], from: 0, to: 0, whoseLineBegins: []))
            #expect(try await database.load().cut == Cut(seq: 0, note: 4))
        }

        @Test func `what is folded is folded only on the record that it is as of`() async throws {
            let server = try await PostgreSQLServer()
            let database = try await server.joined(1)
            try await database.write(1, [.report(1), .report(2)])
            var rows = LedgerRows()
            rows.counts = [1]
            rows.known = [.init(payment: 1, seq: 1, fingerprint: 1, updatedAt: 1)]
            let head = try #require(try await database.records.records([2]).first).line.prefix(16)
            // The server took the place of one that had another record there, or that had one more.
            for (seq, head) in [(2, Array(head.reversed())), (3, Array(head))] as [(Int64, [UInt8])] {
                #expect(try await !database.keeper.fold(rows, of: [1], from: 0, to: seq, whoseLineBegins: head))
                let left = try await database.load()
                #expect(left.rows == LedgerRows() && left.cut.seq == 0)
            }
            #expect(try await database.keeper.fold(rows, of: [1], from: 0, to: 2, whoseLineBegins: Array(head)))
            let folded = try await database.load()
            #expect(folded.rows == rows && folded.cut.seq == 2)
        }

        @Test func `a fold that the server refuses leaves nothing`() async throws {
            let server = try await PostgreSQLServer()
            let database = try await server.joined(1)
            var rows = LedgerRows()
            rows.counts = [1]
            rows.known = [1, 1].map { .init(payment: $0, seq: 1, fingerprint: 1, updatedAt: 1) }
            let broken = rows
            #expect(
                await fault { try await database.keeper.fold(broken, of: [1], from: 0, to: 5, whoseLineBegins: []) }?
                    .kind == .failed)
            #expect(try await database.load().rows == LedgerRows())
            rows.known.removeLast()
            #expect(try await database.keeper.fold(rows, of: [1], from: 0, to: 5, whoseLineBegins: []))
            try await server.restart()
            // The keeper's connection has broken meanwhile, which nobody has to know.
            #expect(try await database.keeper.unfolded() == Unfolded(seq: 5, payments: []))
        }

        @Test func `a row that somebody has deleted is told, by whatever needs it`() async throws {
            let server = try await PostgreSQLServer()
            let database = try await server.joined(1)
            try await server.execute("DELETE FROM ecryptopayd.folded")
            let keeper = database.keeper
            let faults = [
                await fault { try await keeper.unfolded() },
                await fault { try await keeper.fold(LedgerRows(), of: [], from: 0, to: 1, whoseLineBegins: []) },
                await fault { try await keeper.drop(before: 1) },
                await fault { try await database.load() },
            ]
            for fault in faults {
                #expect(fault?.kind == .damaged && fault?.message == "the database's column seq has no row")
            }
            #expect(await fault { try database.journal.standing() }?.kind == .damaged)
            try await server.execute("INSERT INTO ecryptopayd.folded VALUES (1, 0, '{}')")
            #expect(try await keeper.unfolded() == Unfolded(seq: 0, payments: []))
            try await server.execute("DELETE FROM ecryptopayd.ledger")
            #expect(await fault { try await database.lock(after: .start) }?.kind == .damaged)
        }
    }

    /// A history with all kinds of records, and the state that it comes to.
    struct RandomHistory {
        static var emptyState: LedgerState {
            LedgerState(
                limits: .init(maxPending: 1_000_000, confirmRate: 1000, confirmWindow: .seconds(3600)), seed: 1,
                now: Instant(nanoseconds: 1))
        }

        private var random: SplitMix64
        var state = RandomHistory.emptyState
        var changed: Set<PaymentID> = []
        var seq: Int64 = 0
        private var drawn: Int64 = 0
        private var waiting: [PaymentID: [Int64]] = [:]
        private var news: [(payment: PaymentID, seq: Int64)] = []

        init(seed: UInt64) { random = SplitMix64(seed: seed) }

        func cut(_ note: Int64) -> Cut { Cut(seq: seq, note: note) }

        /// So many more records.
        mutating func take(_ count: Int) -> [Record] { (0..<count).map { _ in draw() } }

        private mutating func draw() -> Record {
            drawn += 1
            if drawn == 1 || drawn % 1000 == 0 {
                return .opened(
                    .init(
                        format: RecordCodec.format, journal: "id", version: "test", api: "api", client: "shop",
                        endpoints: drawn % 2000 == 0 ? ["b", "c"] : ["a", "b"]))
            }
            let payment = Int64.random(in: 1...1000, using: &random)
            let body = Array(#"{"id":\#(payment),"state":"paid","amount":"\#(drawn % 7)","currency":"btc"}"#.utf8)
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<4:
                waiting[payment, default: []].append(drawn)
                return .received(.init(payment: payment, peer: "unix", report: body, deviations: []))
            case 4..<7:
                news.append((payment, drawn))
                let of = waiting.removeValue(forKey: payment) ?? []
                return .confirmed(.init(payment: payment, current: body, news: true, of: of, cause: .webhook))
            case 7: return .known(payment: payment, current: body)
            case 8:
                guard let reports = waiting.removeValue(forKey: payment) else { return .baseline(count: 1) }
                return .abandoned(.init(payment: payment, of: reports, attempts: 3, error: "no"))
            default:
                guard let (payment, seq) = news.randomElement(using: &random) else { return .closed }
                return .delivered(
                    .init(payment: payment, of: seq, endpoint: "b", attempts: 1, status: 200, error: nil))
            }
        }

        mutating func apply(_ records: [RecordRow]) {
            for record in records {
                let line = record.line.span
                guard let entry = try? EntryView(RecordLine(checking: line), line) else { preconditionFailure() }
                state.replay(entry, line, offset: 0)
                seq = record.seq
                if let payment = record.payment { changed.insert(payment) }
            }
        }
    }
#endif
