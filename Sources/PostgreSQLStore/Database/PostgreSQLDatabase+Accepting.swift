#if PostgreSQL
    import JournalFormat
    import Ledger
    import Payments
    package import SharedLedger

    extension PostgreSQLDatabase {
        /// Inserts reports in one round trip and one transaction.
        package func accept(
            _ reports: [InboxReport], knownOnly: Bool, notifies: Bool
        ) throws(DatabaseFault) -> Set<Int64> {
            let epoch = proof.value.epoch
            let statement = knownOnly ? Self.acceptKnown : Self.accept
            let pipeline = Pipeline(statement, [.int8(epoch)] + reports.columns)
            let leftOut = try accepting.perform(isRepeatable: false) { (connection) throws(DatabaseFault) in
                let answer = try connection.write(pipeline)[0]
                guard try !answer.isNull(0, 0) else { throw .ledgerMissing }
                if try answer.bool(0, 0) { throw .unfinishedCopy }
                if let current = try answer.optionalInt8(0, 1) {
                    if current < epoch {
                        throw connection.close(.behind("is in epoch \(current), and epoch \(epoch) had begun"))
                    }
                    proof.note(epoch: current)
                }
                guard knownOnly else { return Set<Int64>() }
                let added = try answer.rows { (row) throws(DatabaseFault) in try answer.optionalInt8(row, 2) }
                return Set(reports.map(\.number)).subtracting(added.compactMap(\.self))
            }
            if notifies, leftOut.count < reports.count { notifier.send(.inbox) }
            return leftOut
        }

        /// The oldest report of a node from a number on.
        package func oldestReport(of node: Int64, from number: Int64) throws(DatabaseFault) -> Int64? {
            try watching.ask(Self.oldest, .int8(node), .int8(number)).optionalInt8(0, 0)
        }

        private static let accept = acceptance("accept", "\(rows) WHERE \(isTaken)", returning: "FROM state")
        /// The same for reports of known payments only.
        private static let acceptKnown = acceptance(
            "accept_known",
            """
            number, payment, fingerprint, report FROM (SELECT \(rows)) AS r WHERE \(isTaken) AND EXISTS \
            (SELECT 1 FROM ecryptopayd.records AS k WHERE k.payment = r.payment AND k.kind IN ('confirmed', 'known')) \
            RETURNING number
            """, returning: ", number FROM state LEFT JOIN added ON true")

        /// A server that is behind, and a ledger that is being copied into, take nothing.
        private static let isTaken = "(SELECT NOT copying AND COALESCE(epoch >= $1, true) FROM state)"
        /// Nodes of this version compare what reports say. One of an earlier version that decides compares `fingerprint`: it finds no two equal.
        private static let rows = """
            generate_series($3, $4) AS number, unnest($5) AS payment, CAST(random() * 9e18 AS bigint) AS fingerprint, \
            unnest($6) AS report
            """

        /// Parameters: 1 the epoch, 2 the node, 3 the first number, 4 the last, 5 the payments, 6 the reports.
        private static func acceptance(_ name: String, _ rows: String, returning: String) -> Statement {
            let text = """
                WITH state AS (SELECT (SELECT copying FROM ecryptopayd.ledger WHERE id = 1) AS copying, \
                (SELECT epoch FROM ecryptopayd.lease WHERE id = 1) AS epoch), \
                added AS (INSERT INTO ecryptopayd.inbox (node, at, number, payment, fingerprint, report) \
                SELECT $2, statement_timestamp(), \(rows)) SELECT copying, epoch \(returning)
                """
            return Statement(name, text, [.int8, .int8, .int8, .int8, .int8s, .texts])
        }

        private static let oldest = Statement(
            "oldest_report", "SELECT min(number) FROM ecryptopayd.inbox WHERE node = $1 AND number >= $2", .int8, .int8)
    }

    extension [InboxReport] {
        /// The arguments of an `accept` behind the epoch. Without reports the series is empty.
        fileprivate var columns: [Parameter] {
            var members = ArrayParameter(.texts, reservingBytes: reduce(0) { $0 + $1.members.json.count + 4 })
            for report in self { members.append(report.members.json) }
            return [
                .int8(first?.node ?? 0), .int8(first?.number ?? 1), .int8(last?.number ?? 0),
                .int8s(map(\.members.payment)), .array(members),
            ]
        }
    }

    extension Answer {
        /// Reads rows of a node, number, payment and report.
        func reports() throws(DatabaseFault) -> [InboxReport] {
            try rows { (row) throws(DatabaseFault) in
                let payment = try int8(row, 2)
                return InboxReport(
                    node: try int8(row, 0), number: try number(row, 1),
                    members: ReceivedMembers(payment: payment, json: try bytes(row, 3)))
            }
        }
    }

    extension DatabaseFault {
        /// Somebody has deleted the ledger's row.
        static var ledgerMissing: DatabaseFault {
            DatabaseFault(
                kind: .damaged,
                message: "the row of ecryptopayd.ledger is gone: restore the database from its backup", hasHint: true)
        }
    }
#endif
