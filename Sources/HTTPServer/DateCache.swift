import HTTP1
import POSIX

/// The `Date` field, rendered once a second.
struct DateCache {
    private var second: Int64 = -1
    private var line: [UInt8] = []

    /// The field for now, with its CRLF.
    mutating func current() -> [UInt8] {
        let second = Clock.coarseRealtime() / 1_000_000_000
        if second != self.second {
            self.second = second
            line = HTTPDate.line(secondsSince1970: second)
        }
        return line
    }
}
