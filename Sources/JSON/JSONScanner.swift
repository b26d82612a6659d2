/// A strict reader of JSON texts (RFC 8259) over bytes: it finds where values stand, and copies nothing.
///
/// Strict means: UTF-8 throughout, no byte order mark, no trailing comma, no leading zero, no raw control byte in a
/// string, nothing after the value. Nesting is bounded, so that a hostile text cannot exhaust the stack.
///
/// The scanner is a position and is handed the bytes at each call, since it outlives no `Span`.
public struct JSONScanner {
    /// Deeper nesting is a fault. jq reads 256 levels and more; no payment has more than one.
    public static let maximumDepth = 64

    /// The offset of the next byte to read.
    public private(set) var position: Int
    /// How many bytes of insignificant white space were passed over so far.
    public private(set) var whiteSpace = 0

    /// Starts reading at an offset.
    public init(at position: Int = 0) {
        self.position = position
    }

    // MARK: Whole texts

    /// Reads an object that must be all there is in `bytes`, and shows each of its members in order.
    ///
    /// The names are tokens of kind string.
    public mutating func object(
        _ bytes: Span<UInt8>, _ body: (_ name: JSONToken, _ value: JSONToken) -> Void
    ) throws(JSONFault) {
        skipWhiteSpace(bytes)
        guard peek(bytes) == UInt8(ascii: "{") else { throw fault("not an object", bytes) }
        try members(bytes, body)
        try end(bytes)
    }

    /// Reads one value that must be all there is in `bytes`.
    public mutating func text(_ bytes: Span<UInt8>) throws(JSONFault) -> JSONToken {
        let token = try value(bytes)
        try end(bytes)
        return token
    }

    /// Requires that nothing but white space is left.
    public mutating func end(_ bytes: Span<UInt8>) throws(JSONFault) {
        skipWhiteSpace(bytes)
        if position < bytes.count { throw fault("something after the value", bytes) }
    }

    // MARK: Values

    /// Reads the next value, whatever it is.
    public mutating func value(_ bytes: Span<UInt8>, depth: Int = 0) throws(JSONFault) -> JSONToken {
        skipWhiteSpace(bytes)
        guard position < bytes.count else { throw fault("the text ends where a value should stand", bytes) }
        let start = position
        switch bytes[position] {
        case UInt8(ascii: "\""): return try string(bytes)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number(bytes)
        case UInt8(ascii: "{"):
            try nest(depth, bytes)
            try members(bytes, depth: depth + 1) { _, _ in }
            return token(.object, from: start)
        case UInt8(ascii: "["):
            try nest(depth, bytes)
            try elements(bytes, depth: depth + 1) { _ in }
            return token(.array, from: start)
        case UInt8(ascii: "t"): return try literal("true", .true, bytes)
        case UInt8(ascii: "f"): return try literal("false", .false, bytes)
        case UInt8(ascii: "n"): return try literal("null", .null, bytes)
        default: throw fault("a value cannot begin so", bytes)
        }
    }

    /// Reads an object whose brace is next, and shows each name and value.
    public mutating func members(
        _ bytes: Span<UInt8>, depth: Int = 1, _ body: (_ name: JSONToken, _ value: JSONToken) -> Void
    ) throws(JSONFault) {
        position += 1
        skipWhiteSpace(bytes)
        if take(UInt8(ascii: "}"), bytes) { return }
        while true {
            skipWhiteSpace(bytes)
            guard peek(bytes) == UInt8(ascii: "\"") else { throw fault("a member's name must be a string", bytes) }
            let name = try string(bytes)
            skipWhiteSpace(bytes)
            guard take(UInt8(ascii: ":"), bytes) else { throw fault("a colon is missing after a name", bytes) }
            body(name, try value(bytes, depth: depth))
            skipWhiteSpace(bytes)
            if take(UInt8(ascii: ","), bytes) { continue }
            if take(UInt8(ascii: "}"), bytes) { return }
            throw fault("a comma or a closing brace is missing", bytes)
        }
    }

