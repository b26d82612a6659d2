/// The text form of an IPv6 address, as it stands between brackets.
enum IPv6Address {
    /// Whether the bytes are an `IPv6address` (RFC 3986 section 3.2.2): eight groups, and once `::` for one or more of them.
    ///
    ///     h16  = 1*4HEXDIG
    ///     ls32 = ( h16 ":" h16 ) / IPv4address    for the last two groups
    static func isValid(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        var groups = 0
        var isShortened = bytes.equals("::", range.prefix(2))
        var index = range.lowerBound + (isShortened ? 2 : 0)
        while index < range.upperBound || !isShortened {
            let end = bytes.firstIndex(of: ASCII.colon, in: index..<range.upperBound) ?? range.upperBound
            let isIPv4 = end == range.upperBound && isIPv4Address(bytes, index..<end)
            guard isIPv4 || isGroup(bytes, index..<end) else { return false }
            groups += isIPv4 ? 2 : 1
            if end == range.upperBound { break }
            index = end + 1
            if index < range.upperBound, bytes[index] == ASCII.colon {
                if isShortened { return false }
                isShortened = true
                index += 1
            } else if index == range.upperBound {
                return false
            }
        }
        return isShortened ? groups < 8 : groups == 8
    }

    private static func isGroup(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        (1...4).contains(range.count) && range.allSatisfy { bytes[$0].hexValue != nil }
    }

    /// `IPv4address = dec-octet "." dec-octet "." dec-octet "." dec-octet`, each without leading zeros.
    private static func isIPv4Address(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        var lower = range.lowerBound
        for _ in 0..<3 {
            guard let dot = bytes.firstIndex(of: ASCII.dot, in: lower..<range.upperBound),
                isOctet(bytes, lower..<dot)
            else { return false }
            lower = dot + 1
        }
        return isOctet(bytes, lower..<range.upperBound)
    }

    private static func isOctet(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        guard (1...3).contains(range.count) else { return false }
        var value = 0
        for index in range {
            guard let digit = bytes[index].decimalValue else { return false }
            // A zero may stand only alone.
            if value == 0, index > range.lowerBound { return false }
            value = value * 10 + digit
        }
        return value <= 255
    }
}
