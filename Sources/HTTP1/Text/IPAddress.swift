/// An IP address as RFC 3986 section 3.2.2 writes it, which is what `inet_pton(3)` takes: strict, and without a zone.
public enum IPAddress: Hashable, Sendable {
    /// Its four bytes, the first one highest.
    case version4(UInt32)
    /// Its sixteen bytes, the first one highest.
    case version6(UInt128)

    /// Whether it is in 127.0.0.0/8 or is ::1.
    public var isLoopback: Bool {
        switch self {
        case .version4(let address): address >> 24 == 127
        case .version6(let address): address == 1
        }
    }

    /// Four decimal numbers from 0 to 255, without leading zeros (which some programs read as octal).
    public init?(version4 text: some StringProtocol) {
        let bytes = Array(text.utf8)
        guard let address = Self.version4(bytes.span, bytes.indices) else { return nil }
        self = .version4(address)
    }

    /// Eight groups of up to four hexadecimal digits, once `::` for one or more that are zero, the last two perhaps as a version 4.
    public init?(version6 text: some StringProtocol) {
        let bytes = Array(text.utf8)
        guard let address = Self.version6(bytes.span, bytes.indices) else { return nil }
        self = .version6(address)
    }

    ///     IPv6address: 8 groups, or fewer and once "::"
    ///     h16  = 1*4HEXDIG
    ///     ls32 = ( h16 ":" h16 ) / IPv4address    for the last two groups
    static func version6(_ bytes: Span<UInt8>, _ range: Range<Int>) -> UInt128? {
        var address: UInt128 = 0
        var groups = 0
        // How many groups stand before the "::".
        var shortened = bytes.equals("::", range.prefix(2)) ? 0 : nil
        var index = range.lowerBound + (shortened == nil ? 0 : 2)
        while index < range.upperBound || shortened == nil {
            let end = bytes.firstIndex(of: ASCII.colon, in: index..<range.upperBound) ?? range.upperBound
            if let group = group(bytes, index..<end) {
                address = address << 16 | UInt128(group)
                groups += 1
            } else if end == range.upperBound, let last = version4(bytes, index..<end) {
                address = address << 32 | UInt128(last)
                groups += 2
            } else {
                return nil
            }
            if end == range.upperBound { break }
            index = end + 1
            if index < range.upperBound, bytes[index] == ASCII.colon {
                if shortened != nil { return nil }
                shortened = groups
                index += 1
            } else if index == range.upperBound {
                return nil
            }
        }
        guard let shortened else { return groups == 8 ? address : nil }
        guard groups < 8 else { return nil }
        let behind = (groups - shortened) * 16
        let low = address & ((1 << behind) - 1)
        return (address >> behind) << (128 - shortened * 16) | low
    }

    private static func group(_ bytes: Span<UInt8>, _ range: Range<Int>) -> UInt16? {
        guard (1...4).contains(range.count) else { return nil }
        var value: UInt16 = 0
        for index in range {
            guard let digit = bytes[index].hexValue else { return nil }
            value = value << 4 | UInt16(digit)
        }
        return value
    }

    /// `IPv4address = dec-octet "." dec-octet "." dec-octet "." dec-octet`, each without leading zeros.
    static func version4(_ bytes: Span<UInt8>, _ range: Range<Int>) -> UInt32? {
        var address: UInt32 = 0
        var lower = range.lowerBound
        for _ in 0..<3 {
            guard let dot = bytes.firstIndex(of: ASCII.dot, in: lower..<range.upperBound),
                let octet = octet(bytes, lower..<dot)
            else { return nil }
            address = address << 8 | octet
            lower = dot + 1
        }
        return octet(bytes, lower..<range.upperBound).map { address << 8 | $0 }
    }

    private static func octet(_ bytes: Span<UInt8>, _ range: Range<Int>) -> UInt32? {
        guard (1...3).contains(range.count) else { return nil }
        var value = 0
        for index in range {
            guard let digit = bytes[index].decimalValue else { return nil }
            // A zero may stand only alone.
            if value == 0, index > range.lowerBound { return nil }
            value = value * 10 + digit
        }
        return value <= 255 ? UInt32(value) : nil
    }
}
