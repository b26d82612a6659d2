/// A point on the monotonic clock. Pure rooms are handed it and never read a clock themselves.
package struct Instant: Hashable, Comparable, Sendable {
    /// Nanoseconds from an arbitrary zero.
    package let nanoseconds: Int64

    /// A point that many nanoseconds after the clock's zero.
    package init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }

    /// Before every other.
    package static let distantPast = Instant(nanoseconds: .min)

    /// Whether the left comes first.
    package static func < (left: Instant, right: Instant) -> Bool { left.nanoseconds < right.nanoseconds }

    /// The point a duration later; the end of time when that cannot be told.
    package static func + (instant: Instant, duration: Duration) -> Instant {
        let (sum, overflow) = instant.nanoseconds.addingReportingOverflow(duration.nanoseconds)
        return Instant(nanoseconds: overflow ? .max : sum)
    }

    /// How long after the right the left is.
    package static func - (left: Instant, right: Instant) -> Duration {
        .nanoseconds(left.nanoseconds &- right.nanoseconds)
    }
}

extension Duration {
    /// The whole duration in nanoseconds, clamped to what 64 bits hold.
    package var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, carry) = product.addingReportingOverflow(attoseconds / 1_000_000_000)
        return overflow || carry ? (seconds < 0 ? .min : .max) : sum
    }
}
