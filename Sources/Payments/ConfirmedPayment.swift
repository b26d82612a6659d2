public import CivilTime
import JSON

/// What the API says of a payment: the truth. Only an answer of the API becomes one (API documentation, "Get All Payments" and
/// "Get a Specific Payment").
public struct ConfirmedPayment: Hashable, Sendable {
    /// The payment's number; the API's `id`.
    public let id: PaymentID
    /// Its state; an opaque string, since the documentation names none.
    public let state: String
    /// The price in Mexican pesos.
    public let amount: Amount
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

    /// Reads an answer's body. `asked` is the id of the request, or nil for an element of a list.
    ///
    /// - Throws: `AnswerFault` when it is no JSON object, holds a name twice, lacks `id`, `state`, `amount` or `currency` or has
    ///   one of them in another type, or is about another payment than the one asked for.
    public init(answer: Span<UInt8>, asked: PaymentID?) throws(AnswerFault) {
        let object: PaymentObject
        do { object = try PaymentObject(answer) } catch { throw .notJSON(error) }
        if let name = object.repeatedName { throw .repeatedName(name) }
        guard let id = object.id?.integer(in: answer), id > 0 else {
            throw .field("id", object.id == nil ? "missing" : "not a positive integer")
        }
        if let asked, asked != id { throw .otherID(asked: asked, found: id) }
        self.id = id
        state = try Self.text("state", object.state)
        currency = try Self.text("currency", object.currency)
        amount = try Self.amount(object.amount)
        createdAt = Self.text(object.createdAt).flatMap { Timestamp($0) }
        updatedAt = Self.text(object.updatedAt).flatMap { Timestamp($0) }
        currencyAmount = Self.text(object.currencyAmount).flatMap { Amount($0) }
        qrImagePath = Self.text(object.qrImagePath)
        json = JSONCompact.copy(answer, whiteSpace: object.whiteSpace)
    }

    /// The same from an array.
    public init(answer: [UInt8], asked: PaymentID?) throws(AnswerFault) {
        try self.init(answer: answer.span, asked: asked)
    }

    private static func text(_ field: PaymentObject.Field) -> String? {
        switch field {
        case .missing, .wrongType: nil
        case .string(let text), .number(let text): text
        }
    }

    private static func text(_ name: String, _ field: PaymentObject.Field) throws(AnswerFault) -> String {
        switch field {
        case .missing: throw .field(name, "missing")
        case .wrongType, .number: throw .field(name, "not a string")
        case .string(""): throw .field(name, "empty")
        case .string(let text): return text
        }
    }

    private static func amount(_ field: PaymentObject.Field) throws(AnswerFault) -> Amount {
        if case .missing = field { throw .field("amount", "missing") }
        guard let text = text(field), let amount = Amount(text) else { throw .field("amount", "not a decimal number") }
        return amount
    }
}
