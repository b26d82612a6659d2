/// A field that frames a body, written so that one reader takes it for that field and another does not.
///
/// After the public collections: PortSwigger's http-request-smuggler, defparam's smuggler, CLZero, Http11Probe.
struct FieldDisguise: Sendable {
    let name: String
    /// One or more lines, without the last CRLF.
    let bytes: [UInt8]

    /// Control bytes, white space, and what is no ASCII.
    static let manyBytes = Array(0x00...0x20) + Array(0x7F...0xFF as ClosedRange<UInt8>)
    private static let fewBytes: [UInt8] = [
        0x00, 0x01, 0x04, 0x08, 0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x1F, 0x20, 0x7F, 0x80, 0x85, 0xA0, 0xAD, 0xFF,
    ]

    /// The values of the fields of that name if every line is one to the letter of the grammar, else nil.
    ///
    /// A second reader, written apart from the server's: lines end with CRLF and nothing else, a name is a token that ends at
    /// the colon, and a value holds no control bytes.
    func strictValues(of name: String) -> [String]? {
        let tokenMarks = "!#$%&'*+-.^_`|~".utf8
        var values: [String] = []
        for line in lines {
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex else { return nil }
            let isToken = line[..<colon].allSatisfy { byte in
                let scalar = Unicode.Scalar(byte)
                return scalar.properties.isAlphabetic && byte < 128 || (0x30...0x39).contains(byte)
                    || tokenMarks.contains(byte)
            }
            let isValue = line[(colon + 1)...].allSatisfy { $0 == 0x09 || ($0 >= 0x20 && $0 != 0x7F) }
            guard isToken, isValue else { return nil }
            guard String(decoding: line[..<colon], as: UTF8.self).lowercased() == name else { continue }
            let value = line[(colon + 1)...].drop { $0 == 0x20 || $0 == 0x09 }
            let end = value.lastIndex { $0 != 0x20 && $0 != 0x09 }
            values.append(end.map { String(decoding: value[...$0], as: UTF8.self).lowercased() } ?? "")
        }
        return values
    }

    private var lines: [ArraySlice<UInt8>] {
        var lines: [ArraySlice<UInt8>] = []
        var start = bytes.startIndex
        for index in bytes.indices where index + 1 < bytes.count && bytes[index] == 0x0D && bytes[index + 1] == 0x0A {
            lines.append(bytes[start..<index])
            start = index + 2
        }
        return lines + [bytes[start...]]
    }
}

// MARK: One byte, everywhere

extension FieldDisguise {
    /// The field with one byte more at each of many places.
    private static func withByte(_ name: String, _ value: String) -> [FieldDisguise] {
        let line = "\(name): \(value)"
        let words = name.split(separator: "-")
        let middle = value.index(value.startIndex, offsetBy: value.count / 2)
        let thorough = [("", line), (name, ": \(value)"), ("\(name):", value), (line, "")]
        let cursory = [
            ("\(name): ", value), ("\(words[0])", "\(words[1]): \(value)"), ("\(words[0])-", "\(words[1]): \(value)"),
            ("\(name): \(value[..<middle])", "\(value[middle...])"), ("X: X", line), (line, "X: X"), ("X: X\r", line),
            ("X: X", "\n\(line)"), ("\(line)\r", "X: X"), (line, "\nX: X"), ("X: X\r\n", line), ("\(line)\r\n", "X: X"),
        ]
        return thorough.flatMap { disguises($0, manyBytes) } + cursory.flatMap { disguises($0, fewBytes) }
    }

    private static func disguises(_ around: (String, String), _ bytes: [UInt8]) -> [FieldDisguise] {
        bytes.map { byte in
            FieldDisguise(
                name: "byte \(byte) between \(around.0.debugDescription) and \(around.1.debugDescription)",
                bytes: around.0.bytes + [byte] + around.1.bytes)
        }
    }

    private static func spelled(_ lines: [String]) -> [FieldDisguise] {
        lines.map { FieldDisguise(name: $0.debugDescription, bytes: $0.bytes) }
    }
}

// MARK: Known spellings

