import CivilTime

/// Dates as HTTP writes them (RFC 9110 section 5.6.7).
public enum HTTPDate {
    /// A whole `Date` field with its CRLF, for the answers sent in one second.
    public static func line(secondsSince1970 seconds: Int64) -> [UInt8] {
        Array("Date: \(imfFixdate(secondsSince1970: seconds))\r\n".utf8)
    }

    /// E.g. `Sun, 06 Nov 1994 08:49:37 GMT`.
    public static func imfFixdate(secondsSince1970 seconds: Int64) -> String {
        let time = UTCTime(nanoseconds: seconds * 1_000_000_000)
        // YYYY-MM-DDThh:mm:ssZ
        let text = time.iso8601(fractionDigits: 0)
        let date = "\(text.dropFirst(8).prefix(2)) \(months[time.month - 1]) \(time.year)"
        return "\(weekdays[time.weekday]), \(date) \(text.dropFirst(11).prefix(8)) GMT"
    }

    private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
}
