#if PostgreSQL
    import SharedLedger
    import Testing
    import TestSupport

    @testable import PostgreSQLStore

    /// Arguments and results in the binary format, there and back.
    @Suite(.ownThread, .serialized) struct ValueTests {
        @Test func `single values come back as they went`() async throws {
            let server = try await SharedServer()
            let connection = try server.connect()
            let echo = Statement("echo", "SELECT $1, $2, $3, $4, $5", .int8, .bool, .text, .bytea, .text)
            for number in [Int64.min, -1, 0, 1, 0x0102_0304_0506_0708, .max] {
                let pipeline = Pipeline(
                    echo, .int8(number), .bool(number > 0), .text("ä \"'\\ \(number)"),
                    .bytea([0, 255, UInt8(truncatingIfNeeded: number)]),
                    .null)
                let answer = try connection.run(pipeline, within: Deadline.patience)[0]
                #expect(try answer.int8(0, 0) == number)
                #expect(try answer.bool(0, 1) == (number > 0))
                #expect(try answer.text(0, 2) == "ä \"'\\ \(number)")
                #expect(try answer.bytes(0, 3) == [0, 255, UInt8(truncatingIfNeeded: number)])
                #expect(try answer.isNull(0, 4))
            }
        }

        @Test func `an empty text and an empty bytea are no nulls`() async throws {
            let server = try await SharedServer()
            let statement = Statement("empty", "SELECT $1 = '', length($2) = 0, $3 IS NULL", .text, .bytea, .int8)
            let pipeline = Pipeline(statement, .text(""), .bytea([]), .null)
            let answer = try server.connect().run(pipeline, within: Deadline.patience)[0]
            for column in 0..<3 { #expect(try answer.bool(0, column)) }
        }

        @Test(arguments: [0, 1, 3, 5000]) func `arrays of any length become rows`(count: Int) async throws {
            let server = try await SharedServer()
            let connection = try server.connect()
            let statement = Statement(
                "rows", "SELECT a, b, c, d FROM unnest($1, $2, $3, $4) AS u(a, b, c, d)", .int8s, .bools, .texts,
                .byteas)
            var (numbers, flags) = (ArrayParameter(.int8s), ArrayParameter(.bools))
            var (texts, bytes) = (ArrayParameter(.texts), ArrayParameter(.byteas))
            for row in 0..<count {
                if row % 3 == 1 { numbers.appendNull() } else { numbers.append(Int64(row) - 2) }
                flags.append(row % 2 == 0)
                texts.append("line {\"\(row)\", NULL}".utf8)
                if row % 5 == 4 { bytes.appendNull() } else { bytes.append([UInt8](repeating: 0, count: row % 4)) }
            }
            let pipeline = Pipeline(statement, .array(numbers), .array(flags), .array(texts), .array(bytes))
            let answer = try connection.run(pipeline, within: Deadline.patience)[0]
            #expect(answer.count == count)
            for row in 0..<count {
                #expect(try answer.optionalInt8(row, 0) == (row % 3 == 1 ? nil : Int64(row) - 2))
                #expect(try answer.bool(row, 1) == (row % 2 == 0))
                #expect(try answer.text(row, 2) == "line {\"\(row)\", NULL}")
                #expect(try answer.isNull(row, 3) == (row % 5 == 4))
                if row % 5 != 4 { #expect(try answer.bytes(row, 3).count == row % 4) }
            }
        }

        @Test func `a value of another type is a fault, and short numbers are widened`() async throws {
            let server = try await SharedServer()
            let answer = try server.connect().run(
                "SELECT -5::smallint, -70000::integer, 'abc'::text AS name, NULL::bigint")[0]
            #expect(try answer.int8(0, 0) == -5)
            #expect(try answer.int8(0, 1) == -70_000)
            let fault = #expect(throws: DatabaseFault.self) { try answer.int8(0, 2) }
            #expect(fault?.kind == .damaged)
            #expect(fault?.message == "the database's column name does not hold a whole number")
            #expect(throws: DatabaseFault.self) { try answer.int8(0, 3) }
            #expect(throws: DatabaseFault.self) { try answer.bool(0, 1) }
        }

        @Test func `a row that is not there is a fault`() async throws {
            let server = try await SharedServer()
            let answer = try server.connect().run("SELECT 1::bigint AS seq, 'a'::text WHERE false")[0]
            let missing = DatabaseFault(kind: .damaged, message: "the database's column seq has no row")
            #expect(throws: missing) { try answer.int8(0, 0) }
            #expect(throws: missing) { try answer.optionalInt8(0, 0) }
            #expect(throws: missing) { try answer.isNull(0, 0) }
            #expect(throws: DatabaseFault.self) { try answer.text(0, 1) }
        }

        @Test func `answers have their tag and the number of changed rows`() async throws {
            let server = try await SharedServer()
            let answers = try server.connect().run(
                "CREATE TABLE t (a bigint)", "INSERT INTO t SELECT generate_series(1, 7)",
                "UPDATE t SET a = 0 WHERE a > 4",
                "SELECT a FROM t")
            #expect(answers.map(\.tag) == ["CREATE TABLE", "INSERT 0 7", "UPDATE 3", "SELECT 7"])
            #expect(answers.map(\.changed) == [0, 7, 3, 7])
        }
    }
#endif
