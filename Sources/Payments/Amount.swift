/// An exact decimal number, equal by value: `150.0` is `150.00`. The unit is said where it stands: Mexican pesos, or whole
/// units of a cryptocurrency.
///
/// Never converted to binary floating point. Stands for 0.`digits` × 10^`exponent`.
public struct Amount: Hashable, Sendable {
    /// Whether the value is below zero; false for zero.
    public let isNegative: Bool
    /// The significant digits, without zeros at either end; empty for zero.
    public let digits: String
    /// The power of ten that the digits, read behind a point, are multiplied by; 0 for zero.
    public let exponent: Int

    /// Longer notations are refused, so that nobody makes us carry a number of a million digits.
    public static let maximumLength = 128

    /// Reads `[sign] digits [. digits] [e [sign] digits]`, as Rails and JSON write decimals; nil for anything else.
    public init?(_ text: String) {
        self.init(text.utf8.span)
    }

    /// Reads the same from its bytes.
    init?(_ bytes: Span<UInt8>) {
        guard bytes.count <= Self.maximumLength else { return nil }
        var reader = AmountReader()
        guard let parts = reader.read(bytes) else { return nil }
        self.init(parts, bytes)
    }

    private init(_ parts: AmountReader.Parts, _ bytes: Span<UInt8>) {
        let zero = UInt8(ascii: "0")
        let point = parts.integer.upperBound
        let all = parts.integer.lowerBound..<parts.fraction.upperBound
        func isSignificant(_ index: Int) -> Bool { index != point && bytes[index] != zero }
        guard let first = all.first(where: isSignificant), let last = all.last(where: isSignificant) else {
            (isNegative, digits, exponent) = (false, "", 0)
            return
        }
        isNegative = parts.isNegative
        // How far before the point the first significant digit stands, or behind it.
        exponent = (first < point ? point - first : point + 1 - first) + parts.exponent
        if last < point || first > point {
            // Digits only, checked above: up to 15 of them stay inside the String, without an allocation.
            digits = String(copying: unsafe UTF8Span(unchecked: bytes.extracting(first...last)))
        } else {
            digits = String(decoding: (first...last).filter { $0 != point }.map { bytes[$0] }, as: UTF8.self)
        }
    }

    /// Whether the value is zero.
    public var isZero: Bool { digits.isEmpty }
}

/// Finds the notation's parts. Handed the bytes at each step, so that no copy of them is made.
private struct AmountReader {
    struct Parts {
        var isNegative = false
        var integer = 0..<0
        /// Behind the point; empty, right behind the integer, without one.
        var fraction = 0..<0
        var exponent = 0
    }

    private var position = 0

    mutating func read(_ bytes: Span<UInt8>) -> Parts? {
        var parts = Parts()
        parts.isNegative = sign(bytes)
        parts.integer = digits(bytes)
        guard !parts.integer.isEmpty else { return nil }
        parts.fraction = position..<position
        if take(UInt8(ascii: "."), bytes) {
            parts.fraction = digits(bytes)
            guard !parts.fraction.isEmpty else { return nil }
        }
        if take(UInt8(ascii: "e"), bytes) || take(UInt8(ascii: "E"), bytes) {
            let isNegative = sign(bytes)
            let power = digits(bytes)
            // Six digits reach further than any money; more would only invite overflow.
            guard (1...6).contains(power.count) else { return nil }
            let magnitude = power.reduce(0) { $0 * 10 + Int(bytes[$1] - UInt8(ascii: "0")) }
            parts.exponent = isNegative ? -magnitude : magnitude
        }
        return position == bytes.count ? parts : nil
    }

    private mutating func sign(_ bytes: Span<UInt8>) -> Bool {
        if take(UInt8(ascii: "-"), bytes) { return true }
        _ = take(UInt8(ascii: "+"), bytes)
        return false
    }

    private mutating func digits(_ bytes: Span<UInt8>) -> Range<Int> {
        let start = position
        while position < bytes.count, bytes[position] &- UInt8(ascii: "0") < 10 { position += 1 }
        return start..<position
    }

    private mutating func take(_ byte: UInt8, _ bytes: Span<UInt8>) -> Bool {
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }
}

extension Amount: CustomStringConvertible {
    /// Plain notation without superfluous zeros, e.g. `1500` or `0.00123456`; with an exponent when that would be long.
    public var description: String {
        guard !isZero else { return "0" }
        let sign = isNegative ? "-" : ""
        let count = digits.utf8.count
        if exponent > 40 || exponent < -40 { return "\(sign)0.\(digits)e\(exponent)" }
        if exponent <= 0 { return "\(sign)0." + String(repeating: "0", count: -exponent) + digits }
        if exponent >= count { return sign + digits + String(repeating: "0", count: exponent - count) }
        return "\(sign)\(digits.prefix(exponent)).\(digits.dropFirst(exponent))"
    }
}
