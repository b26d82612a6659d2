#if PostgreSQL
    package import SharedLedger

    /// A ledger in a database as commands see it: they are no nodes. Everything here blocks.
    package struct PostgreSQLJournal: Sendable {
        /// How the ledger stands.
        package struct Standing: Sendable {
            /// Its id.
            package let journal: String
            /// Whether it is the beginning of a copy that was not brought to its end.
            package let isCopying: Bool
            /// The last record.
            package let seq: Int64
            /// How many bytes all lines have that were not pruned, their newlines included.
            package let bytes: Int64
            /// How many segments there are.
            package let segments: Int64
            /// As of which record the checkpoint is; 0 when there is none.
            package let checkpoint: Int64
            /// What time it is by the server's clock, which the records' times come from, in nanoseconds since 1970.
            package let now: Int64
            /// The hosts of the nodes that live.
            package let nodes: [String]
            /// Numbers that are gone on purpose.
            package let gaps: [ClosedRange<Int64>]
        }

        /// Which records are wanted.
        package struct Selection: Sendable {
            /// Behind this one.
            package var after: Int64 = 0
            /// Up to this one.
            package var last: Int64 = .max
            /// About this payment; nil for all.
            package var payment: Int64?
            /// Of these kinds; empty for all.
            package var kinds: [String] = []
            /// Written at this time or later, in nanoseconds since 1970.
            package var since: Int64 = .min

            /// All.
            package init() {}

            /// Whether none is left out between the first and the last.
            var isWhole: Bool { payment == nil && kinds.isEmpty && since == .min }
        }

        /// So many records are read at once.
        package static let page = 500
        /// So many are looked through at once for those that are wanted: what one statement does has a bound, however large the ledger is.
        static let stretch = 10_000
        /// What looks through a stretch of records may take.
        private static let patience: Duration = .seconds(60)

        let connection: BackgroundConnection
        let source: ConnectionSource

        // MARK: Reading

        /// How it stands; nil where there is none.
        package func standing() throws(DatabaseFault) -> Standing? {
            try connection.perform { (connection) throws(DatabaseFault) in try Self.standing(connection) }
        }

        /// The last record; 0 where there is none.
        package func last() throws(DatabaseFault) -> Int64 {
            try connection.perform { (connection) throws(DatabaseFault) in
                try Self.version(connection) == nil ? 0 : try Self.last(connection)
            }
        }

        /// The same where the tables are known to be there.
        static func last(_ connection: Connection) throws(DatabaseFault) -> Int64 {
            try connection.ask(lastRecord).number(0, 0)
        }

        /// Nil where there are no tables; throws when they are not this program's.
        private static func version(_ connection: Connection) throws(DatabaseFault) -> Int64? {
            guard let version = try Migration.version(connection), version > 0 else { return nil }
            guard version == Schema.version else { throw Migration.mismatch(version) }
            return version
        }

        static func standing(_ connection: Connection) throws(DatabaseFault) -> Standing? {
            guard try version(connection) != nil else { return nil }
            var pipeline = Pipeline(ledger)
            pipeline.add(living)
            pipeline.add(gaps)
            let answers = try connection.ask(pipeline)
            let ledger = answers[0]
            guard ledger.count == 1 else {
                // Nobody may be told to begin anew over records.
                guard try last(connection) == 0 else { throw .ledgerMissing }
                return nil
            }
            let nodes = try answers[1].rows { (row) throws(DatabaseFault) in try answers[1].text(row, 0) }
            let all = try PostgreSQLDatabase.sums(of: 0, .max, connection)
            return Standing(
                journal: try ledger.text(0, 0), isCopying: try ledger.bool(0, 1), seq: try ledger.number(0, 2),
                bytes: all.bytes, segments: all.segments, checkpoint: try ledger.number(0, 3),
                now: try ledger.nanoseconds(0, 4), nodes: nodes,
                gaps: try answers[2].ranges())
        }

        /// The first records of a selection, in order; fewer than ``page`` at its end.
        package func records(_ selection: Selection) throws(DatabaseFault) -> [RecordRow] {
            try connection.perform { (connection) throws(DatabaseFault) in try Self.records(selection, connection) }
        }

        private static func records(
            _ selection: Selection, _ connection: Connection
        ) throws(DatabaseFault) -> [RecordRow] {
            var selection = selection
            var records: [RecordRow] = []
            while let end = try stretchEnd(selection, connection) {
                try append(to: &records, selection, upTo: end, connection)
                if selection.isWhole || records.count == page { break }
                selection.after = end
            }
            return records
        }

        /// Up to where a selection is looked through next; nil at its end. All records are wanted as they come, up to the last.
        private static func stretchEnd(
            _ selection: Selection, _ connection: Connection
        ) throws(DatabaseFault) -> Int64? {
            if selection.isWhole { return selection.last }
            return try connection.ask(
                end, .int8(selection.after), .int8(selection.last), .int8(Int64(stretch)), within: patience
            ).optionalInt8(0, 0)
        }

        private static func append(
            to records: inout [RecordRow], _ selection: Selection, upTo end: Int64, _ connection: Connection
        ) throws(DatabaseFault) {
            let answer = try connection.ask(
                selected, .int8(selection.after), .int8(end), .int8(selection.since),
                .bool(selection.payment == nil), .int8(selection.payment ?? 0), .bool(selection.kinds.isEmpty),
                .texts(selection.kinds), .int8(Int64(page - records.count)), within: patience)
            records += try answer.rows { (row) throws(DatabaseFault) in
                RecordRow(
                    seq: try answer.number(row, 0), kind: try answer.text(row, 1),
                    payment: try answer.optionalInt8(row, 2),
                    isChange: try answer.bool(row, 3), time: try answer.int8(row, 4), line: try answer.bytes(row, 5))
            }
        }

        /// The line of the newest `opened` record before one; nil when there is none.
        package func opened(before seq: Int64 = .max) throws(DatabaseFault) -> [UInt8]? {
            try connection.perform { (connection) throws(DatabaseFault) in
                let answer = try connection.ask(Self.newestOpened, .int8(seq))
                return answer.count == 0 ? nil : try answer.bytes(0, 0)
            }
        }

        /// Removes what an interrupted prune has left of records that it had taken down as gone. For when no daemon does.
        package func removeRemains() throws(DatabaseFault) {
            try connection.perform { (connection) throws(DatabaseFault) in
                try PostgreSQLDatabase.removeRemains(connection)
            }
        }

        /// Shows how it stands, the checkpoint, and then every record, or those behind the checkpoint, all of one moment, on a connection
        /// of its own. Nil where there is none.
        package func look<Value>(
            afterCheckpoint: Bool = false,
            _ begin: (Standing, StoredCheckpoint?) -> Value, _ body: (inout Value, RecordRow) -> Void
        ) throws(DatabaseFault) -> Value? {
            let connection = try source.open()
            try connection.beginReading()
            guard let standing = try Self.standing(connection) else { return nil }
            let checkpoint = try PostgreSQLDatabase.checkpoint(connection)
            var value = begin(standing, checkpoint)
            var selection = Selection()
            if afterCheckpoint { selection.after = checkpoint?.seq ?? 0 }
            while true {
                let page = try Self.records(selection, connection)
                for record in page { body(&value, record) }
                guard page.count == Self.page, let last = page.last?.seq else { return value }
                selection.after = last
            }
        }

        private static let lastSeq =
            "COALESCE((SELECT seq FROM ecryptopayd.records ORDER BY seq DESC LIMIT 1), \(Statement.pruned))"
        private static let lastRecord = Statement(once: "SELECT \(lastSeq)")
        private static let ledger = Statement(
            once: """
                SELECT journal, copying, \(lastSeq), COALESCE((SELECT max(seq) FROM ecryptopayd.checkpoint), 0), \
                \(Statement.microseconds("clock_timestamp()")) FROM ecryptopayd.ledger WHERE id = 1
                """)
        private static let living = Statement(
            once: "SELECT name FROM ecryptopayd.nodes WHERE \(PostgreSQLDatabase.isLiving) ORDER BY name")
        static let gaps = Statement(once: "SELECT first, last FROM ecryptopayd.gaps ORDER BY first")
        private static let end = Statement(
            "stretch_end",
            """
            SELECT max(seq) FROM (SELECT seq FROM ecryptopayd.records WHERE seq > $1 AND seq <= $2 ORDER BY seq LIMIT $3) AS stretch
            """, .int8, .int8, .int8)
        private static let selected = Statement(
            "rows",
            """
            SELECT seq, kind, payment, news, time, line FROM ecryptopayd.records \
            WHERE seq > GREATEST($1, \(Statement.pruned)) AND seq <= $2 AND time >= $3 AND ($4 OR payment = $5) AND ($6 OR kind = ANY ($7)) \
            ORDER BY seq LIMIT $8
            """, .int8, .int8, .int8, .bool, .int8, .bool, .texts, .int8)
        private static let newestOpened = Statement(
            once: "SELECT line FROM ecryptopayd.records WHERE kind = 'opened' AND seq < $1 ORDER BY seq DESC LIMIT 1",
            .int8)
    }

    extension Answer {
        /// Rows of the first and the last number of a range.
        func ranges() throws(DatabaseFault) -> [ClosedRange<Int64>] {
            try rows { (row) throws(DatabaseFault) in (first: try number(row, 0), last: try number(row, 1)) }
                .filter { $0.first <= $0.last }.map { $0.first...$0.last }
        }
    }

    extension PostgreSQLDatabase {
        /// The same ledger for commands.
        package var journal: PostgreSQLJournal { PostgreSQLJournal(connection: maintaining, source: source) }
    }
#endif
