/// A text of at most 15 bytes as two words: names are told apart by two comparisons, and no string is made of any of them.
public struct ShortText: Hashable, Sendable, ExpressibleByStringLiteral {
    /// Longer texts are none.
    public static let maximumLength = 15

    /// The first eight bytes, the first lowest, zero where there are fewer.
    @usableFromInline let low: UInt64
    /// The other bytes likewise, and the length in the highest: so different texts differ in one of the words.
    @usableFromInline let high: UInt64

    /// Takes a literal. Inlined, so that the compiler makes two constants of it.
    @inlinable @inline(__always)
    public init(stringLiteral text: StaticString) {
        precondition(text.utf8CodeUnitCount <= 15, "a short text has at most 15 bytes")
        var low: UInt64 = 0
        var high: UInt64 = 0
        // So simple that the compiler unrolls it; in bounds by the loop's condition.
        var index = text.utf8CodeUnitCount
        while index > 0 {
            index &-= 1
            high = high &<< 8 | low &>> 56
            low = low &<< 8 | UInt64(unsafe text.utf8Start[index])
        }
        self.low = low
        self.high = high | UInt64(truncatingIfNeeded: text.utf8CodeUnitCount) &<< 56
    }

    /// Takes part of some bytes; nil when it is longer.
    @inlinable
    public init?(_ bytes: Span<UInt8>, _ range: Range<Int>) {
        let count = range.count
        guard count <= Self.maximumLength, range.upperBound <= bytes.count else { return nil }
        var low: UInt64 = 0
        var high: UInt64 = 0
        if bytes.count &- range.lowerBound >= 16 {
            // Both words lie within the bytes by the line above; what stands behind the text is masked.
            low = unsafe bytes.bytes.unsafeLoadUnaligned(fromByteOffset: range.lowerBound, as: UInt64.self)
            high = unsafe bytes.bytes.unsafeLoadUnaligned(fromByteOffset: range.lowerBound &+ 8, as: UInt64.self)
            (low, high) = (UInt64(littleEndian: low), UInt64(littleEndian: high))
            if count < 8 {
                low &= (1 &<< UInt64(truncatingIfNeeded: 8 &* count)) &- 1
                high = 0
            } else {
                high &= (1 &<< UInt64(truncatingIfNeeded: 8 &* (count &- 8))) &- 1
            }
        } else {
            for index in range.reversed() {
                high = high &<< 8 | low &>> 56
                low = low &<< 8 | UInt64(bytes[index])
            }
        }
        self.low = low
        self.high = high | UInt64(truncatingIfNeeded: count) &<< 56
    }
}
