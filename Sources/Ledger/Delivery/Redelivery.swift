package import JournalFormat
package import Payments

/// Which confirmations are delivered again.
package enum Redelivery: Hashable, Sendable {
    /// The record with this number.
    case record(Int64)
    /// Every record of a payment that was news.
    case payment(PaymentID)
    /// Every record that was news and was written at or after this time, in nanoseconds since 1970.
    case since(Int64)
}

/// What came of asking for it.
package struct RedeliveryReport: Hashable, Sendable {
    /// How many deliveries that makes.
    package let deliveries: Int
    /// What cannot be read, where records may have stood that were wanted.
    package let damage: [Damage]

    package init(deliveries: Int, damage: [Damage]) {
        self.deliveries = deliveries
        self.damage = damage
    }
}
