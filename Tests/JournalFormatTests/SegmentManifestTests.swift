import Testing

@testable import JournalFormat

struct SegmentManifestTests {
    private let manifest = SegmentManifest(
        journal: "9a3f",
        [
            ClosedSegment(first: 4, last: 9, size: 811, checksum: 0xBEEF),
            ClosedSegment(first: 1, last: 3, size: 512, checksum: 0x9A3F_01C4),
        ])

    @Test func `the manifest has the text that people read`() {
        let lines = """
            "9a3f"
            00000000000000000001 00000000000000000003 00000000000000000512 9a3f01c4
            00000000000000000004 00000000000000000009 00000000000000000811 0000beef

            """
        let file = lines + CRC32C.text(of: CRC32C.checksum(Array(lines.utf8).span)) + "\n"
        #expect(String(decoding: manifest.encode(), as: UTF8.self) == file)
        #expect(SegmentManifest.decode(Array(file.utf8)) == manifest)
        #expect(SegmentManifest.decode(Array(file.utf8.dropLast())) == manifest)
        #expect(SegmentManifest.decode(SegmentManifest(journal: "x\n\"").encode()) == SegmentManifest(journal: "x\n\""))
    }

    @Test func `a changed manifest says nothing`() {
        let bytes = manifest.encode()
        for length in 0..<bytes.count - 1 { #expect(SegmentManifest.decode(Array(bytes[..<length])) == nil) }
        for index in bytes.indices {
            for bit in 0..<8 as Range<UInt8> {
                var damaged = bytes
                damaged[index] ^= 1 << bit
                #expect(SegmentManifest.decode(damaged) == nil, "byte \(index)")
            }
        }
    }

    @Test func `a segment that is closed again counts as it is now`() {
        var manifest = manifest
        let longer = ClosedSegment(first: 4, last: 12, size: 1200, checksum: 1)
        manifest.insert(longer)
        manifest.insert(ClosedSegment(first: 13, last: 14, size: 9, checksum: 2))
        #expect(manifest.segments.map(\.last) == [3, 12, 14])
        #expect(manifest[4] == longer && manifest[5] == nil)
    }
}
