/// The number ecryptopay gives a payment: positive, 63 bits.
public typealias PaymentID = Int64
