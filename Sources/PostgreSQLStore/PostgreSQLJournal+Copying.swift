#if PostgreSQL
    public import SharedLedger

    // Filling a database with a journal that was kept elsewhere. No node joins before it is whole.
    extension PostgreSQLJournal {
        /// Makes the tables, and the ledger with this id, or goes on with one that was begun. Answers the last record that is there.
        ///
        /// - Throws: `.configuration` when another ledger is there, or a node works on it.
        public func beginCopy(of journal: String) throws(DatabaseFault) -> Int64 {
            try desk.performBlocking { (connection) throws(DatabaseFault) in
                try Migration(connection, node: .random(in: 1 ... .max)).run()
                var flight = Flight(Statement.begin)
                flight.add(Self.found, .int8(Schema.version), .text(journal))
                let there = flight.add(Self.there)
                let answer = try connection.ask(flight)[there]
                guard answer.count == 1, try answer.bool(0, 1), try answer.text(0, 2) == journal else {
                    connection.abandonTransaction()
                    throw DatabaseFault(kind: .configuration, message: "another ledger is in the database already")
                }
                guard try answer.int8(0, 3) == 0 else {
                    connection.abandonTransaction()
                    throw DatabaseFault(kind: .configuration, message: "a daemon works on the database's ledger")
                }
                try Self.commit(Flight(), connection)
                return try answer.int8(0, 0)
            }
        }

        /// Adds records behind `seq`; numbers that are passed over are gone. Once they are there, the same again changes nothing.
        public func append(_ records: [RecordRow], behind seq: Int64) throws(DatabaseFault) {
            guard let last = records.last?.seq else { return }
            try desk.performBlocking { (connection) throws(DatabaseFault) in
                var flight = Flight(Statement.begin)
                let there = flight.add(Self.lockCopy)
                let answer = try connection.ask(flight)[there]
                let found = try answer.count == 1 ? answer.int8(0, 0) : -1
                // The commit's answer was lost.
                if found == last { return connection.abandonTransaction() }
                guard found == seq, try answer.bool(0, 1) else {
                    connection.abandonTransaction()
                    throw DatabaseFault(
                        kind: .failed,
                        message: "somebody else has written into the database's ledger since the copy began")
                }
                try Self.commit(Self.flight(records, behind: seq, segmentBytes: try answer.int8(0, 2)), connection)
            }
        }

        private static func flight(_ records: [RecordRow], behind seq: Int64, segmentBytes: Int64) -> Flight {
            var (bytes, segments, segmentBytes, next) = (Int64(0), Int64(0), segmentBytes, seq + 1)
            var (firsts, lasts): ([Int64], [Int64]) = ([], [])
            for record in records {
                if record.seq > next {
                    firsts.append(next)
                    lasts.append(record.seq - 1)
                }
                next = record.seq + 1
                if record.kind == "opened" { (segments, segmentBytes) = (segments + 1, 0) }
                bytes += Int64(record.line.count) + 1
                segmentBytes += Int64(record.line.count) + 1
            }
            var (payments, lines) = (
                ArrayParameter(.int8s), ArrayParameter(.texts, reservingBytes: Int(bytes) + 4 * records.count)
            )
            for record in records {
                if let payment = record.payment { payments.append(payment) } else { payments.appendNull() }
                lines.append(record.line)
            }
            var flight = Flight(
                add, .int8s(records.map(\.seq)), .texts(records.map(\.kind)), .array(payments),
                .bools(records.map(\.isNews)),
                .int8s(records.map(\.order)), .int8s(records.map(\.time)), .array(lines))
            if !firsts.isEmpty { flight.add(addGaps, .int8s(firsts), .int8s(lasts)) }
            flight.add(move, .int8(next - 1), .int8(bytes), .int8(segments), .int8(segmentBytes))
            return flight
        }

        /// The copy is whole: nodes may join.
        public func finishCopy() throws(DatabaseFault) {
            try desk.performBlocking { (connection) throws(DatabaseFault) in
                var flight = Flight(Statement.begin)
                flight.add(Self.finish)
                try Self.commit(flight, connection)
            }
        }

        /// Ends a transaction with these statements.
        private static func commit(_ flight: Flight, _ connection: Connection) throws(DatabaseFault) {
            var flight = flight
            let commit = flight.add(Statement.commit)
            let answer = try connection.ask(flight, within: .seconds(60))[commit]
            guard answer.tag == "COMMIT" else {
                throw DatabaseFault(kind: .failed, message: "the database answered \(answer.tag) to a COMMIT")
            }
            if let warning = answer.warnings.first {
                throw DatabaseFault(kind: .failed, message: "the database commits, but warns: \(warning.message)")
            }
        }

        /// A ledger that some node has made, and then not lived to write into, is none.
        private static let found = Statement(
            once: """
                INSERT INTO ecryptopayd.ledger (id, schema, journal, copying, seq, note, bytes, segments, segment_bytes, bucket0, \
                bucket1, next_class, paused_until) VALUES (1, $1, $2, true, 0, 0, 0, 0, 0, 0, 0, 0, 0) \
                ON CONFLICT (id) DO UPDATE SET journal = excluded.journal, copying = true \
                WHERE ledger.seq = 0 OR (ledger.copying AND ledger.journal = excluded.journal)
                """, .int8, .text)
        private static let there = Statement(
            once: """
                SELECT seq, copying, journal, (SELECT count(*) FROM ecryptopayd.nodes WHERE until >= clock_timestamp()) \
                FROM ecryptopayd.ledger WHERE id = 1
                """)
        private static let lockCopy = Statement(
            "lock_copy", "SELECT seq, copying, segment_bytes FROM ecryptopayd.ledger WHERE id = 1 FOR UPDATE")
        private static let add = Statement(
            "copy_records",
            """
            INSERT INTO ecryptopayd.records (seq, node, kind, payment, news, call, time, line) \
            SELECT unnest($1), 0, unnest($2), unnest($3), unnest($4), unnest($5), unnest($6), unnest($7)
            """, .int8s, .texts, .int8s, .bools, .int8s, .int8s, .texts)
        private static let addGaps = Statement(
            "copy_gaps", "INSERT INTO ecryptopayd.gaps (first, last) SELECT unnest($1), unnest($2)", .int8s, .int8s)
        private static let move = Statement(
            "copy_move",
            """
            UPDATE ecryptopayd.ledger SET seq = $1, bytes = bytes + $2, segments = segments + $3, segment_bytes = $4 WHERE id = 1
            """, .int8, .int8, .int8, .int8)
        private static let finish = Statement(once: "UPDATE ecryptopayd.ledger SET copying = false WHERE id = 1")
    }
#endif
