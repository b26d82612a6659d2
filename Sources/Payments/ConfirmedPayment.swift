public import CivilTime
import JSON

/// What the API says of a payment: the truth. Only an answer of the API becomes one (API documentation, "Get All Payments" and
/// "Get a Specific Payment").
public struct ConfirmedPayment: Hashable, Sendable {
    /// What of it is compared and kept in memory.
    package let summary: ConfirmedSummary
    /// Its state; an opaque string, since the documentation names none.
    public let state: String
    /// The cryptocurrency, as the API spells it.
    public let currency: String
    /// When it was created, `created_at`; nil when missing or unreadable.
    public let createdAt: Timestamp?
    /// When it changed last, `updated_at`; nil when missing or unreadable.
    public let updatedAt: Timestamp?
    /// The price in the cryptocurrency, in its whole units, `currency_amount`; nil when missing or unreadable. It is
    /// re-quoted every 25 seconds, so never compared.
    public let currencyAmount: Amount?
    /// The address of the QR code to pay with, `qr_image_path`; it is re-quoted too. A list's elements have none.
    public let qrImagePath: String?
    /// The answer as it came, unknown members too, without insignificant white space; UTF-8.
    public let json: [UInt8]

    /// The payment's number.
    public var id: PaymentID { summary.id }
    /// The price in Mexican pesos.
    public var amount: Amount { summary.amount }

    /// Reads an answer's body. `asked` is the id of the request, or nil for an element of a list.
    ///
    /// - Throws: `AnswerFault` when it is no JSON object, holds a name twice, lacks `id`, `state`, `amount` or `currency` or has
    ///   one of them in another type, or is about another payment than the one asked for.
    package init(answer: Span<UInt8>, asked: PaymentID?) throws(AnswerFault) {
        let object = try ConfirmedSummary.object(answer)
        summary = try ConfirmedSummary(object, answer, asked: asked)
        state = object.state?.string(in: answer) ?? ""
        currency = object.currency?.string(in: answer) ?? ""
        createdAt = object.createdAt?.string(in: answer).flatMap { Timestamp($0) }
        updatedAt = object.updatedAt?.string(in: answer).flatMap { Timestamp($0) }
        currencyAmount = object.currencyAmount?.amount(in: answer)
        qrImagePath = object.qrImagePath?.string(in: answer)
        json = JSONCompact.copy(answer, whiteSpace: object.whiteSpace)
    }

    /// The same from an array.
    package init(answer: [UInt8], asked: PaymentID?) throws(AnswerFault) {
        try self.init(answer: answer.span, asked: asked)
    }
}
