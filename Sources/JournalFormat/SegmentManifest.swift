import JSON

/// The segments to which nothing is added any more, and the content of the file `segments` that says so.
///
/// The file's first line is the journal's id, as a JSON string. Then there is a line for each segment: its first and its last record's
/// number and its length in bytes, each in twenty digits, and the CRC-32C of all its bytes in eight hexadecimal digits, with a space
/// between them; they ascend. The last line is the CRC-32C of all lines before it.
///
/// A segment comes into it when the next one has been created and its name is on the disk: what stands there has been. What does not stand
/// there may be all the same.
package struct SegmentManifest: Hashable, Sendable {
    /// The file's name.
    package static let name = "segments"

    /// The id of the journal that they are of.
    package let journal: String
    /// By their first numbers, in order.
    package private(set) var segments: [ClosedSegment]

    package init(journal: String, _ segments: [ClosedSegment] = []) {
        self.journal = journal
        self.segments = segments.sorted { $0.first < $1.first }
    }

    /// Takes a segment in, in the place of one of the same name.
    package mutating func insert(_ segment: ClosedSegment) {
        let index = index(of: segment.first)
        if index < segments.count, segments[index].first == segment.first {
            segments[index] = segment
        } else {
            segments.insert(segment, at: index)
        }
    }

    /// The same without some.
    package mutating func removeAll(where isGone: (ClosedSegment) -> Bool) { segments.removeAll(where: isGone) }

    /// The segment that begins with a record; nil when nothing is known of it.
    package subscript(first: Int64) -> ClosedSegment? {
        let index = index(of: first)
        return index < segments.count && segments[index].first == first ? segments[index] : nil
    }

    /// Where a segment stands, or would.
    private func index(of first: Int64) -> Int {
        var (lower, upper) = (0, segments.count)
        while lower < upper {
            let middle = (lower + upper) / 2
            if segments[middle].first < first { lower = middle + 1 } else { upper = middle }
        }
        return lower
    }

    /// The file's content.
    package func encode() -> [UInt8] {
        var bytes = Array("\(JSONString.quoted(journal))\n".utf8)
        for segment in segments {
            for number in [segment.first, segment.last, segment.size] {
                bytes.append(twentyDigits: number)
                bytes.append(UInt8(ascii: " "))
            }
            bytes += "\(CRC32C.text(of: segment.checksum))\n".utf8
        }
        return bytes + "\(CRC32C.text(of: CRC32C.checksum(bytes.span)))\n".utf8
    }

    /// What the file says; nil when it is not whole.
    package static func decode(_ bytes: [UInt8]) -> SegmentManifest? {
        let lines = bytes.split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
        guard lines.count >= 2, let journal = try? JSONValue(parsing: Array(lines[0].utf8)).string else { return nil }
        var segments: [ClosedSegment] = []
        for line in lines.dropFirst().dropLast() {
            let words = line.split(separator: " ")
            guard words.count == 4, let first = Int64(words[0]), let last = Int64(words[1]), let size = Int64(words[2]),
                let checksum = UInt32(words[3], radix: 16), first > 0
            else { return nil }
            segments.append(ClosedSegment(first: first, last: last, size: size, checksum: checksum))
        }
        let manifest = SegmentManifest(journal: journal, segments)
        // Whatever is not exactly as it is written is damaged, but for a newline that an editor has taken off.
        return bytes.isText(manifest.encode()) ? manifest : nil
    }
}

extension [UInt8] {
    /// Whether these are the bytes of a text, perhaps without its last newline.
    func isText(_ text: [UInt8]) -> Bool { self == text || self == text.dropLast() }
}
