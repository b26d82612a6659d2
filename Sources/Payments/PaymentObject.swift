import CivilTime
import JSON

/// Where a payment's members stand in a JSON object, for reports and answers alike; what they are worth is decided there.
struct PaymentObject {
    private(set) var id: JSONToken?
    private(set) var state: JSONToken?
    private(set) var amount: JSONToken?
    private(set) var currency: JSONToken?
    private(set) var createdAt: JSONToken?
    private(set) var updatedAt: JSONToken?
    private(set) var currencyAmount: JSONToken?
    private(set) var qrImagePath: JSONToken?
    /// The first name that occurs a second time.
    private(set) var repeatedName: String?
    /// The white space that a compact copy leaves out.
    private(set) var whiteSpace = 0

    /// Where the members stand that the documentation does not name.
    private(set) var unknown: [Range<Int>] = []

    private var others: Set<[UInt8]> = []

    /// Reads an object that is the whole of `bytes`.
    init(_ bytes: Span<UInt8>) throws(JSONFault) {
        self.init()
        var scanner = JSONScanner()
        try scanner.object(bytes) { name, value in add(name, value, bytes) }
        whiteSpace = scanner.whiteSpace
    }

    private init() {}

    private mutating func add(_ name: JSONToken, _ value: JSONToken, _ bytes: Span<UInt8>) {
        let isNew =
            switch name.shortText(in: bytes) {
            case "id": Self.set(&id, value)
            case "state": Self.set(&state, value)
            case "amount": Self.set(&amount, value)
            case "currency": Self.set(&currency, value)
            case "created_at": Self.set(&createdAt, value)
            case "updated_at": Self.set(&updatedAt, value)
            case "currency_amount": Self.set(&currencyAmount, value)
            case "qr_image_path": Self.set(&qrImagePath, value)
            default: addUnknown(name, value, bytes)
            }
        if !isNew, repeatedName == nil { repeatedName = name.string(in: bytes) }
    }

    private mutating func addUnknown(_ name: JSONToken, _ value: JSONToken, _ bytes: Span<UInt8>) -> Bool {
        unknown.append(name.rawRange.lowerBound..<value.rawRange.upperBound)
        return others.insert(Array((name.string(in: bytes) ?? "").utf8)).inserted
    }

    /// Returns whether the member is the first of its name.
    private static func set(_ member: inout JSONToken?, _ value: JSONToken) -> Bool {
        let isNew = member == nil
        member = value
        return isNew
    }
}

extension JSONToken {
    /// Exact, whether it stands there as a string or as a number.
    func amount(in bytes: Span<UInt8>) -> Amount? { withCharacters(in: bytes) { Amount($0) } }

    /// Nanoseconds since 1970.
    func time(in bytes: Span<UInt8>) -> Int64? { withCharacters(in: bytes) { Timestamp.nanoseconds($0) } }
}

extension JSONToken? {
    /// Nil for anything but a string.
    var string: JSONToken? { self?.kind == .string ? self : nil }
}
