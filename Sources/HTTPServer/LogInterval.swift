/// Lets a message through once a minute: what causes it may come a thousand times a second, and be meant to fill the log.
struct LogInterval {
    private static let length: Int64 = 60_000_000_000
    private var last: Int64?

    /// Whether the message may be written at `now`, on the monotonic clock; then the next one may not for a while.
    mutating func isDue(at now: Int64) -> Bool {
        if let last, now - last < Self.length { return false }
        last = now
        return true
    }
}
