import JSON

/// State, amount and currency of a report or an answer, in one value that is equal exactly when they are: amounts by value, currencies
/// without regard to case. No hash: whoever could find two reports with one hash could have a forged one stand for a genuine one.
///
/// 31 bytes are enough for nearly all. What is longer is no value of its own: a report is then equal to no other, and of an answer
/// ``ConfirmedSummary/longFields`` is compared besides.
package struct ComparedFields: Hashable, Sendable {
    /// The bytes, the first one least significant; the last byte of all is their count.
    package private(set) var words = (first: UInt64(0), second: UInt64(0), third: UInt64(0), last: UInt64(0))

    /// How many bytes there is room for.
    private static let capacity = 31
    /// The count of what is longer.
    private static let tooLong: UInt64 = 0xFF

    /// Of what nobody has said.
    package static let none = ComparedFields()
    /// Of what cannot be read, or is too long.
    package static let unreadable = ComparedFields(0, 0, 0, tooLong << 56)

    private init() {}

    /// Words that were kept.
    package init(_ first: UInt64, _ second: UInt64, _ third: UInt64, _ last: UInt64) {
        words = (first, second, third, last)
    }

    init(state: JSONToken, amount: Amount?, currency: JSONToken?, in bytes: Span<UInt8>) {
        var count = 0
        Self.forEachByte(state, amount, currency, bytes) { byte in
            if count < Self.capacity { put(byte, at: count) }
            count += 1
        }
        if count > Self.capacity {
            self = .unreadable
        } else {
            words.last |= UInt64(count) << 56
        }
    }

    /// Whether it holds all of them.
    package var isWhole: Bool { words.last >> 56 != Self.tooLong }

    /// Whether amount and currency are the same, whatever the states are; false when one of the two does not hold all.
    package func agrees(with other: ComparedFields) -> Bool {
        guard let length = sharedLength else { return false }
        return length == other.sharedLength && (0..<length).allSatisfy { byte(at: $0) == other.byte(at: $0) }
    }

    /// All bytes, however many.
    static func bytes(state: JSONToken, amount: Amount?, currency: JSONToken?, in bytes: Span<UInt8>) -> [UInt8] {
        var all: [UInt8] = []
        forEachByte(state, amount, currency, bytes) { all.append($0) }
        return all
    }

    package static func == (left: ComparedFields, right: ComparedFields) -> Bool { left.words == right.words }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(words.first)
        hasher.combine(words.second)
        hasher.combine(words.third)
        hasher.combine(words.last)
    }

    // MARK: Bytes

    /// Ends the currency: a byte that occurs in no text.
    private static let end: UInt8 = 0xFF
    /// Stands for what is not there: another such byte.
    private static let missing: UInt8 = 0xFE

    /// Amount, currency and its end, and the state: no two that differ have the same bytes.
    private static func forEachByte(
        _ state: JSONToken, _ amount: Amount?, _ currency: JSONToken?, _ bytes: Span<UInt8>, _ body: (UInt8) -> Void
    ) {
        if let amount { forEachByte(of: amount, body) } else { body(missing) }
        if let currency {
            currency.withCharacters(in: bytes) { text in
                for index in text.indices { body(text[index].asciiLowercased) }
            }
        } else {
            body(missing)
        }
        body(end)
        state.withCharacters(in: bytes) { text in for index in text.indices { body(text[index]) } }
    }

    /// The exponent with the sign, in one byte if it is a usual one; then a half byte for each digit, and a 15 behind the last.
    private static func forEachByte(of amount: Amount, _ body: (UInt8) -> Void) {
        let sign: UInt8 = amount.isNegative ? 0x80 : 0
        if (-60...60).contains(amount.exponent) {
            body(sign | UInt8(amount.exponent + 64))
        } else {
            body(sign)
            for shift in stride(from: 0, to: 32, by: 8) { body(UInt8(truncatingIfNeeded: amount.exponent >> shift)) }
        }
        var high: UInt8?
        for digit in amount.digits.utf8 {
            let digit = digit - UInt8(ascii: "0")
            if let tens = high { body(tens << 4 | digit) }
            high = high == nil ? digit : nil
        }
        body((high ?? 15) << 4 | 15)
    }

    private mutating func put(_ byte: UInt8, at index: Int) {
        let value = UInt64(byte) << UInt64(index % 8 * 8)
        switch index / 8 {
        case 0: words.first |= value
        case 1: words.second |= value
        case 2: words.third |= value
        default: words.last |= value
        }
    }

    private func byte(at index: Int) -> UInt8 {
        let word =
            switch index / 8 {
            case 0: words.first
            case 1: words.second
            case 2: words.third
            default: words.last
            }
        return UInt8(truncatingIfNeeded: word >> UInt64(index % 8 * 8))
    }

    /// How many bytes amount and currency take; nil when there are none.
    private var sharedLength: Int? {
        let count = Int(words.last >> 56)
        guard count <= Self.capacity else { return nil }
        // An amount's bytes may be any: the first one tells how it is written.
        var index = 0
        if byte(at: 0) != Self.missing {
            index = byte(at: 0) & 0x7F == 0 ? 5 : 1
            while index < count, byte(at: index) & 0x0F != 0x0F { index += 1 }
        }
        return (0..<count).dropFirst(index + 1).first { byte(at: $0) == Self.end }
    }
}

extension UInt8 {
    var asciiLowercased: UInt8 { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self) ? self | 0x20 : self }
}

extension String {
    func equalsFoldingCase(_ other: String) -> Bool {
        utf8.count == other.utf8.count
            && zip(utf8, other.utf8).allSatisfy { $0.asciiLowercased == $1.asciiLowercased }
    }

    /// Byte for byte: `==` on strings takes different spellings of one character for the same.
    func isIdentical(to other: String) -> Bool { utf8.elementsEqual(other.utf8) }
}
