package import Ledger

/// Lets so many lines a minute through, and of each payment one: what causes them may be meant to fill the log, or to hide another line
/// in it.
package struct LogBudget: Sendable {
    private static let minute: Duration = .seconds(60)
    private let limit: Int
    private var start = Instant.distantPast
    private var count = 0
    private var payments: Set<Int64> = []
    private var held = 0
    private var heldSince = Instant.distantPast

    /// `limit` lines a minute.
    package init(limit: Int) {
        self.limit = limit
    }

    /// Nil when a line must not be written now; else what to add to it: nothing, or how many were held back since the last one.
    package mutating func take(_ payment: Int64? = nil, now: Instant) -> String? {
        if start == .distantPast || now >= start + Self.minute { (start, count, payments) = (now, 0, []) }
        guard count < limit, payment.map({ payments.insert($0).inserted }) ?? true else {
            if held == 0 { heldSince = now }
            held += 1
            return nil
        }
        count += 1
        defer { held = 0 }
        return held == 0 ? "" : " … and \(held) more in the last \((now - heldSince).components.seconds) s"
    }
}
