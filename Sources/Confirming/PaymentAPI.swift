package import ECryptoPay
package import Payments

/// What confirmer and reconciler ask of the API.
package protocol PaymentAPI: Sendable {
    /// Fetches one payment.
    func payment(id: PaymentID) async throws(APIError) -> ConfirmedPayment
    /// Shows all payments as they come, on a thread that may block; what was shown is a list only when it returns.
    @discardableResult
    func forEachPayment(_ body: @escaping @Sendable (ConfirmedPayment) -> Void) async throws(APIError) -> Int
}

extension Client: PaymentAPI {}

extension Answer {
    /// Sorts a failed call for payment `id` into what a verdict may be built on.
    ///
    /// Only the payment's own path counts: a 404 for the token endpoint says that the API's URL is wrong.
    init(_ error: APIError, asked id: PaymentID) {
        let isAboutPayment = error.method == "GET" && error.path.hasSuffix("/payments/\(id)")
        switch error.kind {
        case .status(404) where isAboutPayment, .status(410) where isAboutPayment: self = .notFound
        case .status(403) where isAboutPayment: self = .forbidden
        default: self = .failed(error.description)
        }
    }
}
