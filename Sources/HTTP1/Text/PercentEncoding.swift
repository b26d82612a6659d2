/// RFC 3986 section 2.1. In a request it is checked, not undone: paths are compared as they came.
public enum PercentEncoding {
    /// Whether every byte is one of `allowed` or part of `"%" HEXDIG HEXDIG`.
    static func isValid(_ bytes: Span<UInt8>, _ range: Range<Int>, besides allowed: ByteSet) -> Bool {
        var index = range.lowerBound
        while index < range.upperBound {
            if allowed.contains(bytes[index]) {
                index += 1
            } else if bytes[index] == ASCII.percent, index + 2 < range.upperBound,
                bytes[index + 1].hexValue != nil, bytes[index + 2].hexValue != nil
            {
                index += 3
            } else {
                return false
            }
        }
        return true
    }

    /// Whether every character may stand in a path as RFC 3986 section 3.3 has it, encoded or as it is.
    public static func isPath(_ text: some StringProtocol) -> Bool {
        let bytes = Array(text.utf8)
        return isValid(bytes.span, bytes.indices, besides: .path)
    }

    /// The bytes that others stand for; nil where a percent sign is not followed by two hexadecimal digits.
    public static func decoded(_ encoded: some Sequence<UInt8>) -> [UInt8]? {
        var bytes: [UInt8] = []
        var rest = encoded.makeIterator()
        while let byte = rest.next() {
            guard byte == ASCII.percent else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.next()?.hexValue, let low = rest.next()?.hexValue else { return nil }
            bytes.append(UInt8(high << 4 | low))
        }
        return bytes
    }

    /// The text with all but unreserved characters, and those that are named, encoded.
    public static func encoded(_ text: String, besides: String = "") -> String {
        let allowed = ByteSet(ByteSet.unreserved + besides)
        var encoded = ""
        for byte in text.utf8 {
            if allowed.contains(byte) {
                encoded.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                let digits = String(byte, radix: 16, uppercase: true)
                encoded += byte < 16 ? "%0\(digits)" : "%\(digits)"
            }
        }
        return encoded
    }
}
