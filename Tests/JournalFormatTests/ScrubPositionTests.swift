import Testing

@testable import JournalFormat

struct ScrubPositionTests {
    private let position = ScrubPosition(beganAt: 1_790_000_000_000_000_000, next: 42, completedAt: nil)

    @Test func `the file has the text that people read`() {
        let text = "01790000000000000000 00000000000000000042 00000000000000000000"
        #expect(
            String(decoding: position.encode(), as: UTF8.self)
                == "\(text) \(CRC32C.text(of: CRC32C.checksum(Array(text.utf8).span)))\n")
        #expect(ScrubPosition.decode(position.encode()) == position)
        let later = ScrubPosition(beganAt: 7, next: 1, completedAt: 6)
        #expect(ScrubPosition.decode(later.encode()) == later)
    }

    @Test func `a changed file says nothing`() {
        let bytes = position.encode()
        for length in 0..<bytes.count - 1 { #expect(ScrubPosition.decode(Array(bytes[..<length])) == nil) }
        for index in bytes.indices.dropLast() {
            var damaged = bytes
            damaged[index] ^= 1
            #expect(ScrubPosition.decode(damaged) == nil, "byte \(index)")
        }
    }
}
