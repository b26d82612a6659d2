import Testing

@testable import JournalFormat

struct BackupManifestTests {
    private let manifest = BackupManifest(
        journal: "9a\"3f", time: 1_790_000_000_123_456_000, beginning: 4, dropped: DroppedRanges([10...19]),
        gaps: DroppedRanges([12...13]),
        [
            ClosedSegment(first: 4, last: 9, size: 811, checksum: 0xBEEF),
            ClosedSegment(first: 20, last: 22, size: 99, checksum: 1),
        ])

    @Test func `it reads what it has written, and knows what it holds`() {
        #expect(BackupManifest.decode(manifest.encode()) == manifest)
        #expect(manifest.last == 22 && manifest.records == 9 && manifest.bytes == 910)
        let empty = BackupManifest(journal: "x", time: 0)
        #expect(BackupManifest.decode(empty.encode()) == empty && empty.last == 0)
    }

    @Test func `whatever is changed or missing, it says nothing`() {
        let bytes = manifest.encode()
        for length in 0..<bytes.count - 1 {
            #expect(BackupManifest.decode(Array(bytes[..<length])) == nil, "\(length) bytes")
        }
        for index in bytes.indices {
            var damaged = bytes
            damaged[index] ^= 1
            #expect(BackupManifest.decode(damaged) == nil || index == bytes.count - 1, "byte \(index)")
        }
    }
}
