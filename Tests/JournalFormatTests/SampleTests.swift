import JournalFormat
import TestSupport
import Testing

/// Journals of format 1 that were written by another program, after the specification: every later version must read them.
struct SampleTests {
    /// Before there was a member `reads`.
    private let first: [[UInt8]]
    private let lines: [[UInt8]]

    init() throws {
        first = try Self.lines("format-1")
        lines = try Self.lines("format-1-reads")
    }

    private static func lines(_ name: String) throws -> [[UInt8]] {
        try sampleJournal(name).split(separator: UInt8(ascii: "\n")).map(Array.init)
    }

    private func entries(_ lines: [[UInt8]]) throws -> [Entry] { try lines.map { line in try Entry(line: line.span) } }

    private func written(_ entries: [Entry]) -> [[UInt8]] {
        entries.map { entry in
            var line: [UInt8] = []
            RecordCodec.append(entry.record, seq: entry.seq, durable: entry.durable, time: entry.time, to: &line)
            return line.dropLast()
        }
    }

    @Test func `every kind of record of format 1 is read`() throws {
        let entries = try entries(lines)
        #expect(entries.map(\.seq) == Array(1...13))
        #expect(entries.map(\.durable) == [0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12])
        #expect(Set(entries.map(\.record.kind)) == Set(Record.kinds))
        let opened = Record.Opened(
            format: 1, reads: 1, journal: "5f1d0c7ab2e94f60a1b3c4d5e6f70819", version: "0.1.0",
            api: "ecryptopay.com:443", client: "shop")
        #expect(entries[0].record == .opened(opened))
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
        guard case .opened(let last) = entries[12].record else {
            Issue.record("record 13 is the endpoints'")
            return
        }
        #expect(last.endpoints == ["https://shop.example/hook"])
        // 2026-11-22T22:31:01.001001Z
        #expect(entries[0].time == 1_795_386_661_001_001_000)
    }

    @Test func `every record of format 1 is written again to the byte`() throws {
        #expect(written(try entries(lines)) == lines)
    }

    @Test func `a journal without "reads" says the same, and "reads" is written from then on`() throws {
        let entries = try entries(first)
        #expect(Set(entries.map(\.record.kind)) == Set(Record.kinds))
        #expect(entries.map(\.record) == Array(try self.entries(lines).prefix(12)).map(\.record))
        #expect(written(entries) == Array(lines.prefix(12)))
    }

    @Test func `what was added to format 1 since is read, and written again to the byte`() throws {
        let lines = try Self.lines("format-1-chain")
        let entries = try entries(lines)
        let chains = entries.map { entry -> UInt32? in
            guard case .opened(let opened) = entry.record else { return nil }
            return opened.chain
        }
        #expect(chains == [0, nil, nil, 0x9A3F_01C4])
        guard case .undeliverable(let lost) = entries[2].record else {
            Issue.record("record 3 is a delivery's end")
            return
        }
        #expect(lost.isUnreadable)
        #expect(written(entries) == lines)
    }

    // MARK: What later versions write

    @Test func `a journal of a later format says that this version may go on, and what it may pass over`()
        throws
    {
        let entries = try entries(try Self.lines("later-passed-over"))
        #expect(entries.map(\.record.kind) == ["opened", "received", "opened", "shipped", "refuted"])
        guard case .opened(let opened) = entries[2].record else {
            Issue.record("record 3 is the later format's")
            return
        }
        #expect(opened.format == 2 && opened.reads == 1)
        #expect(entries[3].record == .passedOver(kind: "shipped", payment: 42))
    }

    /// What reading a sample ends with, and at which of its lines.
    private func end(_ name: String) throws -> (line: Int, LaterVersion)? {
        for (index, line) in try Self.lines(name).enumerated() {
            do throws(LineFault) { _ = try Entry(line: line.span) } catch {
                guard case .laterVersion(let later) = error else { return nil }
                return (index + 1, later)
            }
        }
        return nil
    }

    @Test func `a kind that may not be passed over ends the reading`() throws {
        let (line, later) = try #require(try end("later-kind"))
        #expect(line == 4 && !later.isFormat)
        #expect("\(later)" == #"its checksum is right, but its kind "shipped" is not known to this version"#)
        #expect(later.hint == "install the version of ecryptopayd that wrote it, or a later one")
        guard case .laterVersion(let named) = LineFault.laterVersion(later).named(by: { "0.2.0" }) else { return }
        #expect(named.hint == "install ecryptopayd 0.2.0, which wrote it, or a later version")
    }

    @Test func `a format that is not for this version ends the reading, whatever else its record says`() throws {
        let (line, later) = try #require(try end("later-format"))
        #expect(line == 3 && later.isFormat && later.version == "0.3.0")
        #expect(
            later.problem == """
                the journal has format 3 from there on, for readers of format 2 and later, and this version of ecryptopayd reads \
                format 1
                """)
    }
}
