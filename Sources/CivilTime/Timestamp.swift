/// A time as the API writes it (ISO 8601), beside the text it was read from.
public struct Timestamp: Hashable, Sendable, CustomStringConvertible {
    /// Nanoseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
    public let nanoseconds: Int64
    /// The text as it came, e.g. `2022-11-01T18:04:05.123Z`.
    public let text: String

    /// Reads `YYYY-MM-DDThh:mm:ss[.fraction](Z|±hh:mm|±hhmm)`, also with a space for the `T` or before `UTC`.
    ///
    /// Nil for anything else. Digits beyond nanoseconds are dropped. Without a zone it is no point in time: nil.
    public init?(_ text: String) {
        guard let nanoseconds = Self.nanoseconds(text.utf8.span) else { return nil }
        self.nanoseconds = nanoseconds
        self.text = text
    }

    /// Reads the same without keeping the text.
    public static func nanoseconds(_ text: Span<UInt8>) -> Int64? {
        var reader = TimestampReader()
        return reader.read(text)
    }

    /// The text as it came.
    public var description: String { text }
}

/// Reads the parts one after the other. Handed the bytes at each step, so that no copy of them is made.
private struct TimestampReader {
    private var position = 0

    mutating func read(_ bytes: Span<UInt8>) -> Int64? {
        guard let year = number(4, bytes), take("-", bytes), let month = number(2, bytes), take("-", bytes),
            let day = number(2, bytes), (1...12).contains(month),
            (1...CivilDate.days(in: month, of: year)).contains(day),
            take("T", bytes) || take("t", bytes) || take(" ", bytes), let seconds = clock(bytes),
            let fraction = fraction(bytes), let offset = zone(bytes), position == bytes.count
        else { return nil }
        let days = CivilDate.daysSinceEpoch(year: year, month: month, day: day)
        let (product, overflow) = Int64(days * 86400 + seconds - offset).multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, carry) = product.addingReportingOverflow(fraction)
        return overflow || carry ? nil : sum
    }

    /// Seconds since midnight. A leap second, 60, runs into the next minute.
    private mutating func clock(_ bytes: Span<UInt8>) -> Int? {
        guard let hour = number(2, bytes), take(":", bytes), let minute = number(2, bytes), take(":", bytes),
            let second = number(2, bytes), hour < 24, minute < 60, second <= 60
        else { return nil }
        return hour * 3600 + minute * 60 + second
    }

    /// Nanoseconds behind the point; 0 without one.
    private mutating func fraction(_ bytes: Span<UInt8>) -> Int64? {
        guard take(".", bytes) || take(",", bytes) else { return 0 }
        let start = position
        var value: Int64 = 0
        var scale: Int64 = 100_000_000
        while position < bytes.count, bytes[position] &- UInt8(ascii: "0") < 10 {
            value += Int64(bytes[position] - UInt8(ascii: "0")) * scale
            scale /= 10
            position += 1
        }
        return position > start ? value : nil
    }

    /// Seconds east of Greenwich.
    private mutating func zone(_ bytes: Span<UInt8>) -> Int? {
        if take("Z", bytes) || take("z", bytes) { return 0 }
        if take(" ", bytes), take("U", bytes) { return take("T", bytes) && take("C", bytes) ? 0 : nil }
        let isWest = take("-", bytes)
        guard isWest || take("+", bytes), let hours = number(2, bytes) else { return nil }
        _ = take(":", bytes)
        guard let minutes = number(2, bytes), hours < 24, minutes < 60 else { return nil }
        return (hours * 3600 + minutes * 60) * (isWest ? -1 : 1)
    }

    private mutating func number(_ count: Int, _ bytes: Span<UInt8>) -> Int? {
        guard position + count <= bytes.count else { return nil }
        var value = 0
        for index in position..<position + count {
            let digit = bytes[index] &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            value = value * 10 + Int(digit)
        }
        position += count
        return value
    }

    private mutating func take(_ character: Unicode.Scalar, _ bytes: Span<UInt8>) -> Bool {
        guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }
}