    /// Reads an array whose bracket is next, and shows each element.
    public mutating func elements(
        _ bytes: Span<UInt8>, depth: Int = 1, _ body: (JSONToken) -> Void
    ) throws(JSONFault) {
        position += 1
        skipWhiteSpace(bytes)
        if take(UInt8(ascii: "]"), bytes) { return }
        while true {
            body(try value(bytes, depth: depth))
            skipWhiteSpace(bytes)
            if take(UInt8(ascii: ","), bytes) { continue }
            if take(UInt8(ascii: "]"), bytes) { return }
            throw fault("a comma or a closing bracket is missing", bytes)
        }
    }

    // MARK: Scalars

    /// `string = %x22 *char %x22`; the bytes inside are checked to be UTF-8 and well escaped.
    private mutating func string(_ bytes: Span<UInt8>) throws(JSONFault) -> JSONToken {
        let start = position + 1
        position = Self.endOfPlain(bytes, from: start)
        let isEscaped = peek(bytes) == UInt8(ascii: "\"") ? false : try passRest(bytes)
        position += 1
        return JSONToken(kind: .string, range: start..<position - 1, isEscaped: isEscaped)
    }

    /// Reads on in a string, up to its closing quotation mark, where something but plain characters stands; returns whether
    /// there is an escape.
    private mutating func passRest(_ bytes: Span<UInt8>) throws(JSONFault) -> Bool {
        var isEscaped = false
        while position < bytes.count {
            let byte = bytes[position]
            if byte == UInt8(ascii: "\"") {
                return isEscaped
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
                try escape(bytes)
            } else if byte < 0x20 {
                throw fault("a control character that is not escaped", bytes)
            } else if byte < 0x80 {
                position += 1
            } else {
                position += try utf8Length(bytes)
            }
            position = Self.endOfPlain(bytes, from: position)
        }
        throw fault("a string that never ends", bytes)
    }

