#if PostgreSQL
    import Payments
    import SharedLedger

    /// Reads the folded state as of one moment.
    struct Loading {
        /// So many rows are read at once.
        static let page: Int64 = 10_000

        private let connection: Connection
        private var rows = LedgerRows()

        /// All of it, in a transaction that sees no changes.
        static func load(_ connection: Connection) throws(DatabaseFault) -> Loaded {
            var loading = Loading(connection: connection)
            do throws(DatabaseFault) {
                let loaded = try loading.run()
                try connection.ask(Statement.rollBack)
                return loaded
            } catch {
                connection.abandonTransaction()
                throw error
            }
        }

        /// All of it, in the transaction that is open.
        static func read(_ connection: Connection) throws(DatabaseFault) -> Loaded {
            var loading = Loading(connection: connection)
            return try loading.read()
        }

        private init(connection: Connection) { self.connection = connection }

        private mutating func run() throws(DatabaseFault) -> Loaded {
            try connection.beginReading()
            return try read()
        }

        private mutating func read() throws(DatabaseFault) -> Loaded {
            let folded = try connection.ask(Self.folded)
            let cut = Cut(seq: try folded.int8(0, 0), note: try folded.int8(0, 1))
            for row in 0..<folded.count where try !folded.isNull(row, 2) { rows.counts.append(try folded.int8(row, 2)) }
            try readKnown()
            try readWaiting()
            try readEndpoints()
            try readDeliveries()
            return Loaded(rows: rows, cut: cut)
        }

        private mutating func readKnown() throws(DatabaseFault) {
            var last: Int64 = .min
            while true {
                let answer = try connection.ask(Self.known, .int8(last), .int8(Self.page))
                for row in 0..<answer.count {
                    last = try answer.int8(row, 0)
                    rows.known.append(
                        .init(
                            payment: last, seq: try answer.int8(row, 1), fingerprint: try answer.int8(row, 2),
                            updatedAt: try answer.int8(row, 3)))
                }
                if answer.count < Self.page { return }
            }
        }

        private mutating func readWaiting() throws(DatabaseFault) {
            var last = (payment: Int64.min, place: Int64.min)
            while true {
                let answer = try connection.ask(Self.pending, .int8(last.payment), .int8(last.place), .int8(Self.page))
                for row in 0..<answer.count {
                    last = (try answer.int8(row, 0), try answer.int8(row, 1))
                    rows.waiting.append(
                        .init(
                            payment: last.payment, seq: try answer.int8(row, 2), fingerprint: try answer.int8(row, 3),
                            isAside: try answer.bool(row, 4)))
                }
                if answer.count < Self.page { return }
            }
        }

        private mutating func readEndpoints() throws(DatabaseFault) {
            let answer = try connection.ask(Self.endpoints)
            for row in 0..<answer.count {
                rows.endpoints.append(
                    .init(
                        name: try answer.text(row, 0), since: try answer.int8(row, 1),
                        isConfigured: try answer.bool(row, 2)))
            }
        }

        private mutating func readDeliveries() throws(DatabaseFault) {
            var last = (payment: Int64.min, place: Int64.min)
            while true {
                let answer = try connection.ask(
                    Self.deliveries, .int8(last.payment), .int8(last.place), .int8(Self.page))
                for row in 0..<answer.count {
                    last = (try answer.int8(row, 0), try answer.int8(row, 1))
                    rows.deliveries.append(
                        .init(
                            endpoint: try answer.text(row, 2), payment: last.payment, seq: try answer.int8(row, 3)))
                }
                if answer.count < Self.page { return }
            }
        }

        /// As of which record, the note before the first that is kept, and the counts, one in each row.
        private static let folded = Statement(
            once: """
                SELECT f.seq, COALESCE((SELECT min(number) FROM ecryptopayd.notes) - 1, l.note), c.value FROM ecryptopayd.folded AS f \
                JOIN ecryptopayd.ledger AS l ON l.id = 1 LEFT JOIN unnest(f.counts) WITH ORDINALITY AS c (value, place) ON true \
                WHERE f.id = 1 ORDER BY c.place
                """)
        private static let known = Statement(
            "load_known",
            """
            SELECT payment, seq, fingerprint, updated_at FROM ecryptopayd.known WHERE payment > $1 ORDER BY payment LIMIT $2
            """, .int8, .int8)
        private static let pending = Statement(
            "load_pending",
            """
            SELECT payment, place, seq, fingerprint, aside FROM ecryptopayd.pending WHERE (payment, place) > ($1, $2) \
            ORDER BY payment, place LIMIT $3
            """, .int8, .int8, .int8)
        private static let endpoints = Statement(
            once: "SELECT name, since, configured FROM ecryptopayd.endpoints ORDER BY place")
        private static let deliveries = Statement(
            "load_deliveries",
            """
            SELECT payment, place, endpoint, seq FROM ecryptopayd.deliveries WHERE (payment, place) > ($1, $2) \
            ORDER BY payment, place LIMIT $3
            """, .int8, .int8, .int8)
    }
#endif
