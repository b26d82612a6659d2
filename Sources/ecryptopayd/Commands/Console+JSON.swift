extension Console {
    /// Writes a line of the API's own JSON: byte for byte into a file or a pipe, and onto a terminal with everything escaped
    /// that could steer it.
    static func print(json: [UInt8], rescue: String? = nil) {
        print((isTerminal ? escapedForTerminal(json) : json) + [UInt8(ascii: "\n")], rescue: rescue)
    }

    /// The same JSON value. Beyond ASCII there is nothing in a JSON text but the inside of strings, where every character
    /// may be written as an escape (RFC 8259 section 7); below, the JSON text itself has escaped all control characters but
    /// DEL.
    private static func escapedForTerminal(_ json: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        for scalar in String(decoding: json, as: UTF8.self).unicodeScalars {
            if isHarmless(scalar) {
                output += Character(scalar).utf8
            } else {
                for unit in String(scalar).utf16 {
                    let digits = String(unit, radix: 16)
                    output += "\\u\(String(repeating: "0", count: 4 - digits.count))\(digits)".utf8
                }
            }
        }
        return output
    }

    private static func isHarmless(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.value < 0x7F { return true }
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: return false
        default: return true
        }
    }
}