    /// Passes over eight bytes at a time while none of them is a quotation mark, a backslash, a control character or not ASCII;
    /// answers where that stands, or where fewer than eight bytes are left.
    @inline(__always)
    private static func endOfPlain(_ bytes: Span<UInt8>, from start: Int) -> Int {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highBits: UInt64 = 0x8080_8080_8080_8080
        var index = start
        while index &+ 8 <= bytes.count {
            // In bounds by the line above.
            let word = UInt64(
                littleEndian: unsafe bytes.bytes.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self))
            // A byte less than what is taken from it borrows, and shows its high bit. So does one that is not ASCII. What the
            // borrow does to higher bytes does not matter: the lowest alarm is a true one.
            let quote = (word ^ (ones &* 0x22)) &- ones
            let backslash = (word ^ (ones &* 0x5C)) &- ones
            let control = word &- ones &* 0x20
            let special = (quote | backslash | control | word) & highBits
            if special != 0 { return index &+ special.trailingZeroBitCount / 8 }
            index &+= 8
        }
        return index
    }

    private mutating func escape(_ bytes: Span<UInt8>) throws(JSONFault) {
        guard position + 1 < bytes.count else { throw fault("a string that never ends", bytes) }
        switch bytes[position + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            position += 2
        case UInt8(ascii: "u"): try unicodeEscape(bytes)
        default: throw fault("an escape that JSON does not know", bytes)
        }
    }

    /// `\u` and four digits. A surrogate must come with its other half: the grammar allows one alone, Unicode does not, and
    /// readers such as jq stop at it.
    private mutating func unicodeEscape(_ bytes: Span<UInt8>) throws(JSONFault) {
        switch try hex4(bytes) {
        case 0xD800..<0xDC00:
            guard position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
                bytes[position + 1] == UInt8(ascii: "u"), (0xDC00..<0xE000).contains(try hex4(bytes))
            else { throw fault("half a surrogate pair", bytes) }
        case 0xDC00..<0xE000: throw fault("half a surrogate pair", bytes)
        default: break
        }
    }

    /// The value of an escape's four digits; the position is behind them afterwards.
    private mutating func hex4(_ bytes: Span<UInt8>) throws(JSONFault) -> UInt32 {
        guard position + 6 <= bytes.count else { throw fault("a string that never ends", bytes) }
        var value: UInt32 = 0
        for index in position + 2..<position + 6 {
            guard isHexDigit(bytes[index]) else { throw fault("\\u needs four hexadecimal digits", bytes) }
            let digit = isDigit(bytes[index]) ? bytes[index] & 0xF : (bytes[index] & 0xF) + 9
            value = value << 4 | UInt32(digit)
        }
        position += 6
        return value
    }

    /// The length of the well-formed UTF-8 sequence at the position (Unicode 15, table 3-7).
    private func utf8Length(_ bytes: Span<UInt8>) throws(JSONFault) -> Int {
        func continues(_ offset: Int, _ range: ClosedRange<UInt8> = 0x80...0xBF) -> Bool {
            position + offset < bytes.count && range.contains(bytes[position + offset])
        }
        switch bytes[position] {
        case 0xC2...0xDF where continues(1): return 2
        case 0xE0 where continues(1, 0xA0...0xBF) && continues(2): return 3
        case 0xED where continues(1, 0x80...0x9F) && continues(2): return 3
        case 0xE1...0xEC where continues(1) && continues(2): return 3
        case 0xEE...0xEF where continues(1) && continues(2): return 3
        case 0xF0 where continues(1, 0x90...0xBF) && continues(2) && continues(3): return 4
        case 0xF1...0xF3 where continues(1) && continues(2) && continues(3): return 4
        case 0xF4 where continues(1, 0x80...0x8F) && continues(2) && continues(3): return 4
        default: throw fault("bytes that are not UTF-8", bytes)
        }
    }

    /// `number = [ minus ] int [ frac ] [ exp ]`
    private mutating func number(_ bytes: Span<UInt8>) throws(JSONFault) -> JSONToken {
        let start = position
        _ = take(UInt8(ascii: "-"), bytes)
        if take(UInt8(ascii: "0"), bytes) {
            if let next = peek(bytes), isDigit(next) { throw fault("a number with a leading zero", bytes) }
        } else {
            try digits(bytes)
        }
        if take(UInt8(ascii: "."), bytes) { try digits(bytes) }
        if take(UInt8(ascii: "e"), bytes) || take(UInt8(ascii: "E"), bytes) {
            _ = take(UInt8(ascii: "+"), bytes) || take(UInt8(ascii: "-"), bytes)
            try digits(bytes)
        }
        return token(.number, from: start)
    }

    private mutating func digits(_ bytes: Span<UInt8>) throws(JSONFault) {
        let start = position
        while position < bytes.count, isDigit(bytes[position]) { position += 1 }
        if position == start { throw fault("a number lacks a digit", bytes) }
    }

    private mutating func literal(
        _ word: String, _ kind: JSONToken.Kind, _ bytes: Span<UInt8>
    ) throws(JSONFault) -> JSONToken {
        let start = position
        for byte in word.utf8 {
            guard take(byte, bytes) else { throw fault("a value cannot begin so", bytes) }
        }
        return token(kind, from: start)
    }

    // MARK: Bytes

    /// `ws = *( %x20 / %x09 / %x0A / %x0D )`
    @inline(__always)
    private mutating func skipWhiteSpace(_ bytes: Span<UInt8>) {
        // Between most tokens there is none.
        guard position < bytes.count, bytes[position] <= 0x20 else { return }
        passWhiteSpace(bytes)
    }

    private mutating func passWhiteSpace(_ bytes: Span<UInt8>) {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x09, 0x0A, 0x0D:
                position += 1
                whiteSpace += 1
            default: return
            }
        }
    }

    private func peek(_ bytes: Span<UInt8>) -> UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func take(_ byte: UInt8, _ bytes: Span<UInt8>) -> Bool {
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    private func token(_ kind: JSONToken.Kind, from start: Int) -> JSONToken {
        JSONToken(kind: kind, range: start..<position, isEscaped: false)
    }

    private func nest(_ depth: Int, _ bytes: Span<UInt8>) throws(JSONFault) {
        if depth >= Self.maximumDepth { throw fault("nested deeper than \(Self.maximumDepth) levels", bytes) }
    }

    private func fault(_ reason: String, _ bytes: Span<UInt8>) -> JSONFault {
        JSONFault(position < bytes.count ? reason : "the text ends too early", at: position)
    }

    private func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

    private func isHexDigit(_ byte: UInt8) -> Bool { isDigit(byte) || (byte | 0x20) &- UInt8(ascii: "a") < 6 }
}
