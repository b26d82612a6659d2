/// A budget of so many a second, of which ten seconds' worth may be saved up.
package struct TokenBucket: Sendable {
    /// Tokens a second.
    package private(set) var rate: Int64
    /// When the bucket would have been empty: what has passed since is what may be spent (a virtual schedule).
    private var emptyAt: Int64

    /// A full bucket.
    package init(rate: Int, now: Instant) {
        self.rate = Int64(rate)
        emptyAt = now.nanoseconds - Self.burst
    }

    private static let burst: Int64 = 10_000_000_000

    /// When the next token can be taken; in the past when there is one.
    package var nextToken: Instant { Instant(nanoseconds: emptyAt + 1_000_000_000 / rate) }

    /// Takes a token if there is one.
    package mutating func take(now: Instant) -> Bool {
        emptyAt = max(emptyAt, now.nanoseconds - Self.burst)
        guard nextToken <= now else { return false }
        emptyAt = nextToken.nanoseconds
        return true
    }

    /// Changes the rate; what was saved up stays.
    package mutating func setRate(_ rate: Int) {
        self.rate = Int64(rate)
    }
}
