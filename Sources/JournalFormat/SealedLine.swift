/// A line of a small file beside the segments that carries its own checksum: a text, a space, the CRC-32C of the text in eight hexadecimal
/// digits, and a newline.
enum SealedLine {
    /// The line of a text.
    static func encode(_ text: String) -> [UInt8] {
        Array("\(text) \(CRC32C.text(of: CRC32C.checksum(Array(text.utf8).span)))\n".utf8)
    }

    /// The text of a line without its newline; nil when its checksum is not right.
    static func decode(_ line: ArraySlice<UInt8>) -> String? {
        let text = String(decoding: line.dropLast(9), as: UTF8.self)
        return encode(text).dropLast() == line ? text : nil
    }

    /// The texts of all lines, nil for a damaged one. Behind the last newline stands nothing, or a line that may be cut short: that one is
    /// among them only when it is whole.
    static func decodeAll(_ bytes: [UInt8]) -> [String?] {
        var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map(decode)
        if let last = lines.last, last == nil { lines.removeLast() }
        return lines
    }
}
