#if PostgreSQL
    import CPostgreSQL
    import JournalFormat
    import SharedLedger

    /// What the server answered to one statement.
    ///
    /// The values stay in libpq's memory and are read from there; it is freed with the last copy.
    struct Answer: Sendable {
        /// E.g. `COMMIT`, `INSERT 0 64`. A `COMMIT` in a transaction that had failed is answered `ROLLBACK`.
        let tag: String
        /// How many rows there are to read.
        let count: Int
        /// The warnings that came since the answer before: after one, a `COMMIT` may not be what it should be, such as when the wait
        /// for the standby was cut short. Without secrets.
        let warnings: [Notice]
        private let result: Result

        init(owning result: OpaquePointer, warnings: [Notice]) {
            self.result = Result(result)
            self.warnings = warnings
            tag = String(cString: PQcmdStatus(result))
            count = Int(PQntuples(result))
        }

        /// How many rows an `INSERT`, `UPDATE` or `DELETE` changed.
        var changed: Int {
            guard let text = PQcmdTuples(result.pointer) else { return 0 }
            return Int(String(cString: text)) ?? 0
        }

        /// What is read of each row.
        func rows<Row>(_ read: (_ row: Int) throws(DatabaseFault) -> Row) throws(DatabaseFault) -> [Row] {
            var rows: [Row] = []
            rows.reserveCapacity(count)
            for row in 0..<count { rows.append(try read(row)) }
            return rows
        }

        /// Throws for a row that is not there, as all that reads one does: somebody may have deleted what was always there.
        func isNull(_ row: Int, _ column: Int) throws(DatabaseFault) -> Bool {
            precondition(column < PQnfields(result.pointer))
            guard row < count else { throw damage(column, "has no row") }
            return PQgetisnull(result.pointer, Int32(row), Int32(column)) == 1
        }

        /// A `bigint`, `integer` or `smallint`; throws for a null, and for anything that has another length.
        func int8(_ row: Int, _ column: Int) throws(DatabaseFault) -> Int64 {
            let bytes = try value(row, column)
            guard [2, 4, 8].contains(bytes.count) else { throw mismatch(column, "a whole number") }
            // The first byte brings the sign.
            var value = Int64(Int8(bitPattern: bytes[0]))
            for byte in bytes[1...] { value = value << 8 | Int64(byte) }
            return value
        }

        /// The number of a record or a report, or a count: not negative, and of at most 18 digits. Whoever reckons with it has to know
        /// that it does not overflow.
        func number(_ row: Int, _ column: Int) throws(DatabaseFault) -> Int64 {
            let value = try int8(row, column)
            guard let number = SequenceNumber.checked(value) else {
                throw mismatch(column, "a number from 0 to \(SequenceNumber.highest), but \(value)")
            }
            return number
        }

        /// A `bigint` of microseconds, in nanoseconds.
        func nanoseconds(_ row: Int, _ column: Int) throws(DatabaseFault) -> Int64 {
            let (product, overflow) = try int8(row, column).multipliedReportingOverflow(by: 1000)
            guard !overflow else { throw mismatch(column, "a time of this age") }
            return product
        }

        /// A whole number as `int8`, but nil for a null.
        func optionalInt8(_ row: Int, _ column: Int) throws(DatabaseFault) -> Int64? {
            try isNull(row, column) ? nil : int8(row, column)
        }

        /// A `boolean`.
        func bool(_ row: Int, _ column: Int) throws(DatabaseFault) -> Bool {
            let bytes = try value(row, column)
            guard bytes.count == 1 else { throw mismatch(column, "a boolean") }
            return bytes[0] != 0
        }

        /// A `text`, or what is sent like one.
        func text(_ row: Int, _ column: Int) throws(DatabaseFault) -> String {
            String(decoding: try value(row, column), as: UTF8.self)
        }

        /// The same, but nil for a null.
        func optionalText(_ row: Int, _ column: Int) throws(DatabaseFault) -> String? {
            try isNull(row, column) ? nil : text(row, column)
        }

        /// A `bytea`, or a `text` as it came.
        func bytes(_ row: Int, _ column: Int) throws(DatabaseFault) -> [UInt8] { Array(try value(row, column)) }

        /// The bytes where they lie, for as long as `body` runs; empty for a null.
        func withBytes<Value>(_ row: Int, _ column: Int, _ body: (UnsafeRawBufferPointer) throws -> Value) rethrows
            -> Value
        {
            defer { withExtendedLifetime(result) {} }
            return try body(raw(row, column))
        }

        /// The caller keeps `self`, and with it the memory.
        private func value(_ row: Int, _ column: Int) throws(DatabaseFault) -> UnsafeRawBufferPointer {
            guard try !isNull(row, column) else { throw mismatch(column, "a value: it is null") }
            return raw(row, column)
        }

        private func raw(_ row: Int, _ column: Int) -> UnsafeRawBufferPointer {
            precondition(row < count && column < PQnfields(result.pointer))
            let length = PQgetlength(result.pointer, Int32(row), Int32(column))
            return UnsafeRawBufferPointer(
                start: PQgetvalue(result.pointer, Int32(row), Int32(column)), count: Int(length))
        }

        private func mismatch(_ column: Int, _ expected: String) -> DatabaseFault {
            damage(column, "does not hold \(expected)")
        }

        private func damage(_ column: Int, _ problem: String) -> DatabaseFault {
            let name = PQfname(result.pointer, Int32(column)).map { String(cString: $0) } ?? "\(column)"
            return DatabaseFault(kind: .damaged, message: "the database's column \(name) \(problem)")
        }

        /// Unchecked, because libpq promises that a result may be read from any thread: nothing changes it.
        private final class Result: @unchecked Sendable {
            let pointer: OpaquePointer
            init(_ pointer: OpaquePointer) { self.pointer = pointer }
            deinit { PQclear(pointer) }
        }
    }
#endif
