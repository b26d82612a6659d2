import Glibc
import JournalFormat
import Testing

/// A journal of format 1 that was written by another program, after the specification: every later version must read it.
struct SampleTests {
    private let lines: [[UInt8]]

    init() throws {
        let folder = #filePath.split(separator: "/").dropLast().joined(separator: "/")
        let file = try #require(fopen("/\(folder)/Samples/format-1.jsonl", "r"))
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = fread(&bytes, 1, bytes.count, file)
        lines = bytes[..<count].split(separator: UInt8(ascii: "\n")).map(Array.init)
    }

    @Test func `every kind of record of format 1 is read`() throws {
        let entries = try lines.map { line in try Entry(line: line.span) }
        #expect(entries.map(\.seq) == Array(1...12))
        #expect(entries.map(\.durable) == [0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
        #expect(Set(entries.map(\.record.kind)) == Set(Record.kinds))
        #expect(
            entries[0].record
                == .opened(
                    .init(
                        format: 1, journal: "5f1d0c7ab2e94f60a1b3c4d5e6f70819", version: "0.1.0",
                        api: "ecryptopay.com:443",
                        client: "shop")))
        guard case .received(let received) = entries[2].record else {
            Issue.record("record 3 is a report")
            return
        }
        #expect(received.payment == 43)
        #expect(received.deviations == ["amount: missing", "content-type: text/plain"])
        #expect(String(decoding: received.report, as: UTF8.self).hasPrefix(#"{"id":43,"state":"p\u00e4id \"x\"","#))
        #expect(entries[4].record == .refuted(payment: 43, of: 3, reason: "not-found"))
        #expect(
            entries[10].record
                == .undeliverable(
                    .init(payment: 44, of: 7, endpoint: "exec", attempts: 9, status: nil, error: "exit 1")))
        // 2026-11-22T22:31:01.001001Z
        #expect(entries[0].time == 1_795_386_661_001_001_000)
    }

    @Test func `every record of format 1 is written again to the byte`() throws {
        for line in lines {
            var written: [UInt8] = []
            let entry = try Entry(line: line.span)
            RecordCodec.append(entry.record, seq: entry.seq, durable: entry.durable, time: entry.time, to: &written)
            #expect(String(decoding: written, as: UTF8.self) == String(decoding: line, as: UTF8.self) + "\n")
        }
    }
}
