import Testing

@testable import JournalFormat

struct SegmentManifestTests {
    private let manifest = SegmentManifest(
        journal: "9a3f",
        [
            ClosedSegment(first: 4, last: 9, size: 811, checksum: 0xBEEF),
            ClosedSegment(first: 1, last: 3, size: 512, checksum: 0x9A3F_01C4),
        ])

    private func sealed(_ text: String) -> String {
        "\(text) \(CRC32C.text(of: CRC32C.checksum(Array(text.utf8).span)))\n"
    }

    @Test func `the manifest has the text that people read`() {
        let lines = [
            #""9a3f""#, "00000000000000000001 00000000000000000003 00000000000000000512 9a3f01c4",
            "00000000000000000004 00000000000000000009 00000000000000000811 0000beef",
        ].map(sealed)
        let file = lines.joined()
        #expect(String(decoding: manifest.encode(), as: UTF8.self) == file)
        #expect(SegmentManifest.decode(Array(file.utf8)) == manifest)
        #expect(SegmentManifest.decode(Array(file.utf8.dropLast())) == manifest)
        #expect(SegmentManifest.decode(SegmentManifest(journal: "x\n\"").encode()) == SegmentManifest(journal: "x\n\""))
        var grown = SegmentManifest(journal: "9a3f")
        let bytes = manifest.segments.reduce(into: grown.header) { $0 += SegmentManifest.line($1) }
        for segment in manifest.segments { grown.insert(segment) }
        #expect(grown == manifest && bytes == manifest.encode())
    }

    @Test func `a changed manifest says nothing, and a line that is cut short is none`() {
        let bytes = manifest.encode()
        let ends = bytes.indices.filter { bytes[$0] == 0x0A }
        for length in 0..<bytes.count - 1 {
            let read = SegmentManifest.decode(Array(bytes[..<length]))
            let count = ends.filter { $0 <= length }.count
            #expect(read?.segments ?? [] == Array(manifest.segments.prefix(max(0, count - 1))), "\(length) bytes")
        }
        for index in bytes.indices {
            for bit in 0..<8 as Range<UInt8> {
                var damaged = bytes
                damaged[index] ^= 1 << bit
                let read = SegmentManifest.decode(damaged)
                // What is damaged at the end cannot be told from what was being written.
                #expect(
                    read == nil || index > ends[1] && read?.segments == Array(manifest.segments.prefix(1)),
                    "byte \(index)")
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
