/// An IP address written the strict way: what `inet_pton(3)` takes, without zones.
struct IPAddress: Hashable, Sendable {
    /// Four octets, or sixteen.
    let octets: [UInt8]

    /// Whether it is in 127.0.0.0/8 or is ::1.
    var isLoopback: Bool {
        octets.count == 4 ? octets[0] == 127 : octets.dropLast().allSatisfy { $0 == 0 } && octets.last == 1
    }

    /// Four decimal numbers from 0 to 255, without leading zeros (which some programs read as octal).
    init?(version4 text: some StringProtocol) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var octets: [UInt8] = []
        for part in parts {
            guard part.count <= 3, let number = part.decimalNumber, number <= 255, part == "\(number)" else {
                return nil
            }
            octets.append(UInt8(number))
        }
        self.octets = octets
    }

    /// RFC 4291 section 2.2: eight groups of up to four hex digits, `::` once for zeros, the last two perhaps an IPv4 address.
    init?(version6 text: some StringProtocol) {
        let text = String(text)
        guard let gap = text.firstRange(of: "::") else {
            guard let groups = Self.groups(text), groups.count == 16 else { return nil }
            octets = groups
            return
        }
        // An IPv4 address may only stand at the very end, so not before the gap.
        guard let head = Self.groups(text[..<gap.lowerBound], mayEndWithVersion4: false),
            let tail = Self.groups(text[gap.upperBound...]), head.count + tail.count <= 14
        else { return nil }
        octets = head + [UInt8](repeating: 0, count: 16 - head.count - tail.count) + tail
    }

    /// The octets of groups between colons; none for an empty text.
    private static func groups(_ text: some StringProtocol, mayEndWithVersion4: Bool = true) -> [UInt8]? {
        if text.isEmpty { return [] }
        var octets: [UInt8] = []
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        for (index, part) in parts.enumerated() {
            if mayEndWithVersion4, index == parts.count - 1, let last = IPAddress(version4: part) {
                octets += last.octets
                continue
            }
            guard (1...4).contains(part.utf8.count) else { return nil }
            var group: UInt16 = 0
            for byte in part.utf8 {
                guard let digit = byte.hexadecimalValue else { return nil }
                group = group << 4 | UInt16(digit)
            }
            octets += [UInt8(group >> 8), UInt8(truncatingIfNeeded: group)]
        }
        return octets
    }
}
