package import Payments

/// Where a `confirmed` record stands.
package struct DeliveryPosition: Hashable, Sendable {
    /// Its sequence number.
    package let seq: Int64
    /// Where it begins, in bytes from the start of its segment.
    package let offset: Int64

    package init(seq: Int64, offset: Int64) {
        self.seq = seq
        self.offset = offset
    }
}

/// One attempt to deliver one record to one endpoint: taken when it is about to begin, concluded once.
package struct DeliveryClaim: Hashable, Sendable {
    /// The endpoint, without its secrets.
    package let endpoint: String
    /// The payment.
    package let payment: PaymentID
    /// The record.
    package let position: DeliveryPosition
    /// Which attempt this is, from 1.
    package let attempt: Int
}
