#if PostgreSQL
    import SharedLedger

    // What a turn says to the server. Each connection prepares these once.
    extension Statement {
        static let begin = Statement("begin", "BEGIN ISOLATION LEVEL READ COMMITTED")
        static let commit = Statement("commit", "COMMIT")
        static let rollBack = Statement("roll_back", "ROLLBACK")

        private static let headColumns = """
            schema, copying, seq, note, bytes, segments, segment_bytes, bucket0, bucket1, next_class, paused_until \
            FROM ecryptopayd.ledger WHERE id = 1
            """

        /// The head, as ``Head`` reads it.
        static let head = Statement("head", "SELECT \(headColumns)")
        /// The same, and nobody else has it until the transaction ends.
        static let lock = Statement("lock", "SELECT \(headColumns) FOR UPDATE")

        /// The last record that was pruned: rows up to it are about to be removed, and stand for nothing.
        static let pruned = "COALESCE((SELECT last FROM ecryptopayd.gaps WHERE first = 1), 0)"

        /// How many records, and how many notes, are shown at once.
        static let viewLimit = 5000

        /// What is behind record $1 and note $2, who lives, and who does what, as ``ViewReader`` reads it: the first column says which
        /// of them a row is.
        ///
        /// One statement, so that it is one snapshot, and costs one. It must stand behind ``lock``, not be part of it: a snapshot is
        /// taken before a statement begins to wait for a lock.
        static let view = Statement(
            "view",
            """
            SELECT 0 AS what, CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS bigint) AS a, CAST(0 AS bigint) AS b, \
            CAST(0 AS bigint) AS c, CAST(NULL AS text) AS t, CAST(NULL AS bytea) AS y, \
            CAST(NULL AS bigint) AS p \
            UNION ALL SELECT 1, node, turn, CASE WHEN until < clock_timestamp() THEN CAST(1 AS bigint) ELSE 0 END, NULL, NULL, lease \
            FROM ecryptopayd.nodes \
            UNION ALL SELECT 2, node, 0, 0, name, NULL, NULL FROM ecryptopayd.leases \
            UNION ALL SELECT * FROM (SELECT 3, seq, node, call, \
            CASE WHEN kind = 'received' AND call <> 0 THEN substring(line FROM 1 FOR \(StoredRecord.headLength)) ELSE line END, \
            CAST(NULL AS bytea), CASE WHEN kind = 'received' AND call <> 0 THEN payment END FROM ecryptopayd.records \
            WHERE seq > $1 ORDER BY seq LIMIT \(viewLimit)) AS new_records \
            UNION ALL SELECT * FROM (SELECT 4, number, seq, node, CAST(NULL AS text), body, CAST(NULL AS bigint) FROM ecryptopayd.notes \
            WHERE number > $2 ORDER BY number LIMIT \(viewLimit)) AS new_notes
            """, .int8, .int8)

        /// What stands in the place of record $1, and whether it is known to be gone.
        static let anchor = Statement(
            "anchor",
            """
            SELECT (SELECT line FROM ecryptopayd.records WHERE seq = $1), \
            EXISTS (SELECT 1 FROM ecryptopayd.gaps WHERE first <= $1 AND last >= $1)
            """, .int8)

        /// A turn: records, the note, the node's lease and the head. Parameters: 1 node; 2 turn; 3 the lease in microseconds; 4–12 the
        /// head; 13 the note, or null; then the records: 14–20 their seq, kind, payment, news, call, time and line.
        ///
        /// Arrays in the target list cost a sixth less than the same in `FROM`.
        static let write = Statement(
            "write",
            turn(
                records: "unnest($14), $1, unnest($15), unnest($16), unnest($17), unnest($18), unnest($19), unnest($20)"
            ),
            turnParameters + [.int8s, .texts, .int8s, .bools, .int8s, .int8s, .texts])

        /// The same for reports only, which most are: each array less is a tenth less for a row. Parameters: 14 the first seq, 15 the last,
        /// 16 the payments, 17 the time of all, 18 the lines, 19 the fingerprints.
        static let writeReports = Statement(
            "write_reports",
            turn(
                records: "generate_series($14, $15), $1, 'received', unnest($16), false, unnest($19), $17, unnest($18)"),
            turnParameters + [.int8, .int8, .int8s, .int8, .texts, .int8s])

        private static let turnParameters = [ParameterType](repeating: .int8, count: 12) + [.bytea]

        private static func turn(records: String) -> String {
            """
            WITH added AS (INSERT INTO ecryptopayd.records (seq, node, kind, payment, news, call, time, line) SELECT \(records)), \
            noted AS (INSERT INTO ecryptopayd.notes (number, seq, node, at, body) \
            SELECT $5, $4, $1, clock_timestamp(), $13 WHERE $13 IS NOT NULL), \
            moved AS (UPDATE ecryptopayd.ledger SET seq = $4, note = $5, bytes = $6, segments = $7, segment_bytes = $8, \
            bucket0 = $9, bucket1 = $10, next_class = $11, paused_until = $12 WHERE id = 1) \
            UPDATE ecryptopayd.nodes SET turn = $2, lease = $3, \
            until = clock_timestamp() + CAST($3 AS double precision) * interval '1 microsecond' WHERE node = $1
            """
        }

        /// The nodes $1 and all that they alone did are no more.
        static let bury = Statement("bury", "DELETE FROM ecryptopayd.nodes WHERE node = ANY ($1)", .int8s)
        static let disinherit = Statement("disinherit", "DELETE FROM ecryptopayd.leases WHERE node = ANY ($1)", .int8s)
        /// Node $1 does $2 no longer.
        static let free = Statement(
            "free", "DELETE FROM ecryptopayd.leases WHERE node = $1 AND name = ANY ($2)", .int8, .texts)
        /// Node $1 does $2 from now on.
        static let take = Statement(
            "take",
            """
            INSERT INTO ecryptopayd.leases (name, node) SELECT unnest($2), $1 \
            ON CONFLICT (name) DO UPDATE SET node = excluded.node
            """, .int8, .texts)

        /// All of them.
        static let turns = [
            begin, commit, rollBack, head, lock, view, anchor, write, writeReports, bury, disinherit, free, take,
        ]
    }
#endif
