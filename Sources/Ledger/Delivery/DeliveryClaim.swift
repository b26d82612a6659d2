public import Payments

/// Where a `confirmed` record stands.
public struct DeliveryPosition: Hashable, Sendable {
    /// Its sequence number.
    public let seq: Int64
    /// Where it begins, in bytes from the start of its segment.
    public let offset: Int64

    /// Joins both.
    public init(seq: Int64, offset: Int64) {
        self.seq = seq
        self.offset = offset
    }
}

/// One attempt to deliver one record to one endpoint: taken when it is about to begin, concluded once.
public struct DeliveryClaim: Hashable, Sendable {
    /// The endpoint, without its secrets.
    public let endpoint: String
    /// The payment.
    public let payment: PaymentID
    /// The record.
    public let position: DeliveryPosition
    /// Which attempt this is, from 1.
    public let attempt: Int
}
