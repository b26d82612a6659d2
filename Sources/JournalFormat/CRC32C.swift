import CShims

/// CRC-32C (Castagnoli; RFC 3720, appendix B.4), as iSCSI, ext4 and LevelDB use it.
public enum CRC32C {
    /// The checksum of some bytes.
    public static func checksum(_ bytes: Span<UInt8>) -> UInt32 {
        ~(hasInstruction ? byInstruction(bytes) : byTable(bytes))
    }

    private static let hasInstruction = cshims_crc32c_available()

    private static func byInstruction(_ bytes: Span<UInt8>) -> UInt32 {
        unsafe bytes.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return .max }
            return unsafe cshims_crc32c_update(.max, base, buffer.count)
        }
    }

    /// Without the instruction: a table, a byte at a time.
    static func byTable(_ bytes: Span<UInt8>) -> UInt32 {
        var register = UInt32.max
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
