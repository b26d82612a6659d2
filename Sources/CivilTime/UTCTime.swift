/// A point in time taken apart, in UTC.
public struct UTCTime: Hashable, Sendable {
    /// Years of our era.
    public let year: Int
    /// 1 to 12.
    public let month: Int
    /// 1 to 31.
    public let day: Int
    /// 0 to 23.
    public let hour: Int
    /// 0 to 59.
    public let minute: Int
    /// 0 to 59: leap seconds are not counted.
    public let second: Int
    /// 0 to 999,999,999.
    public let nanosecond: Int
    /// 0 is Sunday.
    public let weekday: Int

    /// Takes apart nanoseconds since 1970-01-01T00:00:00Z.
    public init(nanoseconds: Int64) {
        let seconds = Int(nanoseconds.floorDivided(by: 1_000_000_000))
        nanosecond = Int(nanoseconds - Int64(seconds) * 1_000_000_000)
        let days = Int(Int64(seconds).floorDivided(by: 86400))
        let secondOfDay = seconds - days * 86400
        (year, month, day) = CivilDate.date(daysSinceEpoch: days)
        (hour, minute, second) = (secondOfDay / 3600, secondOfDay / 60 % 60, secondOfDay % 60)
        // 1970-01-01 was a Thursday.
        weekday = ((days + 4) % 7 + 7) % 7
    }

    /// Appends `YYYY-MM-DDThh:mm:ss.ffffffZ` with as many digits of fraction as asked for, at most nine; none: no point.
    public func appendISO8601(fractionDigits: Int, to output: inout [UInt8]) {
        // Put together aside, so that the output grows once: every record has one.
        var text = InlineArray<30, UInt8>(repeating: UInt8(ascii: "-"))
        Self.put(year, digits: 4, at: 0, &text)
        Self.put(month, digits: 2, at: 5, &text)
        Self.put(day, digits: 2, at: 8, &text)
        text[10] = UInt8(ascii: "T")
        Self.put(hour, digits: 2, at: 11, &text)
        text[13] = UInt8(ascii: ":")
        Self.put(minute, digits: 2, at: 14, &text)
        text[16] = UInt8(ascii: ":")
        Self.put(second, digits: 2, at: 17, &text)
        Self.put(nanosecond, digits: 9, at: 20, &text)
        if fractionDigits > 0 { text[19] = UInt8(ascii: ".") }
        let end = fractionDigits > 0 ? 20 + fractionDigits : 19
        unsafe text.span.extracting(..<end).withUnsafeBufferPointer { unsafe output.append(contentsOf: $0) }
        output.append(UInt8(ascii: "Z"))
    }

    private static func put(_ value: Int, digits: Int, at start: Int, _ text: inout InlineArray<30, UInt8>) {
        var rest = value
        for index in (start..<start + digits).reversed() {
            text[index] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
    }

    /// `YYYY-MM-DDThh:mm:ss.fffZ`, or with another number of digits of fraction.
    public func iso8601(fractionDigits: Int = 3) -> String {
        var output: [UInt8] = []
        appendISO8601(fractionDigits: fractionDigits, to: &output)
        return String(decoding: output, as: UTF8.self)
    }
}

extension Int64 {
    /// Rounds towards the past, so that times before 1970 come out right too.
    fileprivate func floorDivided(by divisor: Int64) -> Int64 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
