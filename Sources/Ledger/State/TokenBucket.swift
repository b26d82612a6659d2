/// A budget of so many a second, of which ten seconds' worth may be saved up, or one when that is more.
package struct TokenBucket: Sendable {
    /// Tokens in a thousand seconds.
    package private(set) var rate: Int64
    /// When the bucket would have been empty: what has passed since is what may be spent (a virtual schedule).
    private var emptyAt: Int64

    /// A full bucket, of so many a second.
    package init(rate: Int, now: Instant) {
        self.rate = Int64(rate) * 1000
        emptyAt = now.nanoseconds - Self.burst
    }

    private static let burst: Int64 = 10_000_000_000

    /// When the next token can be taken; in the past when there is one.
    package var nextToken: Instant { Instant(nanoseconds: emptyAt + price) }

    /// How long it takes until there is another, in nanoseconds.
    private var price: Int64 { 1_000_000_000_000 / rate }

    /// Takes a token if there is one.
    package mutating func take(now: Instant) -> Bool {
        emptyAt = max(emptyAt, now.nanoseconds - max(Self.burst, price))
        guard nextToken <= now else { return false }
        emptyAt = nextToken.nanoseconds
        return true
    }

    /// Changes the rate, to so many in a thousand seconds; what was saved up stays.
    package mutating func setRate(_ rate: Int64) {
        self.rate = rate
    }

    /// Nothing is saved up any more.
    mutating func empty(now: Instant) { emptyAt = max(emptyAt, now.nanoseconds) }
}
