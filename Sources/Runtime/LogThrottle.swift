package import Ledger

/// Folds a fault that repeats: it is said at once, and while it goes on again after 1, 2, 4, … minutes, at least every hour. One
/// that comes and goes is said no oftener.
package struct LogThrottle: Sendable {
    /// What to say.
    package enum Notice: Hashable, Sendable {
        /// It is new.
        case first
        /// It has gone on for that long, and come so often.
        case still(Duration, count: Int)
    }

    /// A fault that comes back sooner than that after its end is the same one still.
    private static let firstPause: Duration = .seconds(60)
    private static let longestPause: Duration = .seconds(3600)

    private var since: Instant?
    private var ended: Instant?
    private var next = Instant.distantPast
    private var pause = Self.firstPause
    private var count = 0
    private var isTold = false

    /// A row of faults that has not begun.
    package init() {}

    /// The fault has come; nil when there is no need to say so.
    package mutating func fault(now: Instant) -> Notice? {
        count += 1
        if let since {
            return isDue(now) ? .still(now - since, count: count) : nil
        }
        since = now
        if let ended, now - ended < Self.firstPause { return isDue(now) ? .first : nil }
        pause = Self.firstPause
        next = now + pause
        isTold = true
        return .first
    }

    /// It is over; how long it lasted and how often it came, if there was one that was told.
    package mutating func end(now: Instant) -> (Duration, count: Int)? {
        guard let start = since else { return nil }
        defer { (since, ended, count, isTold) = (nil, now, 0, false) }
        return isTold ? (now - start, count) : nil
    }

    private mutating func isDue(_ now: Instant) -> Bool {
        guard now >= next else { return false }
        pause = min(pause * 2, Self.longestPause)
        next = now + pause
        isTold = true
        return true
    }
}
