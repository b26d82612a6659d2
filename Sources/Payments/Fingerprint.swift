import JSON

/// A 64-bit FNV-1a hash over what two reports or answers are compared by.
///
/// Stable across runs, since checkpoints hold it. Not keyed, and it need not be: a report that is taken for an equal one has
/// that one's fetches, with their turns anew, and what the API says is not a forger's to choose.
package struct Fingerprint {
    private(set) var value: UInt64

    /// What decides whether an answer is news: state, amount and currency.
    init(state: JSONToken, amount: Amount?, currency: JSONToken?, in bytes: Span<UInt8>) {
        value = 0xCBF2_9CE4_8422_2325
        state.withCharacters(in: bytes) { add(text: $0) }
        if let amount { add(amount) } else { addMissing() }
        if let currency { currency.withCharacters(in: bytes) { add(foldingCase: $0) } } else { addMissing() }
    }

    /// Goes on from a value that was kept.
    package init(resuming value: UInt64) {
        self.value = value
    }

    /// What makes two reports equal, or a report equal to an answer: the time of the last change besides.
    package func with(updatedAt: Int64?) -> UInt64 {
        var fingerprint = self
        if let updatedAt { fingerprint.add(number: updatedAt) } else { fingerprint.addMissing() }
        return fingerprint.value
    }

    private mutating func add(byte: UInt8) {
        value = (value ^ UInt64(byte)) &* 0x100_0000_01B3
    }

    /// Ends with a byte that occurs in no text, so that neighbours cannot run into each other.
    private mutating func add(text: Span<UInt8>) {
        for index in text.indices { add(byte: text[index]) }
        add(byte: 0xFF)
    }

    private mutating func add(foldingCase text: Span<UInt8>) {
        for index in text.indices { add(byte: text[index].asciiLowercased) }
        add(byte: 0xFF)
    }

    private mutating func add(_ amount: Amount) {
        add(byte: amount.isNegative ? 1 : 0)
        add(text: amount.digits.utf8.span)
        add(number: Int64(amount.exponent))
    }

    private mutating func add(number: Int64) {
        for shift in stride(from: 0, to: 64, by: 8) { add(byte: UInt8(truncatingIfNeeded: number >> Int64(shift))) }
    }

    /// Marks a value that is not there, unlike any that is.
    private mutating func addMissing() { add(byte: 0xFE) }
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
