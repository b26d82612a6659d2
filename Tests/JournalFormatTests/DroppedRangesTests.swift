import JournalFormat
import Testing

struct DroppedRangesTests {
    @Test func `ranges are put in order, and joined where they touch`() {
        #expect(DroppedRanges([9...12, 3...4, 5...6]).ranges == [3...6, 9...12])
        #expect(DroppedRanges([3...9, 4...5]).ranges == [3...9])
        let dropped = DroppedRanges([3...6, 9...12])
        #expect((1...13).filter { dropped.contains($0) } == [3, 4, 5, 6, 9, 10, 11, 12])
        #expect([2, 3, 6, 7, 9].map { dropped.next(from: $0) } == [2, 7, 7, 7, 13])
        #expect(dropped.count(in: 5..<11) == 4)
        #expect(dropped.between(7, 13).ranges == [9...12])
        #expect(dropped.between(6, 12).ranges == [3...6])
    }

    @Test func `the file of dropped ranges has the text that people read`() {
        let lines = "00000000000000000003 00000000000000000006\n00000000000000000009 00000000000000000012\n"
        let crc = String(CRC32C.checksum(Array(lines.utf8).span), radix: 16)
        let file = lines + String(repeating: "0", count: 8 - crc.utf8.count) + crc + "\n"
        #expect(String(decoding: DroppedRanges([3...6, 9...12]).encode(), as: UTF8.self) == file)
        #expect(DroppedRanges.decode(Array(file.utf8)) == DroppedRanges([3...6, 9...12]))
        #expect(DroppedRanges.decode(DroppedRanges().encode()) == DroppedRanges())
    }

    @Test func `a changed file of dropped ranges declares nothing`() {
        let bytes = DroppedRanges([3...6, 9...12]).encode()
        // Without its last newline it is what it was.
        for length in 0..<bytes.count - 1 { #expect(DroppedRanges.decode(Array(bytes[..<length])) == nil) }
        for index in bytes.indices {
            for bit in 0..<8 as Range<UInt8> {
                var damaged = bytes
                damaged[index] ^= 1 << bit
                #expect(DroppedRanges.decode(damaged) == nil)
            }
        }
        #expect(DroppedRanges.decode(bytes + [0x0A]) == nil)
    }

    @Test func `a file with ranges that touch, or that no journal has, declares nothing`() {
        func file(_ lines: String) -> [UInt8] {
            let crc = String(CRC32C.checksum(Array(lines.utf8).span), radix: 16)
            return Array((lines + String(repeating: "0", count: 8 - crc.utf8.count) + crc + "\n").utf8)
        }
        func line(_ first: String, _ last: String) -> String {
            "\(String(repeating: "0", count: 20 - first.utf8.count))\(first) \(String(repeating: "0", count: 20 - last.utf8.count))\(last)\n"
        }
        #expect(DroppedRanges.decode(file(line("3", "4"))) != nil)
        #expect(DroppedRanges.decode(file(line("3", "4") + line("5", "6"))) == nil)
        #expect(DroppedRanges.decode(file(line("5", "6") + line("2", "3"))) == nil)
        #expect(DroppedRanges.decode(file(line("4", "3"))) == nil)
        #expect(DroppedRanges.decode(file(line("0", "3"))) == nil)
        #expect(DroppedRanges.decode(file(line("1", "9223372036854775807"))) == nil)
    }
}
