#if PostgreSQL
    import Payments
    import SharedLedger

    extension PostgreSQLKeeper {
        /// What reads through many records, or deletes them, may take.
        private static let longest: Duration = .seconds(600)

        func old(before time: Int64, limit: Int64) async throws(DatabaseFault) -> OldRecords? {
            try await desk.perform { (connection) throws(DatabaseFault) in
                let first = try connection.ask(Self.first).int8(0, 0)
                let segments = try connection.ask(Self.segments, .int8(first), .int8(limit), within: Self.longest)
                var end: Int64?
                var count: Int64 = 0
                // Each with the time of the record before it.
                for row in 0..<segments.count {
                    guard let last = try segments.optionalInt8(row, 1), last < time else { break }
                    end = try segments.int8(row, 0)
                    count += 1
                }
                guard let end else { return nil }
                let sums = try connection.ask(Self.sums, .int8(first), .int8(end), within: Self.longest)
                var old = OldRecords(
                    end: end, records: try sums.int8(0, 0), bytes: try sums.int8(0, 1), segments: count, baseline: nil)
                if let baseline = try sums.optionalInt8(0, 3) {
                    old.baseline = try connection.ask(Self.one, .int8(baseline)).records().first
                }
                return old
            }
        }

        func lastWords(
            before end: Int64, behind payment: PaymentID, atMost count: Int
        ) async throws(DatabaseFault) -> [StoredRecord] {
            try await desk.perform { (connection) throws(DatabaseFault) in
                try connection.ask(
                    Self.words, .int8(end), .int8(payment), .int8(Int64(count)), within: Self.longest
                ).records()
            }
        }

        func drop(before end: Int64) async throws(DatabaseFault) {
            try await desk.perform { (connection) throws(DatabaseFault) in
                do throws(DatabaseFault) { try Self.forget(before: end, connection) } catch {
                    connection.abandonTransaction()
                    throw error
                }
                try Self.remove(connection)
            }
        }

        /// Removes the records that are known to be gone: they count no more. What a node leaves behind that dies over it, the next
        /// one removes.
        static func remove(_ connection: Connection) throws(DatabaseFault) {
            let first = try connection.ask(first).int8(0, 0)
            while try connection.ask(remove, .int8(first), .int8(Int64(chunk * 10)), within: longest).changed > 0 {}
        }

        /// Takes down that records are gone, the lock on the head being held for no longer than that takes.
        private static func forget(before end: Int64, _ connection: Connection) throws(DatabaseFault) {
            // Nothing is folded meanwhile.
            var flight = Flight(Statement.begin)
            flight.add(lockFolded)
            let folded = try connection.ask(flight)[1].int8(0, 0)
            let first = try connection.ask(first).int8(0, 0)
            guard end > first else { return connection.abandonTransaction() }
            let isNeeded = try connection.ask(needed, .int8(end), within: longest).bool(0, 0)
            guard !isNeeded, folded >= end - 1 else {
                throw DatabaseFault(kind: .failed, message: "a record before \(end) is still needed")
            }
            let sums = try connection.ask(sums, .int8(first), .int8(end), within: longest)
            var last = Flight(Statement.lock)
            last.add(shrink, .int8(try sums.int8(0, 1)), .int8(try sums.int8(0, 2)))
            last.add(mergeGaps, .int8(end))
            last.add(addGap, .int8(end - 1))
            let commit = last.add(Statement.commit)
            let answers = try connection.ask(last)
            guard answers[commit].tag == "COMMIT" else {
                throw DatabaseFault(kind: .failed, message: "the database did not commit that records are gone")
            }
        }

        /// The first record that is not known to be gone.
        private static let first = Statement(
            "first_record", "SELECT COALESCE(max(last), 0) + 1 FROM ecryptopayd.gaps WHERE first = 1")
        private static let segments = Statement(
            "old_segments",
            """
            SELECT o.seq, (SELECT r.time FROM ecryptopayd.records AS r WHERE r.seq < o.seq ORDER BY r.seq DESC LIMIT 1) \
            FROM ecryptopayd.records AS o WHERE o.kind = 'opened' AND o.seq > $1 AND o.seq <= $2 ORDER BY o.seq
            """, .int8, .int8)
        private static let sums = Statement(
            "old_sums",
            """
            SELECT count(*), CAST(COALESCE(sum(octet_length(line) + 1), 0) AS bigint), \
            CAST(COALESCE(sum(CASE WHEN kind = 'opened' THEN 1 ELSE 0 END), 0) AS bigint), max(CASE WHEN kind = 'baseline' THEN seq END) \
            FROM ecryptopayd.records WHERE seq >= $1 AND seq < $2
            """, .int8, .int8)
        private static let one = Statement(
            "one_record", "SELECT seq, node, call, line FROM ecryptopayd.records WHERE seq = $1", .int8)
        private static let words = Statement(
            "last_words",
            """
            SELECT r.seq, r.node, r.call, r.line FROM (SELECT payment, seq FROM ecryptopayd.known WHERE seq < $1 AND payment > $2 \
            ORDER BY payment LIMIT $3) AS k JOIN ecryptopayd.records AS r ON r.seq = k.seq ORDER BY k.payment
            """, .int8, .int8, .int8)
        private static let needed = Statement(
            "is_needed",
            """
            SELECT EXISTS (SELECT 1 FROM ecryptopayd.known WHERE seq < $1) \
            OR EXISTS (SELECT 1 FROM ecryptopayd.pending WHERE seq < $1) \
            OR EXISTS (SELECT 1 FROM ecryptopayd.deliveries WHERE seq < $1)
            """, .int8)
        private static let shrink = Statement(
            "shrink", "UPDATE ecryptopayd.ledger SET bytes = bytes - $1, segments = segments - $2 WHERE id = 1", .int8,
            .int8)
        private static let mergeGaps = Statement("merge_gaps", "DELETE FROM ecryptopayd.gaps WHERE first < $1", .int8)
        private static let addGap = Statement(
            "add_gap", "INSERT INTO ecryptopayd.gaps (first, last) VALUES (1, $1)", .int8)
        private static let remove = Statement(
            "remove_records",
            """
            DELETE FROM ecryptopayd.records WHERE seq IN (SELECT seq FROM ecryptopayd.records WHERE seq < $1 ORDER BY seq \
            LIMIT $2 FOR UPDATE SKIP LOCKED)
            """, .int8, .int8)
    }
#endif
