#if PostgreSQL
    import Payments
    import SharedLedger

    /// Folds, on a connection of its own.
    struct PostgreSQLKeeper: LedgerKeeper {
        /// So many rows are written or deleted by one statement.
        static let chunk = 1000

        let desk: Desk

        init(_ desk: Desk) { self.desk = desk }

        func unfolded() async throws(DatabaseFault) -> Unfolded {
            try await desk.perform { (connection) throws(DatabaseFault) in
                let seq = try connection.ask(Self.folded).int8(0, 0)
                var unfolded = Unfolded(seq: seq, payments: [])
                var seen: Set<Int64> = []
                var last = seq
                // A node that takes over may find much; the lines themselves are not read.
                while true {
                    let answer = try connection.ask(Self.payments, .int8(last), .int8(Loading.page))
                    for row in 0..<answer.count {
                        last = try answer.int8(row, 0)
                        if let payment = try answer.optionalInt8(row, 1) { seen.insert(payment) }
                    }
                    if answer.count < Loading.page { break }
                }
                unfolded.payments = seen.sorted()
                try Self.remove(connection)
                return unfolded
            }
        }

        func fold(
            _ rows: LedgerRows, of payments: [PaymentID], from previous: Int64, to seq: Int64,
            whoseLineBegins head: [UInt8]
        ) async throws(DatabaseFault) -> Bool {
            try await desk.perform { (connection) throws(DatabaseFault) in
                do throws(DatabaseFault) {
                    guard try Self.lock(connection, previous, seq, head) else {
                        connection.abandonTransaction()
                        return false
                    }
                    let isFolded = try Self.fold(rows, payments, seq, connection)
                    if isFolded { try Self.forgetNotes(connection) }
                    return isFolded
                } catch {
                    connection.abandonTransaction()
                    throw error
                }
            }
        }

        /// Whether the folded state is as of `previous`, and the ledger the one that was followed; nobody else folds from then on.
        private static func lock(
            _ connection: Connection, _ previous: Int64, _ seq: Int64, _ head: [UInt8]
        ) throws(DatabaseFault) -> Bool {
            var flight = Flight(Statement.begin)
            let folded = flight.add(lockFolded)
            let anchor = flight.add(Statement.anchor, .int8(seq))
            let answers = try connection.ask(flight)
            guard try answers[folded].int8(0, 0) == previous else { return false }
            if head.isEmpty { return true }
            return try answers[anchor].isNull(0, 0) ? false : answers[anchor].bytes(0, 0).starts(with: head)
        }

        private static func fold(
            _ rows: LedgerRows, _ payments: [PaymentID], _ seq: Int64, _ connection: Connection
        ) throws(DatabaseFault) -> Bool {
            for flight in FoldFlights(rows, payments) { _ = try connection.ask(flight) }
            var last = Flight()
            last.add(moveFolded, .int8(seq), .int8s(rows.counts))
            let commit = last.add(Statement.commit)
            guard try connection.ask(last)[commit].tag == "COMMIT" else {
                throw DatabaseFault(kind: .failed, message: "the database did not commit what was folded")
            }
            return true
        }

        /// A chunk at a time, so that nobody who reads notes waits, and at most so many that the next fold is not late.
        private static func forgetNotes(_ connection: Connection) throws(DatabaseFault) {
            for _ in 0..<100 {
                let answer = try connection.ask(forget, .int8(Int64(chunk)))
                if answer.changed < chunk { return }
            }
        }

        static let folded = Statement("folded", "SELECT seq FROM ecryptopayd.folded WHERE id = 1")
        static let lockFolded = Statement(
            "lock_folded", "SELECT seq FROM ecryptopayd.folded WHERE id = 1 FOR UPDATE")
        private static let moveFolded = Statement(
            "move_folded", "UPDATE ecryptopayd.folded SET seq = $1, counts = $2 WHERE id = 1", .int8, .int8s)
        private static let payments = Statement(
            "unfolded_payments", "SELECT seq, payment FROM ecryptopayd.records WHERE seq > $1 ORDER BY seq LIMIT $2",
            .int8, .int8)
        /// Of the oldest notes those before the first that is not older than an hour: longer than any schedule or lease. A clock
        /// that was set must leave no gap.
        private static let forget = Statement(
            "forget_notes",
            """
            DELETE FROM ecryptopayd.notes WHERE number IN (SELECT number FROM ecryptopayd.notes WHERE number < \
            COALESCE((SELECT min(number) FROM ecryptopayd.notes WHERE at >= clock_timestamp() - interval '1 hour'), \
            9223372036854775807) ORDER BY number LIMIT $1 FOR UPDATE SKIP LOCKED)
            """, .int8)
    }
#endif
