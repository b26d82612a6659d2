/// Percent-encoding is checked, never undone: paths are compared as they came.
enum PercentEncoding {
    /// Whether every byte is one of `allowed` or part of `"%" HEXDIG HEXDIG` (RFC 3986 section 2.1).
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
}
