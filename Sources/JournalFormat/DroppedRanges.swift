/// Records that were dropped from the middle of a journal, or from its beginning, and the content of the file `dropped` that
/// says so: whole segments, and records within a segment that was compacted, of which the first and the last stay.
///
/// The file has a line for each range: its first and its last sequence number, each in twenty digits, with a space between
/// them; ranges ascend and do not touch. The last line is the CRC-32C of all lines before it, in eight hexadecimal digits.
package struct DroppedRanges: Hashable, Sendable {
    /// The file's name.
    package static let name = "dropped"
    /// The name of another one, with those among them that were not dropped, but given up by a repair: what waits there has no verdict.
    package static let gapsName = "gaps"
    private static let lineLength = 42

    /// What was dropped, in order; no two of them touch.
    package let ranges: [ClosedRange<Int64>]

    /// Puts ranges of positive numbers together, in any order.
    package init(_ ranges: [ClosedRange<Int64>] = []) {
        self.ranges = ranges.sorted { $0.lowerBound < $1.lowerBound }.reduce(into: []) { joined, range in
            guard let last = joined.last, range.lowerBound <= last.upperBound + 1 else { return joined.append(range) }
            joined[joined.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
        }
    }

    /// The first range that does not end before a record; nil when each does.
    private func range(at seq: Int64) -> ClosedRange<Int64>? {
        var (lower, upper) = (0, ranges.count)
        while lower < upper {
            let middle = (lower + upper) / 2
            if ranges[middle].upperBound < seq { lower = middle + 1 } else { upper = middle }
        }
        return lower < ranges.count ? ranges[lower] : nil
    }

    /// Whether a record was dropped.
    package func contains(_ seq: Int64) -> Bool { range(of: seq) != nil }

    /// The range in which a record was dropped; nil when it was not.
    package func range(of seq: Int64) -> ClosedRange<Int64>? { range(at: seq).flatMap { $0.contains(seq) ? $0 : nil } }

    /// Whether some of these records were dropped.
    package func overlaps(_ seqs: ClosedRange<Int64>) -> Bool { range(at: seqs.lowerBound)?.overlaps(seqs) ?? false }

    /// The first number from `seq` on that was not dropped.
    package func next(from seq: Int64) -> Int64 {
        range(of: seq).map { $0.upperBound + 1 } ?? seq
    }

    /// The number that the next record should have, when `next` is the one behind all before it and it says `seq`: that, if all between
    /// was dropped.
    package func expected(_ next: Int64, at seq: Int64) -> Int64 { max(next, min(seq, self.next(from: next))) }

    /// How many of these records were dropped.
    package func count(in seqs: Range<Int64>) -> Int64 {
        ranges.reduce(0) { $0 + Int64(Range($1).clamped(to: seqs).count) }
    }

    /// Without the ranges that end before record `first`, and without those that do not end before record `end`.
    package func between(_ first: Int64, _ end: Int64) -> DroppedRanges {
        DroppedRanges(ranges.filter { $0.upperBound >= first && $0.upperBound < end })
    }

    /// What of some records was not dropped.
    package func rest(of seqs: ClosedRange<Int64>) -> [ClosedRange<Int64>] {
        var rest: [ClosedRange<Int64>] = []
        var next = seqs.lowerBound
        for range in ranges where range.overlaps(seqs) {
            if range.lowerBound > next { rest.append(next...range.lowerBound - 1) }
            next = range.upperBound + 1
        }
        if next <= seqs.upperBound { rest.append(next...seqs.upperBound) }
        return rest
    }

    // MARK: The file

    /// The file's content.
    package func encode() -> [UInt8] {
        var bytes: [UInt8] = []
        for range in ranges {
            bytes.append(twentyDigits: range.lowerBound)
            bytes.append(UInt8(ascii: " "))
            bytes.append(twentyDigits: range.upperBound)
            bytes.append(UInt8(ascii: "\n"))
        }
        return bytes + "\(CRC32C.text(of: CRC32C.checksum(bytes.span)))\n".utf8
    }

    /// The ranges; nil when the content is not whole.
    package static func decode(_ bytes: [UInt8]) -> DroppedRanges? {
        var ranges: [ClosedRange<Int64>] = []
        var rest = bytes[...]
        while rest.count >= lineLength {
            guard let first = SequenceNumber.checked(String(decoding: rest.prefix(20), as: UTF8.self)),
                let last = SequenceNumber.checked(String(decoding: rest.dropFirst(21).prefix(20), as: UTF8.self)),
                first > 0, first <= last
            else { return nil }
            ranges.append(first...last)
            rest = rest.dropFirst(lineLength)
        }
        let dropped = DroppedRanges(ranges)
        // Whatever is not exactly as it is written is damaged, but for a newline that an editor has taken off. Eight zeros without one are
        // no empty file, but the beginning of any other.
        let text = dropped.encode()
        return bytes == text || !ranges.isEmpty && bytes.isText(text) ? dropped : nil
    }
}

extension [UInt8] {
    /// Appends a sequence number as the files `durable` and `dropped` have it.
    mutating func append(twentyDigits seq: Int64) {
        let digits = "\(seq)".utf8
        append(contentsOf: repeatElement(UInt8(ascii: "0"), count: 20 - digits.count))
        append(contentsOf: digits)
    }
}
