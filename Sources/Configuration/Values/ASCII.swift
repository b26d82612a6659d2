extension UInt8 {
    /// `0` to `9`.
    var isDigit: Bool { UInt8(ascii: "0") <= self && self <= UInt8(ascii: "9") }

    /// `a` to `z`.
    var isLowercaseLetter: Bool { UInt8(ascii: "a") <= self && self <= UInt8(ascii: "z") }

    /// `A` to `Z`.
    var isUppercaseLetter: Bool { UInt8(ascii: "A") <= self && self <= UInt8(ascii: "Z") }

    /// `a` to `z`, `A` to `Z`.
    var isLetter: Bool { isLowercaseLetter || isUppercaseLetter }
}

extension StringProtocol {
    /// The number that digits alone write; nil for anything else (a sign, white space, nothing) and beyond `Int64`.
    var decimalNumber: Int64? {
        // Int64("+5") is a number, so the digits are looked at first.
        guard !isEmpty, utf8.allSatisfy(\.isDigit) else { return nil }
        return Int64(self)
    }

    /// Whether a control character (C0, DEL, C1) stands in it.
    var holdsControlCharacter: Bool { unicodeScalars.contains { $0.properties.generalCategory == .control } }

    /// Without spaces and tabs at both ends.
    var trimmed: String {
        let isSpace: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        let start = drop(while: isSpace)
        guard let end = start.lastIndex(where: { !isSpace($0) }) else { return "" }
        return String(start[...end])
    }
}
