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
        var reader = TimestampReader(Array(text.utf8))
        guard let nanoseconds = reader.read() else { return nil }
        self.nanoseconds = nanoseconds
        self.text = text
    }

    /// The text as it came.
    public var description: String { text }
}

private struct TimestampReader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func read() -> Int64? {
        guard let year = number(4), take("-"), let month = number(2), take("-"), let day = number(2),
            (1...12).contains(month), (1...CivilDate.days(in: month, of: year)).contains(day),
            take("T") || take("t") || take(" "),
            let hour = number(2), take(":"), let minute = number(2), take(":"), let second = number(2),
            hour < 24, minute < 60, second <= 60, let fraction = fraction(), let offset = zone(),
            position == bytes.count
        else { return nil }
        let days = CivilDate.daysSinceEpoch(year: year, month: month, day: day)
        let seconds = Int64(days * 86400 + hour * 3600 + minute * 60 + second - offset)
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, carry) = product.addingReportingOverflow(fraction)
        return overflow || carry ? nil : sum
    }

    /// Nanoseconds behind the point; 0 without one.
    private mutating func fraction() -> Int64? {
        guard take(".") || take(",") else { return 0 }
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
    private mutating func zone() -> Int? {
        if take("Z") || take("z") { return 0 }
        if take(" ") {
            if take("U") { return take("T") && take("C") ? 0 : nil }
        }
        let isWest: Bool
        if take("+") { isWest = false } else if take("-") { isWest = true } else { return nil }
        guard let hours = number(2) else { return nil }
        _ = take(":")
        guard let minutes = number(2), hours < 24, minutes < 60 else { return nil }
        return (hours * 3600 + minutes * 60) * (isWest ? -1 : 1)
    }

    private mutating func number(_ count: Int) -> Int? {
        guard position + count <= bytes.count else { return nil }
        var value = 0
        for byte in bytes[position..<position + count] {
            guard byte &- UInt8(ascii: "0") < 10 else { return nil }
            value = value * 10 + Int(byte - UInt8(ascii: "0"))
        }
        position += count
        return value
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }
}
