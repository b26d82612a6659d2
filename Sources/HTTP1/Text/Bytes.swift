/// The characters that HTTP's grammar names.
enum ASCII {
    static let tab: UInt8 = 0x09
    static let lineFeed: UInt8 = 0x0A
    static let carriageReturn: UInt8 = 0x0D
    static let space: UInt8 = 0x20
    static let quote: UInt8 = 0x22
    static let percent: UInt8 = 0x25
    static let asterisk: UInt8 = 0x2A
    static let comma: UInt8 = 0x2C
    static let dot: UInt8 = 0x2E
    static let slash: UInt8 = 0x2F
    static let colon: UInt8 = 0x3A
    static let semicolon: UInt8 = 0x3B
    static let equals: UInt8 = 0x3D
    static let question: UInt8 = 0x3F
    static let openBracket: UInt8 = 0x5B
    static let backslash: UInt8 = 0x5C
    static let closeBracket: UInt8 = 0x5D
    static let delete: UInt8 = 0x7F
}

extension UInt8 {
    /// The value of a decimal digit, else `nil`. Nothing but `0` to `9` is a digit here: no sign, no white space.
    var decimalValue: Int? { self >= 0x30 && self <= 0x39 ? Int(self - 0x30) : nil }

    /// The value of a hexadecimal digit of either case, else `nil`.
    var hexValue: Int? {
        switch self {
        case 0x30...0x39: Int(self - 0x30)
        case 0x41...0x46: Int(self - 0x41 + 10)
        case 0x61...0x66: Int(self - 0x61 + 10)
        default: nil
        }
    }

    /// Lower case for the 26 ASCII letters and for nothing else: Unicode's case folding has no place in a protocol.
    var lowercased: UInt8 { self >= 0x41 && self <= 0x5A ? self | 0x20 : self }

    /// RFC 9110 section 5.6.3: optional white space is the space and the tab, nothing else.
    var isWhitespace: Bool { self == ASCII.space || self == ASCII.tab }

    /// RFC 9110 section 5.5: what a field value may hold, i.e. `VCHAR`, `obs-text`, space and tab.
    var isFieldContent: Bool { self >= 0x20 && self != ASCII.delete || self == ASCII.tab }
}

extension Span<UInt8> {
    /// The first place of `byte` in `range`.
    func firstIndex(of byte: UInt8, in range: Range<Int>) -> Int? {
        var index = range.lowerBound
        while index < range.upperBound {
            if self[index] == byte { return index }
            index += 1
        }
        return nil
    }

    /// Whether the bytes in `range` are `text`, to the letter.
    func equals(_ text: String, _ range: Range<Int>) -> Bool {
        guard range.count == text.utf8.count else { return false }
        var index = range.lowerBound
        for byte in text.utf8 {
            if self[index] != byte { return false }
            index += 1
        }
        return true
    }

    /// Whether the bytes in `range` are `lowercase` when the case of ASCII letters is ignored.
    func equalsIgnoringCase(_ lowercase: String, _ range: Range<Int>) -> Bool {
        guard range.count == lowercase.utf8.count else { return false }
        var index = range.lowerBound
        for byte in lowercase.utf8 {
            if self[index].lowercased != byte { return false }
            index += 1
        }
        return true
    }

    /// `range` without the optional white space at its ends.
    func trimmingWhitespace(_ range: Range<Int>) -> Range<Int> {
        var lower = range.lowerBound
        var upper = range.upperBound
        while lower < upper, self[lower].isWhitespace { lower += 1 }
        while upper > lower, self[upper - 1].isWhitespace { upper -= 1 }
        return lower..<upper
    }

    /// Calls `body` for each element of a comma-separated list that is not empty (RFC 9110 section 5.6.1).
    func forEachListElement(in range: Range<Int>, _ body: (Range<Int>) -> Void) {
        var lower = range.lowerBound
        while lower <= range.upperBound {
            let upper = firstIndex(of: ASCII.comma, in: lower..<range.upperBound) ?? range.upperBound
            let element = trimmingWhitespace(lower..<upper)
            if !element.isEmpty { body(element) }
            lower = upper + 1
        }
    }
}
