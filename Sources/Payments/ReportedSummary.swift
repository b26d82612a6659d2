import JSON

/// What of a report is compared and kept in memory: the part of a ``ReportedPayment`` that a replay reads, without its texts.
package struct ReportedSummary: Hashable, Sendable {
    /// The payment it speaks of.
    package let id: PaymentID
    /// The amount in Mexican pesos; nil when missing or unreadable, and then not compared.
    package let amount: Amount?
    /// When the payment changed last, in nanoseconds since 1970; nil when missing or unreadable, and then not compared.
    package let updatedAt: Int64?
    /// Its state, amount and currency.
    package let fields: ComparedFields

    /// Reads a webhook's body, with the same faults as ``ReportedPayment/init(body:)``.
    package init(body: Span<UInt8>) throws(ReportFault) {
        try self.init(Self.object(body), body)
    }

    static func object(_ body: Span<UInt8>) throws(ReportFault) -> PaymentObject {
        let object: PaymentObject
        do { object = try PaymentObject(body) } catch { throw .notJSON(error) }
        if let name = object.repeatedName { throw .repeatedName(name) }
        return object
    }

    init(_ object: PaymentObject, _ body: Span<UInt8>) throws(ReportFault) {
        id = try Self.id(object.id, body)
        let state = try Self.state(object.state)
        // The documentation has strings only: what is of another type says nothing.
        amount = object.amount.string?.amount(in: body)
        updatedAt = object.updatedAt.string?.time(in: body)
        fields = ComparedFields(state: state, amount: amount, currency: object.currency.string, in: body)
    }

    private static func id(_ token: JSONToken?, _ bytes: Span<UInt8>) throws(ReportFault) -> PaymentID {
        guard let token else { throw .id("missing") }
        guard token.kind == .number else { throw .id("not a number") }
        guard let id = token.integer(in: bytes) else { throw .id("not an integer of 63 bits") }
        guard id > 0 else { throw .id("not positive") }
        return id
    }

    private static func state(_ token: JSONToken?) throws(ReportFault) -> JSONToken {
        guard let token else { throw .state("missing") }
        guard token.kind == .string else { throw .state("not a string") }
        guard !token.range.isEmpty else { throw .state("empty") }
        return token
    }
}
