/// The core rules of the grammar that the second reader is made of, written out byte by byte.
enum Grammar {
    /// `DIGIT` (RFC 5234 appendix B.1).
    static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    /// `HEXDIG` in either case (RFC 5234 section 2.3 makes `"A"` match `a` too).
    static func isHexDigit(_ byte: UInt8) -> Bool {
        isDigit(byte) || (0x41...0x46).contains(byte) || (0x61...0x66).contains(byte)
    }

    /// `ALPHA` (RFC 5234 appendix B.1).
    static func isAlpha(_ byte: UInt8) -> Bool { (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) }

    /// One byte of `OWS` or `BWS`: `SP / HTAB` (RFC 9110 section 5.6.3).
    static func isWhitespace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    /// `tchar` (RFC 9110 section 5.6.2).
    static func isToken(_ byte: UInt8) -> Bool {
        isAlpha(byte) || isDigit(byte) || "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }

    /// What a `field-value` is made of: `VCHAR / obs-text / SP / HTAB` (RFC 9110 section 5.5).
    static func isFieldContent(_ byte: UInt8) -> Bool {
        (0x21...0x7E).contains(byte) || byte >= 0x80 || isWhitespace(byte)
    }

    /// `qdtext = HTAB / SP / %x21 / %x23-5B / %x5D-7E / obs-text` (RFC 9110 section 5.6.4).
    static func isQuotedText(_ byte: UInt8) -> Bool {
        isWhitespace(byte) || byte == 0x21 || (0x23...0x5B).contains(byte) || (0x5D...0x7E).contains(byte)
            || byte >= 0x80
    }

    /// `unreserved / sub-delims` (RFC 3986 sections 2.2 and 2.3), of which a `reg-name` is made beside percent-encoding.
    static func isName(_ byte: UInt8) -> Bool {
        isAlpha(byte) || isDigit(byte) || "-._~".utf8.contains(byte) || "!$&'()*+,;=".utf8.contains(byte)
    }

    /// `pchar / "/"` without percent-encoding (RFC 3986 section 3.3).
    static func isPath(_ byte: UInt8) -> Bool { isName(byte) || ":@/".utf8.contains(byte) }

    /// `pchar / "/" / "?"` without percent-encoding (RFC 3986 section 3.4).
    static func isQuery(_ byte: UInt8) -> Bool { isPath(byte) || byte == 0x3F }

    /// The text with its ASCII letters in lower case.
    static func lowercased(_ text: [UInt8]) -> String {
        String(decoding: text.map { (0x41...0x5A).contains($0) ? $0 + 0x20 : $0 }, as: UTF8.self)
    }

    /// The text without the white space at its ends.
    static func trimmed(_ text: [UInt8]) -> [UInt8] {
        let front = text.drop(while: isWhitespace)
        return Array(front.reversed().drop(while: isWhitespace).reversed())
    }
}
