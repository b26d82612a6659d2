#if PostgreSQL
    import JournalFormat
    import Payments
    import SharedLedger
    import TestSupport
    import Testing

    @testable import PostgreSQLStore

    extension PostgreSQLServer {
        /// The ledger on this server, as a node has it.
        func database(_ query: String = "") throws -> PostgreSQLDatabase {
            PostgreSQLDatabase(try ConnectionString(url(query)))
        }

        /// The same, whose node has joined.
        func joined(_ number: Int64, lease: Int64 = 50_000_000_000) async throws -> PostgreSQLDatabase {
            let database = try database()
            _ = try await database.join(.test(number, lease: lease))
            return database
        }
    }

    extension NodeIdentity {
        static func test(_ number: Int64, lease: Int64 = 50_000_000_000) -> NodeIdentity {
            NodeIdentity(number: number, name: "node \(number)", version: "test", journal: "id", lease: lease)
        }
    }

    extension Cut {
        /// Before everything.
        static let start = Cut(seq: 0, note: 0)
    }

    extension SharedView {
        /// A turn that writes these records behind what was seen.
        func turn(_ number: Int64, _ records: [Record] = [], note: [UInt8]? = nil) -> Turn {
            var turn = Turn(number: number, head: head)
            for record in records {
                turn.head.cut.seq += 1
                let time = time / 1000 * 1000
                var line: [UInt8] = []
                RecordCodec.append(record, seq: turn.head.cut.seq, durable: head.cut.seq, time: time, to: &line)
                turn.head.bytes += Int64(line.count)
                turn.head.segmentBytes += Int64(line.count)
                line.removeLast()
                if record.kind == "opened" { turn.head.segments += 1 }
                var isNews = false
                if case .confirmed(let confirmed) = record { isNews = confirmed.news }
                turn.records.append(
                    RecordRow(
                        seq: turn.head.cut.seq, kind: record.kind, payment: record.payment, isNews: isNews,
                        order: isNews ? turn.head.cut.seq * 10 : 0, time: time, line: line))
            }
            if note != nil { turn.head.cut.note += 1 }
            turn.note = note
            return turn
        }
    }

    extension PostgreSQLDatabase {
        /// Locks, writes these records, and commits.
        @discardableResult
        func write(
            _ number: Int64, _ records: [Record] = [], note: [UInt8]? = nil, behind cut: Cut? = nil,
            _ change: (inout Turn) -> Void = { _ in }
        ) async throws -> SharedView {
            let view = try await lock(after: cut ?? .start)
            var turn = view.turn(number, records, note: note)
            change(&turn)
            #expect(await commit(turn) == .committed)
            return view
        }
    }

    extension Record {
        /// A report of a payment.
        static func report(_ payment: Int64) -> Record {
            .received(Received(payment: payment, peer: "unix", report: Array(#"{"id":1}"#.utf8), deviations: []))
        }

        /// A segment's first record.
        static let opened = Record.opened(
            Opened(
                format: RecordCodec.format, journal: "id", version: "test", api: "api", client: "shop", endpoints: nil))

        /// A confirmation.
        static func confirmed(_ payment: Int64, isNews: Bool) -> Record {
            .confirmed(
                Confirmed(
                    payment: payment, current: Array(#"{"id":1}"#.utf8), news: isNews, of: [], cause: .webhook))
        }
    }
#endif
