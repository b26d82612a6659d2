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
