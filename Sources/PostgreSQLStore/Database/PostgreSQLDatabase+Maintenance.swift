#if PostgreSQL
    package import SharedLedger

    extension PostgreSQLDatabase {
        /// What reads through many records, or deletes them, may take.
        static let longest: Duration = .seconds(600)
        /// So many bytes of a checkpoint are in a row.
        private static let part = 1 << 20
        /// So many records are removed at once.
        private static let chunk: Int64 = 10_000

        // MARK: Checkpoints

        /// Reads the parts one by one, all of one moment.
        package func checkpoint() throws(DatabaseFault) -> StoredCheckpoint? {
            try maintaining.perform { (connection) throws(DatabaseFault) in
                try connection.beginReading()
                let checkpoint = try Self.checkpoint(connection)
                connection.abandonTransaction()
                return checkpoint
            }
        }

        static func checkpoint(_ connection: Connection) throws(DatabaseFault) -> StoredCheckpoint? {
            let newest = try connection.ask(newestCheckpoint)
            guard newest.count > 0 else { return nil }
            var checkpoint = StoredCheckpoint(
                seq: try newest.number(0, 0), bytes: try newest.number(0, 1), segments: try newest.number(0, 2),
                state: [])
            var parts: Int64 = 0
            while true {
                let answer = try connection.ask(checkpointPart, .int8(checkpoint.seq), .int8(parts))
                guard answer.count > 0 else { return checkpoint }
                answer.withBytes(0, 0) { checkpoint.state += $0 }
                parts += 1
            }
        }

        /// Writes the parts, and takes the lease's lock last, so that it is not held for as long as that takes.
        package func save(_ checkpoint: StoredCheckpoint, epoch: Int64) throws(DatabaseFault) -> Bool {
            try maintaining.perform(isRepeatable: false) { (connection) throws(DatabaseFault) in
                var pipeline = Pipeline(.begin)
                pipeline.add(Self.removeCheckpoints, .int8(checkpoint.seq), .bool(true))
                _ = try connection.ask(pipeline)
                var (part, start): (Int64, Int) = (0, 0)
                repeat {
                    let end = min(start + Self.part, checkpoint.state.count)
                    try connection.ask(
                        Self.addCheckpoint, .int8(checkpoint.seq), .int8(part), .int8(checkpoint.bytes),
                        .int8(checkpoint.segments), .bytea(Array(checkpoint.state[start..<end])))
                    (part, start) = (part + 1, end)
                } while start < checkpoint.state.count
                guard try connection.ask(Self.hold, .int8(epoch)).count == 1 else {
                    connection.abandonTransaction()
                    return false
                }
                pipeline = Pipeline(Self.removeCheckpoints, .int8(checkpoint.seq), .bool(false))
                pipeline.add(.commit)
                try connection.write(pipeline, within: Self.longest)
                return true
            }
        }

        /// Sums up the records behind one.
        package func size(
            after seq: Int64, upTo last: Int64
        ) throws(DatabaseFault) -> (bytes: Int64, segments: Int64) {
            let sums = try maintaining.perform { (connection) throws(DatabaseFault) in
                try Self.sums(of: seq + 1, last == .max ? last : last + 1, connection)
            }
            return (sums.bytes, sums.segments)
        }

        /// What the records from one on and before another come to.
        static func sums(
            of first: Int64, _ end: Int64, _ connection: Connection
        ) throws(DatabaseFault) -> OldRecords {
            let sums = try connection.ask(Self.sums, .int8(first), .int8(end), within: longest)
            return OldRecords(
                end: end, records: try sums.int8(0, 0), bytes: try sums.int8(0, 1), segments: try sums.int8(0, 2))
        }

        // MARK: Pruning

        /// Looks at each segment's last record.
        package func old(before time: Int64, limit: Int64) throws(DatabaseFault) -> OldRecords? {
            try maintaining.perform { (connection) throws(DatabaseFault) in
                let segments = try connection.ask(Self.segments, .int8(limit), within: Self.longest)
                var end: Int64?
                for row in 0..<segments.count {
                    guard let last = try segments.optionalInt8(row, 1), last < time else { break }
                    end = try segments.number(row, 0)
                }
                return try end.map { (end) throws(DatabaseFault) in try Self.sums(of: 0, end, connection) }
            }
        }

        /// Reads what says what is known.
        package func knowledge(
            after seq: Int64, before end: Int64, atMost count: Int
        ) throws(DatabaseFault) -> [StoredRecord] {
            try maintaining.ask(
                Self.words, .int8(seq), .int8(end), .int8(Int64(count)), within: Self.longest
            ).records()
        }

        /// Takes down in one transaction that records are gone and by how much that makes what the checkpoint counts smaller, and then
        /// removes them. What a node leaves behind that dies over it, the
        /// next one removes.
        package func drop(before end: Int64, epoch: Int64) throws(DatabaseFault) -> Bool {
            try maintaining.perform { (connection) throws(DatabaseFault) in
                let answers = try connection.write(
                    Pipeline(Self.forget, .int8(epoch), .int8(end)), within: Self.longest)
                guard try answers[0].int8(0, 0) == 1 else { return false }
                try Self.removeRemains(connection)
                return true
            }
        }

        /// Removes the records that are known to be gone: they count no more.
        static func removeRemains(_ connection: Connection) throws(DatabaseFault) {
            var last: Int64? = .min
            // Behind the last that was removed: what is dead already is not stepped over again.
            while let start = last {
                last = try connection.ask(remove, .int8(start), .int8(chunk), within: longest).optionalInt8(0, 0)
            }
        }

        private static let newestCheckpoint = Statement(
            "newest_checkpoint",
            "SELECT seq, bytes, segments FROM ecryptopayd.checkpoint WHERE part = 0 ORDER BY seq DESC LIMIT 1")
        private static let checkpointPart = Statement(
            "checkpoint_part", "SELECT state FROM ecryptopayd.checkpoint WHERE seq = $1 AND part = $2", .int8, .int8)
        /// That of a record, or those of all others.
        private static let removeCheckpoints = Statement(
            "remove_checkpoints", "DELETE FROM ecryptopayd.checkpoint WHERE (seq = $1) = $2", .int8, .bool)
        private static let addCheckpoint = Statement(
            "add_checkpoint",
            "INSERT INTO ecryptopayd.checkpoint (seq, part, bytes, segments, state) VALUES ($1, $2, $3, $4, $5)", .int8,
            .int8, .int8, .int8, .bytea)
        private static let hold = Statement("hold", "WITH \(Statement.fence) SELECT 1 FROM fence", .int8)
        private static let sums = Statement(
            "sums",
            """
            SELECT count(*), CAST(COALESCE(sum(octet_length(line) + 1), 0) AS bigint), count(*) FILTER (WHERE kind = 'opened') \
            FROM ecryptopayd.records WHERE seq >= $1 AND seq > \(Statement.pruned) AND seq < $2
            """, .int8, .int8)
        /// Where segments begin, with the time of the record before each.
        private static let segments = Statement(
            "segments",
            """
            SELECT o.seq, (SELECT r.time FROM ecryptopayd.records AS r WHERE r.seq < o.seq AND r.seq > \(Statement.pruned) \
            ORDER BY r.seq DESC LIMIT 1) FROM ecryptopayd.records AS o \
            WHERE o.kind = 'opened' AND o.seq > \(Statement.pruned) + 1 AND o.seq <= $1 ORDER BY o.seq
            """, .int8)
        private static let words = Statement(
            "words",
            """
            SELECT seq, line FROM ecryptopayd.records WHERE seq > GREATEST($1, \(Statement.pruned)) AND seq < $2 \
            AND kind IN ('confirmed', 'known', 'baseline') ORDER BY seq LIMIT $3
            """, .int8, .int8, .int8)
        private static let forget = Statement(
            "forget",
            """
            WITH \(Statement.fence), merged AS (DELETE FROM ecryptopayd.gaps WHERE first > 1 AND first < $2 AND \(Statement.isFenced)), \
            gone AS (INSERT INTO ecryptopayd.gaps AS g (first, last) SELECT 1, $2 - 1 WHERE $2 > 1 AND \(Statement.isFenced) \
            ON CONFLICT (first) DO UPDATE SET last = GREATEST(g.last, excluded.last)), \
            smaller AS (UPDATE ecryptopayd.checkpoint AS c SET (bytes, segments) = (SELECT \
            c.bytes - CAST(COALESCE(sum(octet_length(line) + 1), 0) AS bigint), \
            c.segments - count(*) FILTER (WHERE kind = 'opened') FROM ecryptopayd.records \
            WHERE seq > \(Statement.pruned) AND seq < $2 AND seq <= c.seq) WHERE part = 0 AND \(Statement.isFenced)) \
            SELECT count(*) FROM fence
            """, .int8, .int8)
        private static let remove = Statement(
            "remove_records",
            """
            WITH gone AS (DELETE FROM ecryptopayd.records WHERE seq IN (SELECT seq FROM ecryptopayd.records \
            WHERE seq > $1 AND seq <= \(Statement.pruned) ORDER BY seq LIMIT $2 FOR UPDATE SKIP LOCKED) RETURNING seq) \
            SELECT max(seq) FROM gone
            """, .int8, .int8)
    }
#endif
