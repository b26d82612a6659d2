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
        Self.append(year, digits: 4, to: &output)
        output.append(UInt8(ascii: "-"))
        Self.append(month, digits: 2, to: &output)
        output.append(UInt8(ascii: "-"))
        Self.append(day, digits: 2, to: &output)
        output.append(UInt8(ascii: "T"))
        appendClock(to: &output)
        if fractionDigits > 0 {
            output.append(UInt8(ascii: "."))
            var fraction = nanosecond
            for _ in fractionDigits..<9 { fraction /= 10 }
            Self.append(fraction, digits: fractionDigits, to: &output)
        }
        output.append(UInt8(ascii: "Z"))
    }

    /// `YYYY-MM-DDThh:mm:ss.fffZ`, or with another number of digits of fraction.
    public func iso8601(fractionDigits: Int = 3) -> String {
        var output: [UInt8] = []
        appendISO8601(fractionDigits: fractionDigits, to: &output)
        return String(decoding: output, as: UTF8.self)
    }

    /// Appends `hh:mm:ss`.
    public func appendClock(to output: inout [UInt8]) {
        Self.append(hour, digits: 2, to: &output)
        output.append(UInt8(ascii: ":"))
        Self.append(minute, digits: 2, to: &output)
        output.append(UInt8(ascii: ":"))
        Self.append(second, digits: 2, to: &output)
    }

    private static func append(_ value: Int, digits: Int, to output: inout [UInt8]) {
        var divisor = 1
        for _ in 1..<digits { divisor *= 10 }
        while divisor > 0 {
            output.append(UInt8(ascii: "0") + UInt8(value / divisor % 10))
            divisor /= 10
        }
    }
}

extension Int64 {
    /// Rounds towards the past, so that times before 1970 come out right too.
    fileprivate func floorDivided(by divisor: Int64) -> Int64 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
