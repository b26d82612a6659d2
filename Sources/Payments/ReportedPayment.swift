public import CivilTime
import JSON

/// What a webhook said: a hint, never the truth. Nothing downstream of the confirmer takes one.
public struct ReportedPayment: Sendable {
    /// The payment it speaks of.
    public let id: PaymentID
    /// The state it claims; an opaque string, not empty.
    public let state: String
    /// The amount in Mexican pesos; nil when missing or unreadable, and then not compared.
    public let amount: Amount?
    /// The cryptocurrency, e.g. `btc`; nil when missing or not a string, and then not compared.
    public let currency: String?
    /// When the payment changed last; nil when missing or unreadable, and then not compared.
    public let updatedAt: Timestamp?
    /// The report as it came, without insignificant white space.
    public let json: [UInt8]
    /// What differs from the documentation without making the report useless, e.g. `amount: missing`.
    public private(set) var deviations: [String]
    /// Equal for reports that say the same: same state, amount, currency and `updated_at`. The id is not part of it.
    public let fingerprint: UInt64

    /// Reads a webhook's body.
    public init(body: Span<UInt8>) throws(ReportFault) {
        let object: PaymentObject
        do { object = try PaymentObject(body) } catch { throw .notJSON(error) }
        if let name = object.repeatedName { throw .repeatedName(name) }
        var deviations: [String] = []
        id = try Self.id(object.id, body)
        state = try Self.state(object.state)
        amount = Self.read("amount", object.amount, "not a decimal number", &deviations) { Amount($0) }
        currency = Self.read("currency", object.currency, "", &deviations) { $0 }
        updatedAt = Self.read("updated_at", object.updatedAt, "not a time", &deviations) { Timestamp($0) }
        _ = Self.read("created_at", object.createdAt, "not a time", &deviations) { Timestamp($0) }
        _ = Self.read("currency_amount", object.currencyAmount, "not a decimal number", &deviations) { Amount($0) }
        self.deviations = deviations
        json = JSONCompact.copy(body, whiteSpace: object.whiteSpace)
        fingerprint = Fingerprint(state: state, amount: amount, currency: currency)
            .with(updatedAt: updatedAt?.nanoseconds)
    }

    /// Adds a deviation that the body cannot tell, such as the Content-Type it came with.
    public mutating func note(deviation: String) {
        deviations.append(deviation)
    }

    private static func id(_ token: JSONToken?, _ bytes: Span<UInt8>) throws(ReportFault) -> PaymentID {
        guard let token else { throw .id("missing") }
        guard token.kind == .number else { throw .id("not a number") }
        guard let id = token.integer(in: bytes) else { throw .id("not an integer of 63 bits") }
        guard id > 0 else { throw .id("not positive") }
        return id
    }

    private static func state(_ field: PaymentObject.Field) throws(ReportFault) -> String {
        switch field {
        case .missing: throw .state("missing")
        case .wrongType, .number: throw .state("not a string")
        case .string(""): throw .state("empty")
        case .string(let state): return state
        }
    }

    private static func read<Value>(
        _ name: String, _ field: PaymentObject.Field, _ problem: String, _ deviations: inout [String],
        _ convert: (String) -> Value?
    ) -> Value? {
        switch field {
        case .missing: deviations.append("\(name): missing")
        case .wrongType, .number: deviations.append("\(name): not a string")
        case .string(let text):
            if let value = convert(text) { return value }
            deviations.append("\(name): \(problem)")
        }
        return nil
    }
}
