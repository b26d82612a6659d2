#if PostgreSQL
    public import SharedLedger

    /// A ledger in a database as commands see it: they take no turns. Everything here blocks.
    public struct PostgreSQLJournal: Sendable {
        /// How the ledger stands.
        public struct Standing: Sendable {
            /// Its id.
            public let journal: String
            /// Whether it is the beginning of a copy that was not brought to its end.
            public let isCopying: Bool
            /// The last record.
            public let seq: Int64
            /// How many bytes all lines have, their newlines included.
            public let bytes: Int64
            /// How many segments there are.
            public let segments: Int64
            /// As of which record the folded state is.
            public let folded: Int64
            /// What time it is by the server's clock, which the records' times come from, in nanoseconds since 1970.
            public let now: Int64
            /// The hosts of the nodes that live.
            public let nodes: [String]
            /// Numbers that are gone on purpose.
            public let gaps: [ClosedRange<Int64>]
        }

        /// Which records are wanted.
        public struct Selection: Sendable {
            /// Behind this one.
            public var after: Int64 = 0
            /// Up to this one.
            public var last: Int64 = .max
            /// About this payment; nil for all.
            public var payment: Int64?
            /// Of these kinds; empty for all.
            public var kinds: [String] = []
            /// Written at this time or later, in nanoseconds since 1970.
            public var since: Int64 = .min

            /// All.
            public init() {}

            /// Whether none is left out between the first and the last.
            var isWhole: Bool { payment == nil && kinds.isEmpty && since == .min }
        }

        /// So many records are read at once.
        public static let page = 500
        /// So many are looked through at once for those that are wanted: what one statement does has a bound, however large the ledger is.
        static let stretch = 10_000
        /// What looks through a stretch of records may take.
        private static let patience: Duration = .seconds(60)

        let desk: Desk

        // MARK: Reading

        /// How it stands; nil where there is none.
        public func standing() throws(DatabaseFault) -> Standing? {
            try desk.performBlocking { (connection) throws(DatabaseFault) in try Self.standing(connection) }
        }

        static func standing(_ connection: Connection) throws(DatabaseFault) -> Standing? {
            let answers: [Answer]
            do throws(DatabaseFault) {
                var flight = Flight(ledger)
                flight.add(living)
                flight.add(gaps)
                answers = try connection.ask(flight)
            } catch {
                // There are no tables.
                if error.kind == .schema { return nil }
                throw error
            }
            guard answers[0].count == 1 else { return nil }
            let schema = try answers[0].int8(0, 0)
            guard schema == Schema.version else {
                throw DatabaseFault(
                    kind: .schema,
                    message: "the database's tables have version \(schema), and this program knows \(Schema.version)")
            }
            var nodes: [String] = []
            for row in 0..<answers[1].count { nodes.append(try answers[1].text(row, 0)) }
            var ranges: [ClosedRange<Int64>] = []
            for row in 0..<answers[2].count {
                let (first, last) = (try answers[2].int8(row, 0), try answers[2].int8(row, 1))
                if first <= last { ranges.append(first...last) }
            }
            return Standing(
                journal: try answers[0].text(0, 1), isCopying: try answers[0].bool(0, 2),
                seq: try answers[0].int8(0, 3),
                bytes: try answers[0].int8(0, 4), segments: try answers[0].int8(0, 5),
                folded: try answers[0].int8(0, 6), now: try answers[0].int8(0, 7) * 1000,
                nodes: nodes, gaps: ranges)
        }

        /// The first records of a selection, in order; fewer than ``page`` at its end.
        public func records(_ selection: Selection) throws(DatabaseFault) -> [RecordRow] {
            try desk.performBlocking { (connection) throws(DatabaseFault) in try Self.records(selection, connection) }
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
                rows, .int8(selection.after), .int8(end), .int8(selection.since),
                .bool(selection.payment == nil), .int8(selection.payment ?? 0), .bool(selection.kinds.isEmpty),
                .texts(selection.kinds), .int8(Int64(page - records.count)), within: patience)
            for row in 0..<answer.count {
                records.append(
                    RecordRow(
                        seq: try answer.int8(row, 0), kind: try answer.text(row, 1),
                        payment: try answer.optionalInt8(row, 2),
                        isNews: try answer.bool(row, 3), order: try answer.int8(row, 4), time: try answer.int8(row, 5),
                        line: try answer.bytes(row, 6)))
            }
        }

        /// The line of the newest `opened` record; nil when there is none.
        public func opened() throws(DatabaseFault) -> [UInt8]? {
            try desk.performBlocking { (connection) throws(DatabaseFault) in
                let answer = try connection.ask(Self.newestOpened)
                return answer.count == 0 ? nil : try answer.bytes(0, 0)
            }
        }

        /// Removes what an interrupted prune has left of records that it had taken down as gone. For when no daemon does.
        public func removeRemains() throws(DatabaseFault) {
            try desk.performBlocking { (connection) throws(DatabaseFault) in try PostgreSQLKeeper.remove(connection) }
        }

        /// Shows how it stands, what is folded, and then every record, or those that are not folded, all of one moment, on a connection
        /// of its own. Nil where there is none.
        public func look<Value>(
            unfolded: Bool = false,
            _ begin: (Standing, Loaded) -> Value, _ body: (inout Value, RecordRow) -> Void
        ) throws(DatabaseFault) -> Value? {
            let connection = try Connection.open(desk.string, within: Connection.patience)
            connection.settlePlans()
            try connection.beginReading()
            guard let standing = try Self.standing(connection) else { return nil }
            let folded = try Loading.read(connection)
            var value = begin(standing, folded)
            var selection = Selection()
            if unfolded { selection.after = folded.cut.seq }
            while true {
                let page = try Self.records(selection, connection)
                for record in page { body(&value, record) }
                guard page.count == Self.page, let last = page.last?.seq else { return value }
                selection.after = last
            }
        }

        private static let ledger = Statement(
            once: """
                SELECT l.schema, l.journal, l.copying, l.seq, l.bytes, l.segments, f.seq, \
                CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS bigint) FROM ecryptopayd.ledger AS l \
                LEFT JOIN ecryptopayd.folded AS f ON f.id = 1 WHERE l.id = 1
                """)
        private static let living = Statement(
            once: "SELECT name FROM ecryptopayd.nodes WHERE until >= clock_timestamp() ORDER BY name")
        private static let gaps = Statement(once: "SELECT first, last FROM ecryptopayd.gaps ORDER BY first")
        private static let end = Statement(
            "stretch_end",
            """
            SELECT max(seq) FROM (SELECT seq FROM ecryptopayd.records WHERE seq > $1 AND seq <= $2 ORDER BY seq LIMIT $3) AS stretch
            """, .int8, .int8, .int8)
        private static let rows = Statement(
            "rows",
            """
            SELECT seq, kind, payment, news, call, time, line FROM ecryptopayd.records \
            WHERE seq > GREATEST($1, \(Statement.pruned)) AND seq <= $2 AND time >= $3 AND ($4 OR payment = $5) AND ($6 OR kind = ANY ($7)) \
            ORDER BY seq LIMIT $8
            """, .int8, .int8, .int8, .bool, .int8, .bool, .texts, .int8)
        private static let newestOpened = Statement(
            once: "SELECT line FROM ecryptopayd.records WHERE kind = 'opened' ORDER BY seq DESC LIMIT 1")
    }

    extension PostgreSQLDatabase {
        /// The same ledger for commands.
        public var journal: PostgreSQLJournal { PostgreSQLJournal(desk: keeping) }
    }
#endif
