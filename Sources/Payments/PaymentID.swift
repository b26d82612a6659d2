/// The number ecryptopay gives a payment: positive, 63 bits. The API's `id` (API documentation, "Get a Specific Payment").
public typealias PaymentID = Int64
