public import CivilTime
import JSON
public import Payments

/// The answer to creating a payment: what the buyer needs in order to pay. It has no state (API documentation, "Post a
/// Payment").
///
/// A payment carries no reference of the merchant's: keep `id` beside the order.
public struct CreatedPayment: Hashable, Sendable {
    /// The payment's number; the API's `id`.
    public let id: PaymentID
    /// The price in Mexican pesos.
    public let amount: Amount
    /// The cryptocurrency, as the API spells it.
    public let currency: String
    /// When it was created, `created_at`; nil when missing or unreadable.
    public let createdAt: Timestamp?
    /// When it changed last, `updated_at`; nil when missing or unreadable.
    public let updatedAt: Timestamp?
    /// The price in the cryptocurrency, in its whole units, `currency_amount`; nil when missing or unreadable. It is
    /// re-quoted every 25 seconds: fetch the payment again to show a current one.
    public let currencyAmount: Amount?
    /// The address of the QR code to pay with, `qr_image_path`; it changes with `currencyAmount`. Nil when missing.
    public let qrImagePath: String?
    /// The answer as it came, unknown members too, without insignificant white space; UTF-8.
    public let json: [UInt8]

    /// Reads an answer's body.
    ///
    /// - Throws: `AnswerFault.notJSON` or `.field`; the payment exists nevertheless, since the API said so by its
    ///   status.
    package init(answer: [UInt8]) throws(AnswerFault) {
        var scanner = JSONScanner()
        let tree: JSONValue
        do {
            try scanner.object(answer.span) { _, _ in }
            tree = try JSONValue(parsing: answer)
        } catch { throw .notJSON(error) }
        guard let id = tree["id"]?.integer, id > 0 else { throw .field("id", "missing or not a positive integer") }
        guard let amount = Self.text(tree["amount"]).flatMap({ Amount($0) }) else {
            throw .field("amount", "missing or not a decimal number")
        }
        guard let currency = tree["currency"]?.string else { throw .field("currency", "missing or not a string") }
        self.id = id
        self.amount = amount
        self.currency = currency
        createdAt = tree["created_at"]?.string.flatMap { Timestamp($0) }
        updatedAt = tree["updated_at"]?.string.flatMap { Timestamp($0) }
        currencyAmount = Self.text(tree["currency_amount"]).flatMap { Amount($0) }
        qrImagePath = tree["qr_image_path"]?.string
        json = JSONCompact.copy(answer.span, whiteSpace: scanner.whiteSpace)
    }

    /// A decimal may come as a string, as documented, or as a number, whose text is just as exact.
    private static func text(_ value: JSONValue?) -> String? {
        switch value {
        case .string(let text), .number(let text): text
        default: nil
        }
    }
}