extension FieldDisguise {
    static var transferEncodings: [FieldDisguise] {
        let values = [
            "chunked", "CHUNKED", "cHuNkEd", "chunk", "chunkedd", "xchunked", "chunkedx", "x chunked",
            "cow chunked bar",
            "chunked, identity", "identity, chunked", "chunked,identity", "chunked, cow", "cow, chunked",
            "gzip, chunked",
            "chunked, chunked", "chunked chunked", "chunked,", ",chunked", ", chunked", ",,chunked,,", "chunked;q=1",
            "chunked; x", "chunked;", "\"chunked\"", "'chunked'", "`chunked`", "%63hunked", "\\chunked", "(x) chunked",
            "chunked (x)",
            "=?iso-8859-1?B?Y2h1bmtlZA==?=", "=?UTF-8?Q?chunked?=", "chun\u{212A}ed", "chunke\u{301}d", "identity", "",
            "gzip", "0", "none",
        ]
        let names = [
            "transfer-encoding", "TRANSFER-ENCODING", "tRaNsFeR-eNcOdInG", "Transfer_Encoding", "Transfer Encoding",
            "TransferEncoding",
            "Transfer\\Encoding", "Transfer-%45ncoding", "Transfer-Encoding x", "Transfer-Encoding.",
            "Transfer--Encoding",
            "Transfer-Encod\u{131}ng", "Transfer\u{2013}Encoding", "\"Transfer-Encoding\"", "X-Transfer-Encoding",
            "Content-Encoding",
            "Transfer-Encoding\u{200b}", "Tr\u{430}nsfer-Encoding", "TE", "Transfer-Encoding:", "Transfer-Encoding;",
            "$Transfer-Encoding",
        ]
        return withByte("Transfer-Encoding", "chunked")
            + spelled(values.map { "Transfer-Encoding: \($0)" } + values.map { "Transfer-Encoding:\($0)" })
            + spelled(names.map { "\($0): chunked" })
            + spelled(severalLines("Transfer-Encoding", "chunked", others: ["identity", "cow", "chunked", "", "x"]))
    }

    static func contentLengths(_ length: Int) -> [FieldDisguise] {
        let values = [
            "\(length)", "+\(length)", "-\(length)", "0\(length)", "00\(length)", "0x\(String(length, radix: 16))",
            "0o43", "\(length).0",
            "\(length)e0", "\(length)_", "_\(length)", "\(length),", ",\(length)", "\(length), \(length)",
            "\(length),\(length)",
            "0, \(length)", "\(length), 0", "\(length) \(length)", "\(length) 0", "'\(length)'", "\"\(length)\"",
            "\(length);", "\(length)aa",
            "\(length)-0", "-0", "+0", "\(length)/1", "(\(length))", "\u{663}\u{665}", "\u{ff13}\u{ff15}", "", "x",
            // What is left of them in 64 and in 32 bits.
            "184467440737095516\(16 + length)", "\(4_294_967_296 + length)", "9223372036854775808",
        ]
        let names = [
            "content-length", "CONTENT-LENGTH", "Content_Length", "Content Length", "ContentLength", "Content\\Length",
            "Content-Length x",
            "Content-%4cength", "Content--Length", "Content-Length:", "X-Content-Length", "Content\u{2013}Length",
            "\"Content-Length\"",
        ]
        return withByte("Content-Length", "\(length)")
            + spelled(values.map { "Content-Length: \($0)" }) + spelled(names.map { "\($0): \(length)" })
            + spelled(severalLines("Content-Length", "\(length)", others: ["0", "\(length)", "4", "", "x"]))
    }

    /// Folded, doubled, hidden behind half a line's end, and named in `Connection`.
    private static func severalLines(_ name: String, _ value: String, others: [String]) -> [String] {
        let line = "\(name): \(value)"
        let folds = ["\r\n ", "\r\n\t", "\r\n \r\n ", "\n ", "\n\t", "\n\u{b}", " \r\n ", "\r ", "\r\n\r "]
        return folds.map { "\(name):\($0)\(value)" } + folds.map { "\(name)\($0): \(value)" }
            + folds.map { "X: y\($0)\(line)" }
            + ["\(line)\r\n ", "\(line)\r\n\t", "X: y\n\n\(line)", "\(name)\r\n: \(value)", "\(name):\r\n\(value)"]
            + others.map { "\(name): \($0)\r\n\(line)" } + others.map { "\(line)\r\n\(name.lowercased()): \($0)" }
            + [
                "Connection: \(name)\r\n\(line)", "Connection: close, \(name)\r\n\(line)",
                "\(line)\r\nTrailer: \(name)",
            ]
    }
}
