import CShims

/// CRC-32C (Castagnoli; RFC 3720, appendix B.4), as iSCSI, ext4 and LevelDB use it.
package enum CRC32C {
    /// The checksum of some bytes.
    package static func checksum(_ bytes: Span<UInt8>) -> UInt32 {
        var running = Running()
        running.update(bytes)
        return running.checksum
    }

    /// The checksum of bytes that come piece by piece.
    package struct Running: Hashable, Sendable {
        private var register = UInt32.max

        /// Of none yet.
        package init() {}

        /// Of some whose checksum that is.
        package init(behind checksum: UInt32) { register = ~checksum }

        /// Goes on with what follows.
        package mutating func update(_ bytes: Span<UInt8>) {
            register = hasInstruction ? byInstruction(register, bytes) : byTable(register, bytes)
        }

        /// The checksum of all that came.
        package var checksum: UInt32 { ~register }
    }

    /// What ``text(of:)`` gives, read again; nil for anything else.
    package static func parse(_ text: String) -> UInt32? {
        UInt32(text, radix: 16).flatMap { self.text(of: $0) == text ? $0 : nil }
    }

    /// A checksum as eight lower-case hexadecimal digits, in one word with the first digit lowest.
    static func digits(of checksum: UInt32) -> UInt64 {
        // Each half-byte into a byte of its own, the first digit lowest.
        var word = UInt64(checksum.byteSwapped)
        word = (word | word << 16) & 0x0000_FFFF_0000_FFFF
        word = (word | word << 8) & 0x00FF_00FF_00FF_00FF
        word = (word >> 4 | word << 8) & 0x0F0F_0F0F_0F0F_0F0F
        // Ten and more get the distance from ":" to "a" on top.
        let letters = ((word &+ 0x0606_0606_0606_0606) >> 4) & 0x0101_0101_0101_0101
        return word &+ 0x3030_3030_3030_3030 &+ letters &* 0x27
    }

    /// The same as text.
    package static func text(of checksum: UInt32) -> String {
        let word = digits(of: checksum)
        return String(decoding: (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64($0 * 8)) }, as: UTF8.self)
    }

    private static let hasInstruction = cshims_crc32c_available()

    private static func byInstruction(_ register: UInt32, _ bytes: Span<UInt8>) -> UInt32 {
        unsafe bytes.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return register }
            return unsafe cshims_crc32c_update(register, base, buffer.count)
        }
    }

    /// Without the instruction: a table, a byte at a time.
    static func byTable(_ before: UInt32, _ bytes: Span<UInt8>) -> UInt32 {
        var register = before
        for index in bytes.indices {
            register = table[Int(UInt8(truncatingIfNeeded: register) ^ bytes[index])] ^ register >> 8
        }
        return register
    }

    private static let table: [UInt32] = (0..<256).map { index in
        var value = UInt32(index)
        for _ in 0..<8 { value = value & 1 == 1 ? 0x82F6_3B78 ^ value >> 1 : value >> 1 }
        return value
    }
}
