import JSON

/// A line that has passed its checksum: the members that every record begins with.
package struct RecordLine: Hashable, Sendable {
    /// Its sequence number.
    package let seq: Int64
    /// Its claim.
    package let durable: Int64
    /// Its `crc`.
    package let checksum: UInt32

    /// Checks form and checksum of a line without its newline; says nothing of whether the number belongs there.
    package init(checking line: Span<UInt8>) throws(LineFault) {
        guard line.count < RecordCodec.maximumLineLength else { throw .tooLong }
        guard line.count > 24, ShortText(line, 0..<8) == #"{"crc":""#, ShortText(line, 16..<24) == #"","seq":"#,
            line[line.count - 1] == UInt8(ascii: "}")
        else { throw .form }
        let computed = CRC32C.checksum(line.extracting(RecordCodec.prefixLength..<line.count))
        guard Self.word(line, at: 8) == CRC32C.digits(of: computed) else {
            let says = String(decoding: (8..<16).map { line[$0] }, as: UTF8.self)
            guard says.utf8.allSatisfy(\.isHexadecimalDigit) else { throw .form }
            throw .checksum(says: says, computed: CRC32C.text(of: computed))
        }
        var position = 24
        guard let seq = Self.number(line, &position), ShortText(line, position..<position + 11) == #","durable":"#
        else { throw .form }
        position += 11
        guard let durable = Self.number(line, &position), durable < seq else { throw .form }
        self.seq = seq
        self.durable = durable
        checksum = computed
    }

    /// Eight bytes as one word, the first byte lowest; the caller has looked that they are there.
    private static func word(_ line: Span<UInt8>, at position: Int) -> UInt64 {
        precondition(position + 8 <= line.count)
        return UInt64(littleEndian: unsafe line.bytes.unsafeLoadUnaligned(fromByteOffset: position, as: UInt64.self))
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
}

extension UInt8 {
    fileprivate var isHexadecimalDigit: Bool {
        self &- UInt8(ascii: "0") < 10 || self &- UInt8(ascii: "a") < 6
    }
}
