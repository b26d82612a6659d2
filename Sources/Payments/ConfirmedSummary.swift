import JSON

/// What of the API's answer is compared and kept in memory: the part of a ``ConfirmedPayment`` that a replay reads, without
/// its texts.
package struct ConfirmedSummary: Hashable, Sendable {
    /// The payment's number.
    package let id: PaymentID
    /// The price in Mexican pesos.
    package let amount: Amount
    /// When it changed last, in nanoseconds since 1970; nil when missing or unreadable.
    package let updatedAt: Int64?
    /// Equal for answers of which none is news after the other, unless they are too long for that.
    package let fields: ComparedFields
    /// What such long ones are compared by; nil for all others.
    package let longFields: [UInt8]?

    /// Reads an answer's body, with the same faults as ``ConfirmedPayment/init(answer:asked:)``.
    package init(answer: Span<UInt8>, asked: PaymentID?) throws(AnswerFault) {
        try self.init(Self.object(answer), answer, asked: asked)
    }

    static func object(_ answer: Span<UInt8>) throws(AnswerFault) -> PaymentObject {
        let object: PaymentObject
        do { object = try PaymentObject(answer) } catch { throw .notJSON(error) }
        if let name = object.repeatedName { throw .repeatedName(name) }
        return object
    }

    init(_ object: PaymentObject, _ answer: Span<UInt8>, asked: PaymentID?) throws(AnswerFault) {
        guard let id = object.id?.integer(in: answer), id > 0 else {
            throw .field("id", object.id == nil ? "missing" : "not a positive integer")
        }
        if let asked, asked != id { throw .otherID(asked: asked, found: id) }
        self.id = id
        let state = try Self.text("state", object.state)
        let currency = try Self.text("currency", object.currency)
        guard let amount = object.amount else { throw .field("amount", "missing") }
        guard let amount = amount.amount(in: answer) else { throw .field("amount", "not a decimal number") }
        self.amount = amount
        updatedAt = object.updatedAt?.time(in: answer)
        fields = ComparedFields(state: state, amount: amount, currency: currency, in: answer)
        longFields =
            fields.isWhole
            ? nil : ComparedFields.bytes(state: state, amount: amount, currency: currency, in: answer)
    }

    private static func text(_ name: String, _ member: JSONToken?) throws(AnswerFault) -> JSONToken {
        guard let member else { throw .field(name, "missing") }
        guard member.kind == .string else { throw .field(name, "not a string") }
        guard !member.range.isEmpty else { throw .field(name, "empty") }
        return member
    }
}
