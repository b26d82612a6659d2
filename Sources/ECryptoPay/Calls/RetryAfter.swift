import CCurl
import Glibc

/// The `Retry-After` field, RFC 9110 10.2.3: `HTTP-date / delay-seconds`.
package enum RetryAfter {
    /// Nobody waits longer because a server says so; it also keeps the sums small.
    private static let maximum: Int64 = 30 * 86_400

    /// How long to wait; nil for no field, or one that is neither form.
    ///
    /// A date is measured against the answer's own `Date`, since the clocks of both sides may differ.
    ///
    /// - Parameter now: seconds since 1970, for an answer without `Date`.
    package static func duration(_ answer: TransportAnswer, now: Int64) -> Duration? {
        guard let value = answer.value(of: "Retry-After") else { return nil }
        if !value.isEmpty, value.utf8.allSatisfy({ $0 &- UInt8(ascii: "0") < 10 }) {
            return .seconds(min(Int64(value) ?? maximum, maximum))
        }
        guard let date = seconds(value) else { return nil }
        let base = answer.value(of: "Date").flatMap(seconds) ?? now
        return .seconds(min(max(date - base, 0), maximum))
    }

    /// Seconds since 1970 of an HTTP-date in any of its three notations (RFC 9110 5.6.7).
    private static func seconds(_ date: String) -> Int64? {
        // libcurl reads more than HTTP allows, a bare number too; a date begins with the name of a day.
        guard date.utf8.first.map({ $0 >= UInt8(ascii: "A") }) == true else { return nil }
        let seconds = curl_getdate(date, nil)
        return seconds < 0 ? nil : Int64(seconds)
    }
}
