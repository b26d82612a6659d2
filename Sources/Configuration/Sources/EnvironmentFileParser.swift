/// The state machine behind `EnvironmentFile`, where the grammar stands: fed byte by byte, it gathers assignments and faults.
struct EnvironmentFileParser {
    private enum State {
        case lineStart
        case comment, commentEscape
        case name
        /// After the equals sign or a closing quote.
        case betweenParts
        case bare, bareEscape
        case singleQuoted
        case doubleQuoted, doubleQuotedEscape
    }

    private let file: String
    private var state = State.lineStart
    private var line = 1
    private var previous: UInt8 = 0
    private var name: [UInt8] = []
    private var nameLine = 1
    private var value: [UInt8] = []
    /// How much of `value` stays when the bare part ends here: white space at its end does not.
    private var keptCount = 0
    private var quoteLine = 1
    private var assignments: [EnvironmentFile.Assignment] = []
    private var faults: [ConfigurationFault] = []

    init(file: String) { self.file = file }

    /// Takes the next byte of the file.
    mutating func consume(_ byte: UInt8) {
        advance(byte)
        if byte == .carriageReturn || (byte == .lineFeed && previous != .carriageReturn) { line += 1 }
        previous = byte
    }

    /// Takes the end of the file.
    mutating func finish() throws(ConfigurationFaults) -> [EnvironmentFile.Assignment] {
        switch state {
        case .lineStart, .comment, .commentEscape: break
        case .name: endNameWithoutEquals()
        case .betweenParts, .bare, .bareEscape: endAssignment()
        case .singleQuoted, .doubleQuoted, .doubleQuotedEscape:
            fault(line: quoteLine, "a quote that begins here is never closed", "close it on the same line")
        }
        if !faults.isEmpty { throw ConfigurationFaults(faults) }
        return assignments
    }

    private mutating func advance(_ byte: UInt8) {
        switch state {
        case .lineStart: beginLine(byte)
        case .comment: continueComment(byte)
        case .commentEscape: escapeInComment(byte)
        case .name: continueName(byte)
        case .betweenParts: beginPart(byte)
        case .bare: continueBare(byte)
        case .bareEscape: escapeInBare(byte)
        case .singleQuoted:
            if byte == .singleQuote { endQuote() } else { value.append(byte) }
        case .doubleQuoted:
            switch byte {
            case .doubleQuote: endQuote()
            case .backslash: state = .doubleQuotedEscape
            default: value.append(byte)
            }
        case .doubleQuotedEscape: escapeInDoubleQuotes(byte)
        }
    }

    private mutating func beginLine(_ byte: UInt8) {
        if byte == UInt8(ascii: "#") || byte == UInt8(ascii: ";") {
            state = .comment
        } else if !byte.isSpace && !byte.endsLine {
            name = []
            nameLine = line
            value = []
            keptCount = 0
            state = .name
            continueName(byte)
        }
    }

    private mutating func continueComment(_ byte: UInt8) {
        if byte == .backslash { state = .commentEscape } else if byte.endsLine { state = .lineStart }
    }

    private mutating func escapeInComment(_ byte: UInt8) {
        state = .comment
        guard byte.endsLine else { return }
        // systemd 253 and older take the next line for part of the comment, newer ones do not.
        fault("a comment ends with a backslash, which hides the next line from some versions of systemd", "remove it")
        state = .lineStart
    }

    private mutating func continueName(_ byte: UInt8) {
        if byte == UInt8(ascii: "=") {
            state = .betweenParts
        } else if byte.endsLine {
            endNameWithoutEquals()
            state = .lineStart
        } else {
            name.append(byte)
        }
    }

    private mutating func beginPart(_ byte: UInt8) {
        switch byte {
        case .singleQuote:
            quoteLine = line
            state = .singleQuoted
        case .doubleQuote:
            quoteLine = line
            state = .doubleQuoted
        default:
            guard !byte.isSpace else { return }
            state = .bare
            continueBare(byte)
        }
    }

