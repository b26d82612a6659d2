/// The characters of paths in URIs.
enum URIPath {
    /// Whether every character may stand in a path as RFC 3986 section 3.3 has it: unreserved, sub-delims, `:`, `@`, `/`, and
    /// percent signs with two hex digits.
    static func isWellFormed(_ path: some StringProtocol) -> Bool {
        let bytes = Array(path.utf8)
        for (index, byte) in bytes.enumerated() {
            if byte == UInt8(ascii: "%") {
                guard index + 2 < bytes.count, bytes[index + 1].hexadecimalValue != nil,
                    bytes[index + 2].hexadecimalValue != nil
                else { return false }
            } else if !(byte.isLetter || byte.isDigit || "-._~!$&'()*+,;=:@/".utf8.contains(byte)) {
                return false
            }
        }
        return true
    }
}
