import JournalFormat
import Testing

@testable import JournalStore

/// What a segment's bytes come to, however they are cut into pieces.
struct SegmentCheckTests {
    private let bytes = segment(1...6)
    private var known: ClosedSegment {
        ClosedSegment(first: 1, last: 6, size: Int64(bytes.count), checksum: CRC32C.checksum(bytes.span))
    }

    /// The offset of a record's line.
    private func offset(_ seq: Int64) -> Int { (1..<seq).reduce(0) { $0 + line($1, $1 == 1 ? head : nil).count } }

    private func check(_ bytes: [UInt8], pieces: Int = 7, knows: Bool = true) -> [Damage] {
        var check = SegmentCheck(1)
        for start in stride(from: 0, to: bytes.count, by: pieces) {
            check.take(Array(bytes[start..<min(bytes.count, start + pieces)]))
        }
        return check.finish(knows ? known : nil, chain: nil)
    }

    @Test func `a whole one is whole in pieces of every size`() {
        for pieces in 1...bytes.count { #expect(check(bytes, pieces: pieces).isEmpty) }
    }

    @Test func `each flipped bit is told with the line in which it stands and the records it costs`() {
        for index in bytes.indices {
            var damaged = bytes
            damaged[index] ^= 0x04
            let seq = (1...6).last { offset($0) <= index } ?? 0
            let found = check(damaged, pieces: 50)
            #expect(found.count == 1 && found[0].file == name(1) && found[0].offset == Int64(offset(seq)), "\(index)")
            // A newline that is gone costs the record behind it too.
            let isNewline = bytes[index] == 0x0A && seq < 6
            #expect(found[0].lost == seq...(isNewline ? seq + 1 : seq), "\(index): \(found)")
        }
    }

    @Test func `what is missing or changed between good lines is told`() {
        let third = offset(3)..<offset(4)
        let cut = check(Array(bytes[..<third.lowerBound] + bytes[third.upperBound...]))
        #expect(cut.map(\.fault) == [.sequence(expected: 3, found: 4)] && cut[0].lost == 3...3)
        let short = check(Array(bytes[..<offset(6)]))
        #expect(
            short.map(\.fault) == [
                .changed(known, size: Int64(offset(6)), checksum: CRC32C.checksum(Array(bytes[..<offset(6)]).span))
            ])
        #expect(check(bytes.dropLast()).map(\.fault) == [.noNewline])
        #expect(check(bytes.dropLast(2)).map(\.fault) == [.cutShort])
        // A line with its checksum set right.
        let forged = Array(bytes[..<third.lowerBound]) + line(3, .baseline(count: 77)) + bytes[third.upperBound...]
        #expect(check(forged).map(\.offset) == [0])
        #expect(check(forged, knows: false).isEmpty)
    }

    @Test func `a line without end is told once, and the lines behind it are read`() {
        let garbage = [UInt8](repeating: 0x20, count: RecordCodec.maximumLineLength + 10)
        let found = check(bytes[..<offset(3)] + garbage + bytes[offset(3)...], pieces: 64 << 10)
        #expect(found.map(\.fault) == [.tooLong] && found[0].offset == Int64(offset(3)) && found[0].lost == 3...3)
    }

    @Test func `without a manifest the next segment's chain tells`() {
        var check = SegmentCheck(1)
        check.take(bytes)
        let found = check.finish(nil, chain: (behind: 7, says: 1))
        #expect(found.map(\.fault) == [.chain(says: 1, found: known.checksum)] && found[0].file == name(7))
    }
}
