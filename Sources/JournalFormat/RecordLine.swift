/// A line that has passed its checksum: the members that every record begins with.
public struct RecordLine: Hashable, Sendable {
    /// Its sequence number.
    public let seq: Int64
    /// Its claim.
    public let durable: Int64

    /// Checks form and checksum of a line without its newline; says nothing of whether the number belongs there.
    public init(checking line: Span<UInt8>) throws(LineFault) {
        guard line.count < RecordCodec.maximumLineLength else { throw .tooLong }
        guard line.count > RecordCodec.prefixLength, Self.matches(line, at: 0, #"{"crc":""#),
            Self.matches(line, at: 16, #"","seq":"#), line[line.count - 1] == UInt8(ascii: "}"),
            let crc = Self.hex(line, at: 8)
        else { throw .form }
        let computed = CRC32C.checksum(line.extracting(RecordCodec.prefixLength..<line.count))
        guard crc == computed else { throw .checksum(says: Self.text(crc), computed: Self.text(computed)) }
        var position = 24
        guard let seq = Self.number(line, &position), Self.matches(line, at: position, #","durable":"#) else {
            throw .form
        }
        position += 11
        guard let durable = Self.number(line, &position), durable < seq else { throw .form }
        self.seq = seq
        self.durable = durable
    }

    private static func matches(_ line: Span<UInt8>, at position: Int, _ text: String) -> Bool {
        guard position + text.utf8.count <= line.count else { return false }
        var index = position
        for byte in text.utf8 {
            if line[index] != byte { return false }
            index += 1
        }
        return true
    }

    private static func hex(_ line: Span<UInt8>, at position: Int) -> UInt32? {
        var value: UInt32 = 0
        for index in position..<position + 8 {
            switch line[index] {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt32(line[index] - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"):
                value = value << 4 | UInt32(line[index] - UInt8(ascii: "a") + 10)
            default: return nil
            }
        }
        return value
    }

    private static func number(_ line: Span<UInt8>, _ position: inout Int) -> Int64? {
        var value: Int64 = 0
        let start = position
        while position < line.count, line[position] &- UInt8(ascii: "0") < 10 {
            // 18 digits cannot overflow, and no journal gets further.
            guard position - start < 18 else { return nil }
            value = value * 10 + Int64(line[position] - UInt8(ascii: "0"))
            position += 1
        }
        return position > start ? value : nil
    }

    private static func text(_ crc: UInt32) -> String {
        let digits = String(crc, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }
}
