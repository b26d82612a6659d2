/// Where a value stands in its text, and of what kind it is. Nothing is converted until someone asks.
public struct JSONToken: Hashable, Sendable {
    /// The seven kinds of RFC 8259, section 3.
    public enum Kind: Sendable {
        case null, `true`, `false`, number, string, array, object
    }

    /// The kind of the value.
    public let kind: Kind
    /// The value's bytes; a string's without its quotation marks.
    public let range: Range<Int>
    /// Whether a string holds an escape, so that its bytes are not yet its characters.
    public let isEscaped: Bool

    /// The range with a string's quotation marks, as it stands in the text.
    public var rawRange: Range<Int> {
        kind == .string ? range.lowerBound - 1..<range.upperBound + 1 : range
    }

    /// Shows a string's characters as UTF-8; of any other kind the bytes as they stand in the text.
    @inlinable
    public func withCharacters<Result>(in bytes: Span<UInt8>, _ body: (Span<UInt8>) -> Result) -> Result {
        isEscaped ? body(JSONString.unescaped(bytes, range).span) : body(bytes.extracting(range))
    }

    /// A string's characters when they are few; nil for a long string and for any other kind.
    @inlinable
    public func shortText(in bytes: Span<UInt8>) -> ShortText? {
        guard kind == .string else { return nil }
        guard isEscaped else { return ShortText(bytes, range) }
        let characters = JSONString.unescaped(bytes, range)
        return ShortText(characters.span, characters.indices)
    }

    /// A string's characters, or nil for any other kind.
    public func string(in bytes: Span<UInt8>) -> String? {
        guard kind == .string else { return nil }
        return isEscaped ? String(decoding: JSONString.unescaped(bytes, range), as: UTF8.self) : text(in: bytes)
    }

    /// The bytes as they stand in the text (a string's without unescaping).
    public func text(in bytes: Span<UInt8>) -> String {
        // Up to 15 bytes stay inside the String itself: no allocation for names, states and amounts.
        // Unchecked, since the scanner has checked it.
        String(copying: unsafe UTF8Span(unchecked: bytes.extracting(range)))
    }

    /// A number without fraction or exponent that fits in 63 bits, or nil.
    public func integer(in bytes: Span<UInt8>) -> Int64? {
        guard kind == .number else { return nil }
        var value: Int64 = 0
        let isNegative = bytes[range.lowerBound] == UInt8(ascii: "-")
        for index in (isNegative ? range.lowerBound + 1 : range.lowerBound)..<range.upperBound {
            let digit = bytes[index] &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            let (shifted, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = shifted.addingReportingOverflow(Int64(digit))
            if overflow || carry { return nil }
            value = sum
        }
        return isNegative ? -value : value
    }
}
