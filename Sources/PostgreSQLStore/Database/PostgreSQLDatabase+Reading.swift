#if PostgreSQL
    package import Ledger
    package import Payments
    package import SharedLedger

    extension PostgreSQLDatabase {
        /// So many numbers are asked for at once.
        private static let chunk = 1000
        /// So many records are looked through at once.
        private static let stretch: Int64 = 50_000

        /// Reads records by their numbers.
        package func records(_ seqs: [Int64]) throws(DatabaseFault) -> [StoredRecord] {
            guard !seqs.isEmpty else { return [] }
            let sorted = seqs.sorted()
            return try reading.perform { (connection) throws(DatabaseFault) in
                var records: [StoredRecord] = []
                for start in stride(from: 0, to: sorted.count, by: Self.chunk) {
                    let chunk = sorted[start..<min(start + Self.chunk, sorted.count)]
                    records += try ask(connection, through: chunk.last ?? 0, Self.bySeq, .int8s(chunk)).records()
                }
                return records
            }
        }

        /// Reads some hundred records at once, until there are enough.
        package func page(
            after seq: Int64, upTo last: Int64, atMost bytes: Int
        ) throws(DatabaseFault) -> [StoredRecord] {
            try reading.perform { (connection) throws(DatabaseFault) in
                var page: [StoredRecord] = []
                var size = 0
                while true {
                    // Lines of reports have some hundred bytes; too few of them are asked for rather than too many.
                    let count = max(8, min(Self.chunk, (bytes - size) / 512))
                    let records = try ask(
                        connection, through: last, Self.after, .int8(page.last?.seq ?? seq), .int8(last),
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

        /// Finds it by halving: records are written in the order of their times, but for a clock that was set back.
        package func first(since time: Int64, upTo last: Int64) throws(DatabaseFault) -> Int64? {
            try reading.perform { (connection) throws(DatabaseFault) in
                try first(since: time, upTo: last, connection)
            }
        }

        private func first(
            since time: Int64, upTo last: Int64, _ connection: Connection
        ) throws(DatabaseFault) -> Int64? {
            let ends = try ask(connection, through: last, Self.ends)
            guard var low = try ends.optionalInt8(0, 0), var high = try ends.optionalInt8(0, 1) else { return nil }
            high = min(high, last)
            var found: Int64?
            while low <= high {
                let middle = low + (high - low) / 2
                let answer = try connection.ask(Self.timeFrom, .int8(middle), .int8(last))
                guard answer.count > 0 else {
                    high = middle - 1
                    continue
                }
                let seq = try answer.number(0, 0)
                if try answer.int8(0, 1) >= time {
                    found = seq
                    high = middle - 1
                } else {
                    low = seq + 1
                }
            }
            return found
        }

        /// Reads one record.
        package func opened(before seq: Int64) throws(DatabaseFault) -> [UInt8]? { try journal.opened(before: seq) }

        /// Reads news; since a time, in stretches, since it may be all records. Deliveries must not wait for that.
        package func changes(
            _ selection: Redelivery, upTo seq: Int64
        ) throws(DatabaseFault) -> [(payment: PaymentID, seq: Int64)] {
            try maintaining.perform { (connection) throws(DatabaseFault) in
                switch selection {
                case .record(let number):
                    try ask(connection, through: seq, Self.newsBySeq, .int8(number), .int8(seq)).changes()
                case .payment(let payment):
                    try ask(connection, through: seq, Self.newsOfPayment, .int8(payment), .int8(seq)).changes()
                case .since(let time): try changes(since: time, upTo: seq, connection)
                }
            }
        }

        private func changes(
            since time: Int64, upTo seq: Int64, _ connection: Connection
        ) throws(DatabaseFault) -> [(payment: PaymentID, seq: Int64)] {
            guard var next = try first(since: time, upTo: seq, connection) else { return [] }
            var news: [(payment: PaymentID, seq: Int64)] = []
            while next <= seq {
                // What is gone is passed over in one step, however much it is.
                let begin = try connection.ask(Self.timeFrom, .int8(next), .int8(seq))
                guard begin.count > 0 else { break }
                next = try begin.number(0, 0)
                let last = min(next + Self.stretch - 1, seq)
                news += try connection.ask(Self.newsSince, .int8(time), .int8(next), .int8(last)).changes()
                next = last + 1
            }
            return news
        }

        private static let columns = "SELECT seq, line FROM ecryptopayd.records"
        private static let bySeq = Statement("records", "\(columns) WHERE seq = ANY ($1) ORDER BY seq", .int8s)
        private static let after = Statement(
            "records_after",
            "\(columns) WHERE seq > GREATEST($1, \(Statement.pruned)) AND seq <= $2 ORDER BY seq LIMIT $3", .int8,
            .int8, .int8)
        private static let newsColumns =
            "SELECT payment, seq FROM ecryptopayd.records WHERE news AND seq > \(Statement.pruned)"
        private static let newsBySeq = Statement("news", "\(newsColumns) AND seq = $1 AND seq <= $2", .int8, .int8)
        private static let newsOfPayment = Statement(
            "news_of_payment",
            "\(newsColumns) AND payment = $1 AND kind IN ('confirmed', 'known') AND seq <= $2 ORDER BY seq", .int8,
            .int8)

        /// Asks a server that has record `seq`, or later ones, the newest epoch, and the last record that was seen. One that was replaced by
        /// another and does not know it would have the newest records look as if they were gone, or show others; it is not asked again.
        private func ask(
            _ connection: Connection, through seq: Int64, _ statement: Statement, _ arguments: Parameter...
        ) throws(DatabaseFault) -> Answer {
            let seen = proof.value
            var pipeline = Pipeline(
                Self.reach, .int8(seq), .int8(seen.seq), .text(String(decoding: seen.head, as: UTF8.self)))
            pipeline.add(statement, arguments)
            let answers = try connection.ask(pipeline)
            guard try answers[0].bool(0, 0) else { throw connection.close(.behind("lacks record \(seq)")) }
            if let found = try answers[0].optionalInt8(0, 1), found < seen.epoch {
                throw connection.close(.behind("is in epoch \(found), and epoch \(seen.epoch) had begun"))
            }
            guard try answers[0].bool(0, 2) else {
                throw connection.close(.behind("lacks record \(seen.seq), or has another one"))
            }
            return answers[1]
        }

        private static let reach = Statement(
            "reach",
            """
            SELECT $1 <= \(Statement.pruned) OR EXISTS (SELECT 1 FROM ecryptopayd.records WHERE seq >= $1), \
            (SELECT epoch FROM ecryptopayd.lease WHERE id = 1), \
            $2 <= \(Statement.pruned) OR EXISTS (SELECT 1 FROM ecryptopayd.records WHERE seq = $2 AND starts_with(line, $3))
            """, .int8, .int8, .text)
        private static let newsSince = Statement(
            "news_since", "\(newsColumns) AND time >= $1 AND seq BETWEEN $2 AND $3 ORDER BY seq", .int8, .int8, .int8)
        private static let ends = Statement(
            "records_ends",
            "SELECT min(seq), max(seq) FROM ecryptopayd.records WHERE seq > \(Statement.pruned)")
        private static let timeFrom = Statement(
            "time_from",
            "SELECT seq, time FROM ecryptopayd.records WHERE seq >= $1 AND seq <= $2 ORDER BY seq LIMIT 1", .int8, .int8
        )
    }

    extension Answer {
        /// Rows of a payment and a record's seq.
        fileprivate func changes() throws(DatabaseFault) -> [(payment: PaymentID, seq: Int64)] {
            try rows { (row) throws(DatabaseFault) in (try int8(row, 0), try int8(row, 1)) }
        }

        /// Rows of a record's seq and line.
        func records() throws(DatabaseFault) -> [StoredRecord] {
            try rows { (row) throws(DatabaseFault) in StoredRecord(seq: try number(row, 0), line: try bytes(row, 1)) }
        }
    }
#endif
