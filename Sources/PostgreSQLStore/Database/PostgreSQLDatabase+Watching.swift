#if PostgreSQL
    import POSIX
    package import SharedLedger
    import Synchronization

    extension PostgreSQLDatabase {
        /// So often are nodes removed that have been dead for a day.
        private static let burialInterval: Int64 = 3_600_000_000_000

        /// Writes and reads in one round trip. What is written need not outlive a crash: the next call writes it again.
        package func watch(_ node: NodeRow, writes: Bool) throws(DatabaseFault) -> LedgerStanding {
            let evictsExpired = writes && isBurialDue
            return try watching.perform { (connection) throws(DatabaseFault) in
                var pipeline = Pipeline()
                if writes {
                    pipeline.add(.relaxed)
                    pipeline.add(
                        Self.show, .int8(node.node), .text(node.name), .text(node.version), .text(node.configuration))
                }
                if evictsExpired { pipeline.add(Self.evictExpired) }
                let lease = pipeline.add(Self.lease)
                let nodes = pipeline.add(Self.living)
                let oldest = pipeline.add(Self.oldestAt)
                let answers = try connection.ask(pipeline)
                return LedgerStanding(
                    lease: try Self.lease(answers[lease]), nodes: try Self.nodes(answers[nodes]),
                    time: try answers[oldest].nanoseconds(0, 0),
                    oldestReportAt: try answers[oldest].optionalInt8(0, 1).map { $0 * 1000 })
            }
        }

        /// Deletes the row, unless reports of the node remain in the inbox.
        package func leave(_ node: Int64) throws(DatabaseFault) {
            try watching.askRelaxed(Self.remove, .int8(node))
        }

        private var isBurialDue: Bool {
            lastBurial.withLock { last in
                let now = Clock.monotonic()
                if let last, now - last < Self.burialInterval { return false }
                last = now
                return true
            }
        }

        private static func lease(_ answer: Answer) throws(DatabaseFault) -> LeaseRow? {
            // Before the first epoch nobody has had it.
            guard answer.count == 1, try answer.int8(0, 0) > 0 else { return nil }
            return LeaseRow(
                epoch: try answer.int8(0, 0), node: try answer.optionalInt8(0, 1), name: try answer.text(0, 2),
                since: try answer.nanoseconds(0, 3), left: try answer.nanoseconds(0, 4),
                durable: try answer.number(0, 5), head: try answer.isNull(0, 7) ? [] : answer.bytes(0, 7),
                isFull: try answer.bool(0, 6))
        }

        private static func nodes(_ answer: Answer) throws(DatabaseFault) -> [NodeRow] {
            try answer.rows { (row) throws(DatabaseFault) in
                NodeRow(
                    node: try answer.int8(row, 0), name: try answer.text(row, 1), version: try answer.text(row, 2),
                    configuration: try answer.text(row, 3))
            }
        }

        /// A row that somebody has deleted comes back.
        private static let show = Statement(
            "show",
            """
            INSERT INTO ecryptopayd.nodes (node, name, version, configuration, started, seen) \
            VALUES ($1, $2, $3, $4, clock_timestamp(), clock_timestamp()) ON CONFLICT (node) DO UPDATE \
            SET name = excluded.name, version = excluded.version, configuration = excluded.configuration, seen = excluded.seen
            """, .int8, .text, .text, .text)
        private static let remove = Statement(
            "leave", "DELETE FROM ecryptopayd.nodes AS n WHERE node = $1 AND \(isEmpty)", .int8)
        private static let evictExpired = Statement(
            "evict_expired",
            """
            DELETE FROM ecryptopayd.nodes AS n WHERE seen < clock_timestamp() - interval '1 day' \
            AND \(isEmpty)
            """)
        /// By its row its reports are found.
        private static let isEmpty = "NOT EXISTS (SELECT 1 FROM ecryptopayd.inbox AS i WHERE i.node = n.node)"
        private static let lease = Statement(
            "lease",
            """
            SELECT epoch, node, name, \(Statement.microseconds("since")), \
            \(Statement.microseconds("until - clock_timestamp()")), durable, is_full, \
            (SELECT left(line, \(StoredRecord.headLength)) FROM ecryptopayd.records WHERE seq = durable) \
            FROM ecryptopayd.lease WHERE id = 1
            """)
        /// The condition of a node that counts as living.
        static let isLiving = """
            seen > clock_timestamp() - interval '\(LedgerStanding.nodeLifetime / 1_000_000) milliseconds'
            """
        private static let living = Statement(
            "living",
            "SELECT node, name, version, configuration FROM ecryptopayd.nodes WHERE \(isLiving) ORDER BY started, node")
        private static let oldestAt = Statement(
            "oldest_at",
            """
            SELECT \(Statement.microseconds("clock_timestamp()")), \(Statement.microseconds("min(i.at)")) \
            FROM ecryptopayd.nodes AS n CROSS JOIN LATERAL \
            (SELECT at FROM ecryptopayd.inbox WHERE node = n.node ORDER BY number LIMIT 1) AS i
            """)
    }
#endif
