/// An exact decimal number, equal by value: `150.0` is `150.00`.
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
        self.init(utf8: Array(text.utf8).span)
    }

    init?(utf8 bytes: Span<UInt8>) {
        guard bytes.count <= Self.maximumLength else { return nil }
        var reader = AmountReader(bytes.count)
        guard let parts = reader.read(bytes) else { return nil }
        let significant = parts.digits.drop { $0 == UInt8(ascii: "0") }
        guard let last = significant.lastIndex(where: { $0 != UInt8(ascii: "0") }) else {
            (isNegative, digits, exponent) = (false, "", 0)
            return
        }
        let leadingZeros = parts.digits.count - significant.count
        isNegative = parts.isNegative
        digits = String(decoding: significant[...last], as: UTF8.self)
        exponent = parts.integerDigits - leadingZeros + parts.exponent
    }

    /// Whether the value is zero.
    public var isZero: Bool { digits.isEmpty }
}

/// The notation's parts, before zeros are dropped.
private struct AmountReader {
    struct Parts {
        var isNegative = false
        var digits: [UInt8] = []
        var integerDigits = 0
        var exponent = 0
    }

    private let count: Int
    private var position = 0

    init(_ count: Int) {
        self.count = count
    }

    mutating func read(_ bytes: Span<UInt8>) -> Parts? {
        var parts = Parts()
        parts.isNegative = sign(bytes)
        parts.digits = run(bytes)
        parts.integerDigits = parts.digits.count
        guard parts.integerDigits > 0 else { return nil }
        if take(UInt8(ascii: "."), bytes) {
            let fraction = run(bytes)
            guard !fraction.isEmpty else { return nil }
            parts.digits += fraction
        }
        if take(UInt8(ascii: "e"), bytes) || take(UInt8(ascii: "E"), bytes) {
            let isNegative = sign(bytes)
            let power = run(bytes)
            // Six digits reach further than any money; more would only invite overflow.
            guard (1...6).contains(power.count) else { return nil }
            let magnitude = power.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
            parts.exponent = isNegative ? -magnitude : magnitude
        }
        return position == count ? parts : nil
    }

    private mutating func sign(_ bytes: Span<UInt8>) -> Bool {
        if take(UInt8(ascii: "-"), bytes) { return true }
        _ = take(UInt8(ascii: "+"), bytes)
        return false
    }

    private mutating func run(_ bytes: Span<UInt8>) -> [UInt8] {
        var digits: [UInt8] = []
        while position < count, bytes[position] &- UInt8(ascii: "0") < 10 {
            digits.append(bytes[position])
            position += 1
        }
        return digits
    }

    private mutating func take(_ byte: UInt8, _ bytes: Span<UInt8>) -> Bool {
        guard position < count, bytes[position] == byte else { return false }
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
