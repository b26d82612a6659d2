/// Makes a stranger's text harmless for whoever sees it: nothing in it steers a terminal, breaks a line, turns the writing direction or
/// hides. What programs read is no matter of this.
public enum VisibleText {
    /// Whether a character is shown as itself, and does nothing else.
    public static func isVisible(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.value < 0x80 { return scalar.value >= 0x20 && scalar.value != 0x7F }
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: return false
        default: return !scalar.properties.isDefaultIgnorableCodePoint
        }
    }

    /// Appends a character, or how it may be written: `\u{202e}`.
    public static func append(_ scalar: Unicode.Scalar, to text: inout String) {
        if isVisible(scalar) {
            text.unicodeScalars.append(scalar)
        } else {
            text += "\\u{\(String(scalar.value, radix: 16))}"
        }
    }

    /// Lines for people, with every other character written so. Line ends and tabs stay.
    public static func escaped(_ lines: String) -> String {
        if lines.utf8.allSatisfy({ (0x20..<0x7F).contains($0) || $0 == 0x0A }) { return lines }
        var text = ""
        for scalar in lines.unicodeScalars {
            if scalar == "\n" || scalar == "\t" {
                text.unicodeScalars.append(scalar)
            } else {
                append(scalar, to: &text)
            }
        }
        return text
    }

    /// The same JSON values, with every other character written as JSON escapes it (RFC 8259 section 7). Beyond ASCII there is nothing
    /// in a JSON text but the inside of strings; of the controls below, only white space may stand as itself, and outside of them.
    public static func escaped(json: [UInt8]) -> [UInt8] {
        if json.allSatisfy({ (0x20..<0x7F).contains($0) || $0 == 0x0A }) { return json }
        var text: [UInt8] = []
        for scalar in String(decoding: json, as: UTF8.self).unicodeScalars {
            switch scalar {
            case "\n": text.append(0x0A)
            case "\t", "\r": text.append(0x20)
            case _ where isVisible(scalar): text += Character(scalar).utf8
            default:
                for unit in String(scalar).utf16 {
                    let digits = String(unit, radix: 16)
                    text += "\\u\(String(repeating: "0", count: 4 - digits.count))\(digits)".utf8
                }
            }
        }
        return text
    }
}
