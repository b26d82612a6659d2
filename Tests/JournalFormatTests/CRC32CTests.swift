import Testing

@testable import JournalFormat

struct CRC32CTests {
    @Test(
        arguments: [
            ([UInt8](), 0), (Array("123456789".utf8), 0xE306_9283), ([UInt8](repeating: 0, count: 32), 0x8A91_36AA),
            ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43), (Array(0..<32), 0x46DD_794E),
        ] as [([UInt8], UInt32)])
    func `checksums are those of RFC 3720`(bytes: [UInt8], checksum: UInt32) {
        #expect(CRC32C.checksum(bytes.span) == checksum)
        #expect(~CRC32C.byTable(.max, bytes.span) == checksum)
    }

    @Test func `the processor's instruction and the table agree at every length and alignment`() {
        let bytes = (0..<300).map { UInt8(truncatingIfNeeded: $0 &* 151 &+ 7) }
        for start in 0..<16 {
            for end in start...bytes.count {
                let part = bytes.span.extracting(start..<end)
                #expect(CRC32C.checksum(part) == ~CRC32C.byTable(.max, part))
            }
        }
    }

    @Test func `a checksum is eight digits, zeros included`() {
        for checksum: UInt32 in [0, 1, 0x9A3F_01C4, 0xABCD_EF01, 0x0000_000F, .max] {
            let digits = String(checksum, radix: 16)
            #expect(CRC32C.text(of: checksum) == String(repeating: "0", count: 8 - digits.count) + digits)
        }
    }
}
