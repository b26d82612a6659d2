import JSON

/// A payment's members as they stand in a JSON object, for reports and answers alike; what they are worth is decided there.
struct PaymentObject {
    /// One documented member: not there, of the wrong type, or a text.
    enum Field {
        case missing
        case wrongType
        case string(String)
        /// The API documents strings; a number's text is just as exact.
        case number(String)
    }

    private(set) var id: JSONToken?
    private(set) var state = Field.missing
    private(set) var amount = Field.missing
    private(set) var currency = Field.missing
    private(set) var createdAt = Field.missing
    private(set) var updatedAt = Field.missing
    private(set) var currencyAmount = Field.missing
    private(set) var qrImagePath = Field.missing
    /// The first name that occurs a second time.
    private(set) var repeatedName: String?
    /// The white space that a compact copy leaves out.
    private(set) var whiteSpace = 0

    /// A bit for each documented name that has occurred.
    private var seen: UInt8 = 0
    private var others: Set<[UInt8]> = []

    /// Reads an object that is the whole of `bytes`.
    init(_ bytes: Span<UInt8>) throws(JSONFault) {
        var scanner = JSONScanner()
        var object = PaymentObject()
        try scanner.object(bytes) { name, value in object.add(name, value, bytes) }
        object.whiteSpace = scanner.whiteSpace
        self = object
    }

    private init() {}

    private mutating func add(_ name: JSONToken, _ value: JSONToken, _ bytes: Span<UInt8>) {
        let text = name.string(in: bytes) ?? ""
        switch text {
        case "id":
            note(0, text)
            id = value
        case "state":
            note(1, text)
            state = Self.field(value, bytes)
        case "amount":
            note(2, text)
            amount = Self.field(value, bytes)
        case "currency":
            note(3, text)
            currency = Self.field(value, bytes)
        case "created_at":
            note(4, text)
            createdAt = Self.field(value, bytes)
        case "updated_at":
            note(5, text)
            updatedAt = Self.field(value, bytes)
        case "currency_amount":
            note(6, text)
            currencyAmount = Self.field(value, bytes)
        case "qr_image_path":
            note(7, text)
            qrImagePath = Self.field(value, bytes)
        default:
            if !others.insert(Array(text.utf8)).inserted { repeatedName = repeatedName ?? text }
        }
    }

    private static func field(_ value: JSONToken, _ bytes: Span<UInt8>) -> Field {
        switch value.kind {
        case .string: .string(value.string(in: bytes) ?? "")
        case .number: .number(value.text(in: bytes))
        default: .wrongType
        }
    }

    private mutating func note(_ index: Int, _ name: String) {
        if seen & (1 << index) != 0 { repeatedName = repeatedName ?? name }
        seen |= 1 << index
    }
}
