import JSON

/// The segments to which nothing is added any more, and the content of the file `segments` that says so.
///
/// The file's first line is the journal's id, as a JSON string. Then there is a line for each segment: its first and its last record's
/// number and its length in bytes, each in twenty digits, and the CRC-32C of all its bytes in eight hexadecimal digits, with a space
/// between them. Each line ends with a space and the CRC-32C of what stands before that. The last line about a segment counts.
///
/// A segment comes into it when the next one has been created and its name is on the disk: what stands there has been. What does not stand
/// there may be all the same; so a line that is cut short at the end is none.
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

    // MARK: The file

    /// The file's content.
    package func encode() -> [UInt8] { segments.reduce(into: header) { $0 += Self.line($1) } }

    /// What it begins with.
    package var header: [UInt8] { SealedLine.encode(JSONString.quoted(journal)) }

    /// What is added to it when a segment is closed.
    package static func line(_ segment: ClosedSegment) -> [UInt8] { SealedLine.encode(segment.text) }

    /// What the file says; nil when a line of it is damaged.
    package static func decode(_ bytes: [UInt8]) -> SegmentManifest? {
        let lines = SealedLine.decodeAll(bytes)
        guard let header = lines.first, let header, let journal = try? JSONValue(parsing: Array(header.utf8)).string
        else { return nil }
        var manifest = SegmentManifest(journal: journal)
        for line in lines.dropFirst() {
            guard let segment = line.flatMap(ClosedSegment.init(text:)) else { return nil }
            manifest.insert(segment)
        }
        return manifest
    }
}

extension ClosedSegment {
    /// What a line about it says, without that line's checksum.
    var text: String {
        var line: [UInt8] = []
        for number in [first, last, size] {
            line.append(twentyDigits: number)
            line.append(UInt8(ascii: " "))
        }
        return String(decoding: line, as: UTF8.self) + CRC32C.text(of: checksum)
    }

    init?(text: String) {
        let words = text.split(separator: " ")
        guard words.count == 4, let first = SequenceNumber.checked(words[0]), first > 0,
            let last = SequenceNumber.checked(words[1]), let size = SequenceNumber.checked(words[2]),
            let checksum = UInt32(words[3], radix: 16)
        else { return nil }
        self.init(first: first, last: last, size: size, checksum: checksum)
    }
}

extension [UInt8] {
    /// Whether these are the bytes of a text, perhaps without its last newline.
    func isText(_ text: [UInt8]) -> Bool { self == text || self == text.dropLast() }
}
