/// The content of the file `durable`: the highest sequence number that is known to be synced, in twenty digits, a space, the
/// CRC-32C of those digits in eight hexadecimal digits, and a newline.
///
/// It is written after each sync and never synced itself: when it is there and its checksum is right, it is true.
package enum DurableMark {
    /// The file's name.
    package static let name = "durable"
    /// Its length in bytes.
    package static let length = 30

    /// The file's content.
    package static func encode(_ seq: Int64) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(length)
        bytes.append(twentyDigits: seq)
        bytes += " \(CRC32C.text(of: CRC32C.checksum(bytes.span)))\n".utf8
        return bytes
    }

    /// The number, or nil when the content is not whole.
    package static func decode(_ bytes: [UInt8]) -> Int64? {
        guard bytes.count >= length - 1,
            let seq = SequenceNumber.checked(String(decoding: bytes[..<20], as: UTF8.self)),
            bytes.isText(encode(seq))
        else { return nil }
        return seq
    }
}
