import JournalFormat
import Testing

struct RecordCodecTests {
    static let records: [Record] = [
        .opened(.init(format: 1, journal: "00ff", version: "1.2.3", api: "ecryptopay.com:443", client: "c\"1")),
        .opened(
            .init(
                format: 1, journal: "00ff", version: "1.2.3", api: "ecryptopay.com:443", client: "1",
                endpoints: ["https://shop.example/hook"], chain: 7, checksumIDs: 9,
                restore: .init(after: 12, point: 1_795_386_664_512_345_000, time: 1_795_386_700_000_001_000))),
        .closed, .baseline(count: 12), .known(payment: 42, current: Array(#"{"id":42}"#.utf8)),
        .received(
            .init(
                payment: 42, peer: "127.0.0.1:4711", report: Array(#"{"id":42,"state":"päid"}"#.utf8),
                deviations: ["amount: missing", "content-type: a\"b"])),
        .confirmed(
            .init(payment: 42, current: Array(#"{"id":42}"#.utf8), news: true, of: [1, 2, 3], cause: .webhook)),
        .confirmed(.init(payment: 42, current: Array("{}".utf8), news: false, of: [], cause: .reconcile)),
        .refuted(payment: 42, of: 17, reason: "not-found"),
        .abandoned(.init(payment: 42, of: [5], attempts: 99, error: "time-out\n")),
        .delivered(
            .init(payment: 42, of: 6, endpoint: "https://shop.example/hook", attempts: 1, status: 200, error: nil)),
        .undeliverable(.init(payment: 42, of: 6, endpoint: "exec", attempts: 9, status: nil, error: "exit 1")),
        .undeliverable(
            .init(
                payment: 42, of: 6, endpoint: "exec", attempts: 0, status: nil, error: "damaged", isUnreadable: true)),
    ]

    private func line(_ record: Record, seq: Int64 = 17, durable: Int64 = 12) -> [UInt8] {
        var output: [UInt8] = []
        RecordCodec.append(record, seq: seq, durable: durable, time: 1_795_386_664_512_345_000, to: &output)
        return output
    }

    private func entry(_ line: some Sequence<UInt8>) throws -> Entry {
        let bytes = Array(line)
        return try Entry(line: bytes.span)
    }

    private func check(_ line: [UInt8]) throws(LineFault) { _ = try RecordLine(checking: line.span) }

    @Test(arguments: records)
    func `a record reads back as it was written`(record: Record) throws {
        let line = line(record)
        #expect(line.last == UInt8(ascii: "\n"))
        let entry = try entry(line.dropLast())
        let time: Int64 = 1_795_386_664_512_345_000
        #expect(entry == Entry(seq: 17, durable: 12, time: time, checksum: entry.checksum, record: record))
        #expect(line.starts(with: Array(#"{"crc":"\#(CRC32C.text(of: entry.checksum))","#.utf8)))
    }

    @Test func `a line looks as the specification says`() {
        let text = String(
            decoding: line(.refuted(payment: 42, of: 9, reason: "not-found")), as: UTF8.self)
        #expect(
            text.dropFirst(17)
                == #","seq":17,"durable":12,"time":"2026-11-22T22:31:04.512345Z","kind":"refuted","payment":42,"of":9,"reason":"not-found"}"#
                + "\n")
        #expect(text.hasPrefix(#"{"crc":""#))
        let covered = Array(text.utf8.dropFirst(18).dropLast())
        let hex = String(CRC32C.checksum(covered.span), radix: 16)
        #expect(text.dropFirst(8).prefix(8) == String(repeating: "0", count: 8 - hex.count) + hex)
    }

    @Test(arguments: records)
    func `a line with any bit changed is refused`(record: Record) throws {
        let line = Array(line(record).dropLast())
        for index in line.indices {
            for bit in 0..<8 {
                var damaged = line
                damaged[index] ^= 1 << bit
                #expect(throws: LineFault.self) { try check(damaged) }
            }
        }
    }

    @Test(arguments: records)
    func `a line cut short anywhere is refused`(record: Record) throws {
        let line = line(record)
        for length in 0..<line.count - 1 {
            #expect(throws: LineFault.self) { try check(Array(line[..<length])) }
        }
    }

    @Test func `a kind or a cause of a later version is named`() throws {
        for (kind, detail) in [("shipped", "kind \"shipped\""), ("closed\",\"x\":\"", "")] {
            let line = Self.sealed(#""seq":1,"durable":0,"time":"2026-11-22T22:31:04.512345Z","kind":"\#(kind)"}"#)
            do {
                _ = try entry(line)
                #expect(detail.isEmpty, "members that are not known are ignored")
            } catch {
                #expect("\(error)".contains(detail))
            }
        }
    }

    @Test func `a later restore goes on behind whatever an earlier one can have written, whatever is restored`() {
        let now: Int64 = 1_796_000_000_000_000_000
        func next(after: Int64, milliseconds: Int64) -> Int64 {
            Record.Restore(after: after, point: now, time: now + milliseconds * 1_000_000).nextSeq
        }
        #expect(next(after: 100, milliseconds: 0) > 100 + 1 << 32)
        // The same copy, and what became of it, in any order.
        var last = next(after: 100, milliseconds: 0)
        for (milliseconds, restored) in [(1, false), (20, true), (21, true), (60_000, false), (365 * 86_400_000, true)]
        {
            let found = next(after: restored ? last + 500 : 100, milliseconds: Int64(milliseconds))
            #expect(found > last + 500)
            last = found
        }
        // A clock that was set back, one that was never set, and one that is far off.
        #expect(next(after: last + 500, milliseconds: -1) == last + 500 + 1 << 32 + 1)
        #expect(Record.Restore(after: 100, point: 0, time: 0).nextSeq == 100 + 1 << 32 + 1)
        #expect(Record.Restore(after: 100, point: 0, time: .max).nextSeq <= 1 << 53)
    }

    @Test func `a line that claims its own number as durable is refused`() {
        let line = Self.sealed(#""seq":3,"durable":3,"time":"2026-11-22T22:31:04.512345Z","kind":"closed"}"#)
        #expect(throws: LineFault.form) { try check(line) }
    }

    /// A line with a right checksum around whatever it says.
    static func sealed(_ rest: String) -> [UInt8] {
        let covered = Array(rest.utf8)
        let hex = String(CRC32C.checksum(covered.span), radix: 16)
        return Array(#"{"crc":"\#(String(repeating: "0", count: 8 - hex.count))\#(hex)",\#(rest)"#.utf8)
    }
}
