package import Payments

/// One attempt to deliver one record to one endpoint: taken when it is about to begin, concluded once.
package struct DeliveryClaim: Hashable, Sendable {
    /// The endpoint, without its secrets.
    package let endpoint: String
    /// The payment.
    package let payment: PaymentID
    /// The record.
    package let position: JournalPosition
    /// Which attempt this is, from 1.
    package let attempt: Int
}
