#if PostgreSQL
    import Payments
    import SharedLedger

    /// Reads records on a connection of its own.
    struct PostgreSQLRecords: RecordSource {
        /// So many numbers are asked for at once.
        private static let chunk = 1000
        /// So many are looked through at once.
        private static let stretch: Int64 = 50_000

        private let desk: Desk
        /// For what reads through many records: verdicts and deliveries must not wait behind that.
        private let searching: Desk

        init(_ desk: Desk, searching: Desk) {
            self.desk = desk
            self.searching = searching
        }

        func records(_ seqs: [Int64]) async throws(DatabaseFault) -> [StoredRecord] {
            guard !seqs.isEmpty else { return [] }
            let sorted = seqs.sorted()
            return try await desk.perform { (connection) throws(DatabaseFault) in
                var records: [StoredRecord] = []
                for start in stride(from: 0, to: sorted.count, by: Self.chunk) {
                    let chunk = sorted[start..<min(start + Self.chunk, sorted.count)]
                    records += try Self.ask(
                        connection, through: chunk.last ?? 0, Self.bySeq, .int8s(chunk)
                    ).records()
                }
                return records
            }
        }

        func news(
            _ selection: Redelivery, upTo seq: Int64
        ) async throws(DatabaseFault) -> [(payment: PaymentID, seq: Int64)] {
            try await searching.perform { (connection) throws(DatabaseFault) in
                switch selection {
                case .record(let number):
                    try Self.ask(connection, through: seq, Self.newsBySeq, .int8(number), .int8(seq)).news()
                case .payment(let payment):
                    try Self.ask(connection, through: seq, Self.newsOfPayment, .int8(payment), .int8(seq)).news()
                case .since(let time): try Self.news(since: time, upTo: seq, connection)
                }
            }
        }

        /// So many records at once: it may be all of them, and no statement takes long.
        private static func news(
            since time: Int64, upTo seq: Int64, _ connection: Connection
        ) throws(DatabaseFault) -> [(payment: PaymentID, seq: Int64)] {
            guard var next = try first(since: time, upTo: seq, connection) else { return [] }
            var news: [(payment: PaymentID, seq: Int64)] = []
            while next <= seq {
                let last = min(next + stretch - 1, seq)
                news += try connection.ask(newsSince, .int8(time), .int8(next), .int8(last)).news()
                next = last + 1
            }
            return news
        }

        func page(after seq: Int64, upTo last: Int64, atMost bytes: Int) throws(DatabaseFault) -> [StoredRecord] {
            try desk.performBlocking { (connection) throws(DatabaseFault) in
                var page: [StoredRecord] = []
                var size = 0
                while true {
                    // Lines of reports have some hundred bytes; too few of them are asked for rather than too many.
                    let count = max(8, min(Self.chunk, (bytes - size) / 512))
                    let records = try Self.ask(
                        connection, through: last, Self.behind, .int8(page.last?.seq ?? seq), .int8(last),
                        .int8(Int64(count))
                    ).records()
                    for record in records {
                        size += record.line.count
                        if size > bytes, !page.isEmpty { return page }
                        page.append(record)
                    }
                    if records.count < count || size >= bytes { return page }
                }
            }
        }

        func first(since time: Int64, upTo last: Int64) throws(DatabaseFault) -> Int64? {
            try desk.performBlocking { (connection) throws(DatabaseFault) in
                try Self.first(since: time, upTo: last, connection)
            }
        }

        private static func first(
            since time: Int64, upTo last: Int64, _ connection: Connection
        ) throws(DatabaseFault) -> Int64? {
            // Records are written in the order of their times, but for a clock that was set back.
            let ends = try ask(connection, through: last, ends)
            guard var low = try ends.optionalInt8(0, 0), var high = try ends.optionalInt8(0, 1) else { return nil }
            var found: Int64?
            while low <= high {
                let middle = low + (high - low) / 2
                let answer = try connection.ask(timeFrom, .int8(middle))
                guard answer.count > 0 else {
                    high = middle - 1
                    continue
                }
                let seq = try answer.int8(0, 0)
                if try answer.int8(0, 1) >= time {
                    found = seq
                    high = middle - 1
                } else {
                    low = seq + 1
                }
            }
            return found
        }

        /// Asks a server that has record `seq`, and everything before it but for what was pruned. One that was replaced by another
        /// and does not know it would have the newest records look as if they were gone; it is not asked again.
        private static func ask(
            _ connection: Connection, through seq: Int64, _ statement: Statement, _ arguments: Parameter...
        ) throws(DatabaseFault) -> Answer {
            var flight = Flight(last)
            let place = flight.add(statement, arguments)
            let answers = try connection.ask(flight)
            guard answers[0].count == 1, try answers[0].int8(0, 0) >= seq else {
                throw connection.close(
                    DatabaseFault(
                        kind: .unreachable,
                        message: """
                            the server that answers lacks record \(seq): another one has taken its place, or its data are older \
                            than they were
                            """))
            }
            return answers[place]
        }

        private static let last = Statement("last_record", "SELECT seq FROM ecryptopayd.ledger WHERE id = 1")
        private static let columns = "SELECT seq, node, call, line FROM ecryptopayd.records"
        private static let bySeq = Statement(
            "records", "\(columns) WHERE seq = ANY ($1) ORDER BY seq", .int8s)
        private static let behind = Statement(
            "records_behind",
            "\(columns) WHERE seq > GREATEST($1, \(Statement.pruned)) AND seq <= $2 ORDER BY seq LIMIT $3", .int8,
            .int8, .int8)
        private static let newsColumns =
            "SELECT payment, seq FROM ecryptopayd.records WHERE news AND seq > \(Statement.pruned)"
        private static let newsBySeq = Statement("news", "\(newsColumns) AND seq = $1 AND seq <= $2", .int8, .int8)
        private static let newsOfPayment = Statement(
            "news_of_payment", "\(newsColumns) AND payment = $1 AND seq <= $2 ORDER BY seq", .int8, .int8)
        private static let newsSince = Statement(
            "news_since", "\(newsColumns) AND time >= $1 AND seq BETWEEN $2 AND $3 ORDER BY seq", .int8, .int8, .int8)
        private static let ends = Statement(
            "records_ends",
            "SELECT min(seq), max(seq) FROM ecryptopayd.records WHERE seq > \(Statement.pruned)")
        private static let timeFrom = Statement(
            "time_from", "SELECT seq, time FROM ecryptopayd.records WHERE seq >= $1 ORDER BY seq LIMIT 1", .int8)
    }

    extension Answer {
        /// Rows of a payment and a record's seq.
        fileprivate func news() throws(DatabaseFault) -> [(payment: PaymentID, seq: Int64)] {
            var news: [(payment: PaymentID, seq: Int64)] = []
            news.reserveCapacity(count)
            for row in 0..<count { news.append((try int8(row, 0), try int8(row, 1))) }
            return news
        }

        /// Rows of a record's seq, node, call and line.
        func records() throws(DatabaseFault) -> [StoredRecord] {
            var records: [StoredRecord] = []
            records.reserveCapacity(count)
            for row in 0..<count {
                records.append(
                    StoredRecord(
                        seq: try int8(row, 0), node: try int8(row, 1), order: try int8(row, 2), line: try bytes(row, 3))
                )
            }
            return records
        }
    }
#endif
