public import CivilTime
import JSON

/// What the API says of a payment: the truth. Only an answer of the API becomes one.
public struct ConfirmedPayment: Hashable, Sendable {
    /// The payment's number.
    public let id: PaymentID
    /// Its state; an opaque string, since the documentation names none.
    public let state: String
    /// The price in Mexican pesos.
    public let amount: Amount
    /// The cryptocurrency, as the API spells it.
    public let currency: String
    /// When it was created; nil when missing or unreadable.
    public let createdAt: Timestamp?
    /// When it changed last; nil when missing or unreadable.
    public let updatedAt: Timestamp?
    /// The price in the cryptocurrency; re-quoted every 25 seconds, so never compared.
    public let currencyAmount: Amount?
    /// The address of the QR code to pay with; a list's elements have none.
    public let qrImagePath: String?
    /// The answer as it came, without insignificant white space.
    public let json: [UInt8]

    /// Reads an answer's body. `asked` is the id of the request, or nil for an element of a list.
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
