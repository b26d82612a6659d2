import JournalFormat
import TestSupport

/// A journal of three segments with four records each, written by hand, so that it can be damaged in one place.
struct CraftedJournal {
    /// The lines of each segment, by the file's name.
    var segments: [String: [[UInt8]]] = [:]
    /// Everything up to this record had been synced.
    var durable: Int64 = 12

    static let first = SegmentName.name(firstSeq: 1)
    static let second = SegmentName.name(firstSeq: 5)
    static let last = SegmentName.name(firstSeq: 9)

    init() {
        for first in [1, 5, 9] as [Int64] {
            segments[SegmentName.name(firstSeq: first)] = (first..<first + 4).map {
                $0 == first ? Self.opened($0) : Self.received($0)
            }
        }
    }

    /// Where the line of that index begins in a segment.
    func offset(_ segment: String, _ index: Int) -> Int {
        segments[segment, default: []].prefix(index).map(\.count).reduce(0, +)
    }

    /// Puts it in place as the journal of a daemon.
    func write(to daemon: DaemonUnderTest) throws {
        try daemon.directory.makeDirectory("journal")
        for (name, lines) in segments { try daemon.directory.write(lines.reduce([], +), to: "journal/\(name)") }
        try daemon.directory.write(DurableMark.encode(durable), to: "journal/\(DurableMark.name)")
    }

    // MARK: Lines

    static func opened(_ seq: Int64, format: Int = 1, reads: Int = 1, version: String = "0") -> [UInt8] {
        line(
            seq,
            .opened(
                Record.Opened(
                    format: format, reads: reads, journal: "crafted", version: version, api: "127.0.0.1:9",
                    client: "client")))
    }

    /// A record of a kind that no version knows yet.
    static func shipped(_ seq: Int64, skip: Bool) -> [UInt8] {
        let members = skip ? #","payment":\#(seq),"skip":true}"# : #","payment":\#(seq)}"#
        return resealed(line(seq, .closed), replacing: #"closed"}"#, with: Array(#"shipped"\#(members)"#.utf8))
    }

    static func baseline(_ seq: Int64) -> [UInt8] { line(seq, .baseline(count: 0)) }

    /// A report whose payment has the record's number; in a line of that length at least, its checksum is wrong.
    static func received(_ seq: Int64, length: Int = 0) -> [UInt8] {
        let report = Array(#"{"id":\#(seq),"state":"paid"}"#.utf8)
        let line = line(seq, .received(Record.Received(payment: seq, peer: "test", report: report, deviations: [])))
        return line.dropLast() + [UInt8](repeating: 0x20, count: max(0, length - line.count)) + [0x0A]
    }

    private static func line(_ seq: Int64, _ record: Record) -> [UInt8] {
        var bytes: [UInt8] = []
        RecordCodec.append(record, seq: seq, durable: seq - 1, time: 0, to: &bytes)
        return bytes
    }

    /// A line with something in the place of something else, under a checksum that is right again.
    static func resealed(_ line: [UInt8], replacing old: String, with new: [UInt8]) -> [UInt8] {
        let rest = Array(line.dropFirst(18).dropLast()).replacing(Array(old.utf8), with: new)
        return Array(#"{"crc":"\#(CRC32C.text(of: CRC32C.checksum(rest.span)))","#.utf8) + rest + [UInt8(ascii: "\n")]
    }
}
