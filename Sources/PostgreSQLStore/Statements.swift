#if PostgreSQL
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
            CAST(0 AS bigint) AS c, CAST(NULL AS text) AS t, CAST(NULL AS bytea) AS y \
            UNION ALL SELECT 1, node, turn, CASE WHEN until < clock_timestamp() THEN CAST(1 AS bigint) ELSE 0 END, NULL, NULL \
            FROM ecryptopayd.nodes \
            UNION ALL SELECT 2, node, 0, 0, name, NULL FROM ecryptopayd.leases \
            UNION ALL SELECT * FROM (SELECT 3, seq, node, call, line, CAST(NULL AS bytea) FROM ecryptopayd.records \
            WHERE seq > $1 ORDER BY seq LIMIT \(viewLimit)) AS new_records \
            UNION ALL SELECT * FROM (SELECT 4, number, seq, node, CAST(NULL AS text), body FROM ecryptopayd.notes \
            WHERE number > $2 ORDER BY number LIMIT \(viewLimit)) AS new_notes
            """, .int8, .int8)

        /// What stands in the place of record $1, and whether it is known to be gone.
        static let anchor = Statement(
            "anchor",
            """
            SELECT (SELECT line FROM ecryptopayd.records WHERE seq = $1), \
            EXISTS (SELECT 1 FROM ecryptopayd.gaps WHERE first <= $1 AND last >= $1)
            """, .int8)

        /// A turn: records, the note, the node's lease and the head. Parameters: 1 node; 2–8 the records' seq, kind, payment, news,
        /// call, time, line; 9 turn; 10 the lease in microseconds; 11–19 the head; 20 the note, or null.
        ///
        /// Arrays in the target list cost a sixth less than the same in `FROM`.
        static let write = Statement(
            "write",
            """
            WITH added AS (INSERT INTO ecryptopayd.records (seq, node, kind, payment, news, call, time, line) \
            SELECT unnest($2), $1, unnest($3), unnest($4), unnest($5), unnest($6), unnest($7), unnest($8)), \
            noted AS (INSERT INTO ecryptopayd.notes (number, seq, node, at, body) \
            SELECT $12, $11, $1, clock_timestamp(), $20 WHERE $20 IS NOT NULL), \
            moved AS (UPDATE ecryptopayd.ledger SET seq = $11, note = $12, bytes = $13, segments = $14, segment_bytes = $15, \
            bucket0 = $16, bucket1 = $17, next_class = $18, paused_until = $19 WHERE id = 1) \
            UPDATE ecryptopayd.nodes SET turn = $9, \
            until = clock_timestamp() + CAST($10 AS double precision) * interval '1 microsecond' WHERE node = $1
            """,
            .int8, .int8s, .texts, .int8s, .bools, .int8s, .int8s, .texts, .int8, .int8, .int8, .int8, .int8, .int8,
            .int8,
            .int8, .int8, .int8, .int8, .bytea)

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
            begin, commit, rollBack, head, lock, view, anchor, write, bury, disinherit, free, take,
        ]
    }
#endif
