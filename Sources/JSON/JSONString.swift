/// The two directions of RFC 8259, section 7.
public enum JSONString {
    /// The characters, as UTF-8, of a string's inside that the scanner has found well-formed.
    public static func unescaped(_ bytes: Span<UInt8>, _ range: Range<Int>) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(range.count)
        var index = range.lowerBound
        while index < range.upperBound {
            guard bytes[index] == UInt8(ascii: "\\") else {
                result.append(bytes[index])
                index += 1
                continue
            }
            let escape = bytes[index + 1]
            index += 2
            switch escape {
            case UInt8(ascii: "b"): result.append(0x08)
            case UInt8(ascii: "f"): result.append(0x0C)
            case UInt8(ascii: "n"): result.append(0x0A)
            case UInt8(ascii: "r"): result.append(0x0D)
            case UInt8(ascii: "t"): result.append(0x09)
            case UInt8(ascii: "u"): result.append(contentsOf: Character(scalar(bytes, range, &index)).utf8)
            default: result.append(escape)
            }
        }
        return result
    }

    /// Appends a string with its quotation marks, escaping what must be.
    public static func append(_ string: String, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "\""))
        if isPlain(string) {
            output.append(contentsOf: string.utf8)
        } else {
            for byte in string.utf8 { appendEscaped(byte, to: &output) }
        }
        output.append(UInt8(ascii: "\""))
    }

    /// A string with its quotation marks.
    public static func quoted(_ string: some StringProtocol) -> String {
        var output: [UInt8] = []
        append(String(string), to: &output)
        return String(decoding: output, as: UTF8.self)
    }

    private static func isPlain(_ string: String) -> Bool {
        let bytes = string.utf8Span.span
        for index in bytes.indices where !isPlain(bytes[index]) { return false }
        return true
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte != 0x7F && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
    }

    static func appendEscaped(_ byte: UInt8, to output: inout [UInt8]) {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"):
            output.append(UInt8(ascii: "\\"))
            output.append(byte)
        case 0x0A: output.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "n")])
        case 0x0D: output.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "r")])
        case 0x09: output.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "t")])
        case 0..<0x20, 0x7F:
            output.append(contentsOf: "\\u00".utf8)
            output.append(hexDigits[Int(byte >> 4)])
            output.append(hexDigits[Int(byte & 15)])
        default: output.append(byte)
        }
    }

    private static let hexDigits = Array("0123456789abcdef".utf8)

    /// Reads the four digits at `index`, and a second escape when the first is a high surrogate.
    private static func scalar(_ bytes: Span<UInt8>, _ range: Range<Int>, _ index: inout Int) -> Unicode.Scalar {
        var value = hex4(bytes, index)
        index += 4
        if (0xD800..<0xDC00).contains(value) {
            value = 0x10000 + ((value & 0x3FF) << 10 | (hex4(bytes, index + 2) & 0x3FF))
            index += 6
        }
        guard let scalar = Unicode.Scalar(value) else {
            preconditionFailure("the scanner takes no half surrogate pair")
        }
        return scalar
    }

    private static func hex4(_ bytes: Span<UInt8>, _ index: Int) -> UInt32 {
        var value: UInt32 = 0
        for offset in 0..<4 {
            let byte = bytes[index + offset]
            let digit = byte <= UInt8(ascii: "9") ? byte - UInt8(ascii: "0") : (byte | 0x20) - UInt8(ascii: "a") + 10
            value = value << 4 | UInt32(digit)
        }
        return value
    }
}
