import Payments

/// Folds a fault that repeats: it is said at once, and while it goes on again after 1, 2, 4, … minutes, at least every hour.
struct FaultFold: Sendable {
    /// What to say.
    enum Notice: Hashable, Sendable {
        /// It is new.
        case first
        /// It has gone on for that long, and come so often.
        case still(Duration, count: Int)
    }

    private static let firstPause: Duration = .seconds(60)
    private static let longestPause: Duration = .seconds(3600)

    private var since: Instant?
    private var next = Instant.distantPast
    private var pause = Self.firstPause
    private var count = 0

    /// The fault has come; nil when there is no need to say so.
    mutating func fault(now: Instant) -> Notice? {
        count += 1
        guard let since else {
            self.since = now
            next = now + pause
            return .first
        }
        guard now >= next else { return nil }
        pause = min(pause * 2, Self.longestPause)
        next = now + pause
        return .still(now - since, count: count)
    }

    /// It is over; how long it lasted and how often it came, if there was one.
    mutating func end(now: Instant) -> (Duration, count: Int)? {
        defer { self = FaultFold() }
        return since.map { (now - $0, count) }
    }
}
