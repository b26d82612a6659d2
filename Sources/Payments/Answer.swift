/// What a call of the API came back with, as far as a verdict depends on it.
package enum Answer: Sendable {
    /// 2xx, and the body is the payment that was asked for.
    case payment(ConfirmedPayment)
    /// 404 or 410.
    case notFound
    /// 403.
    case forbidden
    /// Anything else: nothing is known. Says what happened, without secrets.
    case failed(String)
}
