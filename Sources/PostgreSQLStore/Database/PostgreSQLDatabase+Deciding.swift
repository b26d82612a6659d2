#if PostgreSQL
    package import SharedLedger

    extension PostgreSQLDatabase {
        /// Takes the lease in one transaction; what it returns was read after the lease was locked. A node whose last try was not answered
        /// may try again: a lease that is its own in a later epoch than it knows is taken, too.
        ///
        /// Waits for writes of the epoch before for 5 s, then throws `.lockTimeout`.
        package func takeLease(_ claim: LeaseClaim) throws(DatabaseFault) -> LeaseGrant? {
            let epoch = proof.value.epoch
            return try deciding.perform(isRepeatable: false) { (connection) throws(DatabaseFault) in
                try Self.take(claim, epoch, connection, Self.takeOver)
            }
        }

        private static func take(
            _ claim: LeaseClaim, _ seen: Int64, _ connection: Connection, _ statement: Statement
        ) throws(DatabaseFault) -> LeaseGrant? {
            var pipeline = Pipeline(.begin)
            let taken = pipeline.add(
                statement, .int8(claim.node), .text(claim.name), .int8(claim.duration / 1000), .int8(seen))
            let state = pipeline.add(Self.state)
            let last = pipeline.add(Self.last)
            let gaps = pipeline.add(PostgreSQLJournal.gaps)
            pipeline.add(.commit)
            let answers = try connection.write(pipeline)
            if answers[taken].count == 1 {
                let epoch = try answers[taken].int8(0, 0)
                return LeaseGrant(
                    epoch: epoch, last: try answers[last].records().first,
                    pruned: try answers[state].number(0, 2), gaps: try answers[gaps].ranges())
            }
            guard try !answers[state].isNull(0, 0) else { throw .ledgerMissing }
            if try answers[state].bool(0, 0) { throw .unfinishedCopy }
            guard let epoch = try answers[state].optionalInt8(0, 1) else {
                // Another node that has made it meanwhile has it.
                return statement == makeAnew ? nil : try take(claim, seen, connection, makeAnew)
            }
            if epoch < seen {
                throw connection.close(.behind("is in epoch \(epoch), and epoch \(seen) had begun"))
            }
            return nil
        }

        /// Lets it run anew. That need not outlive a crash.
        package func renewLease(_ claim: LeaseClaim, durable: Int64, isFull: Bool) throws(DatabaseFault) -> Bool {
            guard let epoch = claim.epoch else { return false }
            let (node, duration) = (Parameter.int8(claim.node), Parameter.int8(claim.duration / 1000))
            return try deciding.askRelaxed(
                Self.renew, .int8(epoch), node, duration, .int8(durable), .bool(isFull)
            ).changed == 1
        }

        /// Ends the lease, if the epoch still lasts.
        package func releaseLease(epoch: Int64, durable: Int64) throws(DatabaseFault) {
            try deciding.askRelaxed(Self.release, .int8(epoch), .int8(durable))
        }

        /// Reads each node's reports by the primary key, so that rows that are gone are not stepped over again and again while an open
        /// snapshot keeps them.
        package func inbox(
            behind numbers: [Int64: Int64], atMost count: Int
        ) throws(DatabaseFault) -> [InboxReport] {
            try deciding.ask(
                Self.behind, .int8s(numbers.keys), .int8s(numbers.values), .int8(Int64(count))
            ).reports()
        }

        /// Reads all reports, those too of nodes whose row is gone.
        package func wholeInbox(atMost count: Int) throws(DatabaseFault) -> [InboxReport] {
            try deciding.ask(Self.whole, .int8(Int64(count))).reports()
        }

        /// Writes in one round trip and one transaction.
        package func append(_ batch: LedgerBatch, epoch: Int64) throws(DatabaseFault) -> Bool {
            let taken: [Parameter] = [
                .int8(epoch), .int8s(batch.taken.map(\.node)), .int8s(batch.taken.map(\.numbers.lowerBound)),
                .int8s(batch.taken.map(\.numbers.upperBound)),
            ]
            var pipeline =
                batch.reports.map { Pipeline(Self.appendReports, taken + $0) }
                ?? Pipeline(Self.append, taken + batch.records.columns)
            if let gap = batch.gap {
                pipeline.add(Self.passOver, .int8(epoch), .int8(gap.lowerBound), .int8(gap.upperBound))
            }
            return try deciding.perform(isRepeatable: false) { [pipeline] (connection) throws(DatabaseFault) in
                try connection.write(pipeline)[0].int8(0, 0) == 1
            }
        }

        /// Notifies soon, without waiting for it.
        package func announce(durable: Int64, head: [UInt8]) {
            notifier.send(.records(durable: durable, head: head))
        }

        // Not while a copy is being made, and not on a server that is behind. One that runs too long is from before the clock was set back.
        private static let takeOver = Statement(
            "take_over",
            """
            UPDATE ecryptopayd.lease SET epoch = epoch + 1, node = $1, name = $2, \
            since = CASE WHEN node = $1 THEN since ELSE clock_timestamp() END, until = \(end) \
            WHERE id = 1 AND epoch >= $4 AND (node IS NULL OR node = $1 OR until < clock_timestamp() \
            OR until > \(end) + CAST($3 AS double precision) * interval '1 microsecond') \
            AND (SELECT NOT copying FROM ecryptopayd.ledger WHERE id = 1) RETURNING epoch
            """, .int8, .text, .int8, .int8)
        /// Somebody has deleted the row. The time makes the epoch greater than one that has begun, but has not written.
        private static let makeAnew = Statement(
            "make_lease",
            """
            INSERT INTO ecryptopayd.lease (id, epoch, node, name, since, until, durable, is_full) \
            SELECT 1, GREATEST($4, COALESCE((SELECT epoch FROM ecryptopayd.records ORDER BY seq DESC LIMIT 1), 0), \
            \(Statement.microseconds("clock_timestamp()"))) + 1, $1, $2, clock_timestamp(), \(end), 0, false \
            FROM ecryptopayd.ledger WHERE id = 1 AND NOT copying ON CONFLICT (id) DO NOTHING RETURNING epoch
            """, .int8, .text, .int8, .int8)
        private static let end = "clock_timestamp() + CAST($3 AS double precision) * interval '1 microsecond'"
        private static let state = Statement(
            "state",
            """
            SELECT (SELECT copying FROM ecryptopayd.ledger WHERE id = 1), (SELECT epoch FROM ecryptopayd.lease WHERE id = 1), \
            \(Statement.pruned)
            """)
        private static let last = Statement(
            "last", "SELECT seq, line FROM ecryptopayd.records ORDER BY seq DESC LIMIT 1")
        private static let renew = Statement(
            "renew",
            """
            UPDATE ecryptopayd.lease SET until = \(end), durable = $4, is_full = $5 WHERE id = 1 AND epoch = $1 AND node = $2
            """, .int8, .int8, .int8, .int8, .bool)
        private static let release = Statement(
            "release",
            """
            UPDATE ecryptopayd.lease SET node = NULL, until = clock_timestamp(), durable = $2 WHERE id = 1 AND epoch = $1 \
            RETURNING pg_notify('ecryptopayd', 'other')
            """, .int8, .int8)
        private static let reportColumns = "node, number, payment, report FROM ecryptopayd.inbox"
        private static let behind = Statement(
            "inbox",
            """
            SELECT i.* FROM ecryptopayd.nodes AS n LEFT JOIN unnest($1, $2) AS c (node, number) ON c.node = n.node \
            CROSS JOIN LATERAL (SELECT \(reportColumns) WHERE node = n.node \
            AND number > COALESCE(c.number, CAST('\(Int64.min)' AS bigint)) ORDER BY number LIMIT $3) AS i
            """, .int8s, .int8s, .int8)
        private static let whole = Statement(
            "whole_inbox", "SELECT \(reportColumns) ORDER BY node, number LIMIT $1", .int8)
        /// Parameters: 1 the epoch, 2–4 the nodes, first and last numbers of what leaves the inbox, 5–10 the records.
        private static let append = Statement(
            "append", appending("unnest($5), unnest($6), unnest($7), unnest($8), unnest($9), unnest($10)"),
            [.int8, .int8s, .int8s, .int8s, .int8s, .texts, .int8s, .bools, .int8s, .texts])
        /// The same for reports of one time, which most are: each array less is a tenth less for a row. Parameters: 5 the first seq, 6 the
        /// last, 7 the payments, 8 the time, 9 the lines.
        private static let appendReports = Statement(
            "append_reports", appending("generate_series($5, $6), 'received', unnest($7), false, $8, unnest($9)"),
            [.int8, .int8s, .int8s, .int8s, .int8, .int8, .int8s, .int8, .texts])

        private static let passOver = Statement(
            once: """
                WITH \(Statement.fence) INSERT INTO ecryptopayd.gaps (first, last) SELECT $2, $3 WHERE \(Statement.isFenced)
                """, .int8, .int8, .int8)

        /// Arrays in the target list cost a sixth less than the same in `FROM`.
        private static func appending(_ columns: String) -> String {
            """
            WITH \(Statement.fence), \
            taken AS (DELETE FROM ecryptopayd.inbox AS i USING unnest($2, $3, $4) AS t (node, first, last) \
            WHERE i.node = t.node AND i.number BETWEEN t.first AND t.last AND \(Statement.isFenced)), \
            added AS (INSERT INTO ecryptopayd.records (epoch, seq, kind, payment, news, time, line) \
            SELECT $1, \(columns) WHERE \(Statement.isFenced)) \
            SELECT count(*) FROM fence
            """
        }
    }

    extension LedgerBatch {
        /// The records for ``PostgreSQLDatabase/appendReports``; nil when there are others among them.
        fileprivate var reports: [Parameter]? {
            guard let first = records.first, let last = records.last else { return nil }
            var seq = first.seq
            var payments = ArrayParameter(.int8s)
            for record in records {
                guard record.kind == "received", record.seq == seq, !record.isChange, record.time == first.time,
                    let payment = record.payment
                else { return nil }
                seq += 1
                payments.append(payment)
            }
            return [.int8(first.seq), .int8(last.seq), .array(payments), .int8(first.time), records.lines]
        }
    }

    extension [RecordRow] {
        /// Their seq, kind, payment, news, time and line.
        var columns: [Parameter] {
            var payments = ArrayParameter(.int8s)
            for record in self {
                if let payment = record.payment { payments.append(payment) } else { payments.appendNull() }
            }
            return [
                .int8s(map(\.seq)), .texts(map(\.kind)), .array(payments), .bools(map(\.isChange)), .int8s(map(\.time)),
                lines,
            ]
        }

        fileprivate var lines: Parameter {
            var lines = ArrayParameter(.texts, reservingBytes: reduce(0) { $0 + $1.line.count + 4 })
            for record in self { lines.append(record.line) }
            return .array(lines)
        }
    }
#endif
