package import Ledger

/// Lets so many lines a minute through: what causes them may be meant to fill the log.
package struct LogBudget: Sendable {
    private static let minute: Duration = .seconds(60)
    private let limit: Int
    private var start = Instant.distantPast
    private var count = 0
    private var held = 0

    /// `limit` lines a minute.
    package init(limit: Int) {
        self.limit = limit
    }

    /// Nil when a line must not be written now; else how many were held back since the last one.
    package mutating func take(now: Instant) -> Int? {
        if start == .distantPast || now >= start + Self.minute { (start, count) = (now, 0) }
        guard count < limit else {
            held += 1
            return nil
        }
        count += 1
        defer { held = 0 }
        return held
    }
}