    private mutating func endQuote() {
        keptCount = value.count
        state = .betweenParts
    }

    private mutating func continueBare(_ byte: UInt8) {
        if byte == .backslash {
            // What stands before a backslash, white space too, is no longer at the end.
            keptCount = value.count
            state = .bareEscape
        } else if byte.endsLine {
            endAssignment()
            state = .lineStart
        } else {
            value.append(byte)
            if !byte.isSpace { keptCount = value.count }
        }
    }

    private mutating func escapeInBare(_ byte: UInt8) {
        state = .bare
        if byte == .carriageReturn { return faultCarriageReturn() }
        if byte != .lineFeed { value.append(byte) }
        keptCount = value.count
    }

    private mutating func escapeInDoubleQuotes(_ byte: UInt8) {
        state = .doubleQuoted
        switch byte {
        case .carriageReturn: faultCarriageReturn()
        case .lineFeed: break
        case .doubleQuote, .backslash, UInt8(ascii: "`"), UInt8(ascii: "$"): value.append(byte)
        default: value += [.backslash, byte]
        }
    }

    private mutating func endAssignment() {
        while let last = name.last, last.isSpace { name.removeLast() }
        if let problem = problemOfName() {
            return fault(line: nameLine, problem.what, problem.hint)
        }
        let bytes = value[..<keptCount]
        guard let text = String(validating: bytes, as: UTF8.self) else {
            return fault(line: nameLine, "the value is not UTF-8", "save the file as UTF-8")
        }
        if bytes.contains(where: { ($0 < 0x20 && $0 != .tab && $0 != .lineFeed) || $0 == 0x7f }) {
            return fault(
                line: nameLine, "the value holds a control character, so systemd would drop the line",
                "remove that character")
        }
        assignments.append(.init(name: String(decoding: name, as: UTF8.self), value: text, line: nameLine))
    }

    /// Why the name is none, without repeating it: in a file out of joint it may be a piece of a secret.
    private func problemOfName() -> (what: String, hint: String)? {
        guard let first = name.first else {
            return ("there is no name before the equals sign", "write NAME=value")
        }
        if name.starts(with: "export ".utf8) {
            return ("the line begins with \"export\", which systemd does not know", "remove the word \"export\"")
        }
        if name.starts(with: [0xef, 0xbb, 0xbf]) {
            return ("the file begins with a byte order mark", "save it as UTF-8 without one")
        }
        guard name.allSatisfy(\.isInName), !first.isDigit else {
            return (
                "the name before the equals sign holds other characters than letters, digits and _, or begins with a digit",
                "correct the name"
            )
        }
        return nil
    }

    private mutating func endNameWithoutEquals() {
        fault(line: nameLine, "there is no equals sign", "write NAME=value, or # before a comment")
    }

    private mutating func faultCarriageReturn() {
        fault(
            "a backslash stands before a carriage return, so systemd would not join the lines",
            "save the file with Unix line ends")
    }

    private mutating func fault(line: Int? = nil, _ problem: String, _ hint: String) {
        let place = "\(file) line \(line ?? self.line)"
        faults.append(ConfigurationFault(key: nil, place: place, problem: problem, hint: hint))
    }
}

extension UInt8 {
    fileprivate static let tab: UInt8 = 0x09
    fileprivate static let lineFeed: UInt8 = 0x0a
    fileprivate static let carriageReturn: UInt8 = 0x0d
    fileprivate static let backslash = UInt8(ascii: "\\")
    fileprivate static let singleQuote = UInt8(ascii: "'")
    fileprivate static let doubleQuote = UInt8(ascii: "\"")

    fileprivate var endsLine: Bool { self == .lineFeed || self == .carriageReturn }
    fileprivate var isSpace: Bool { self == .tab || self == UInt8(ascii: " ") }
    fileprivate var isInName: Bool { isDigit || isLetter || self == UInt8(ascii: "_") }
}
