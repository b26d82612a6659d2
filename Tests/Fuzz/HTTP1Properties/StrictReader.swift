import HTTP1

/// A second reader of requests, slow and plain: RFC 9112, RFC 9110 and RFC 3986 rule by rule, over bytes that are all there.
///
/// It shares no code with `HTTP1`. Where the RFCs leave a choice to the recipient it chooses as DESIGN 3.3 does: to refuse.
/// It bounds no sizes but measures them.
struct StrictReader {
    /// What stands at the reader's place is no request that this server takes, or is cut short.
    struct Unreadable: Error {}

    private let input: [UInt8]
    private(set) var position = 0

    init(_ input: [UInt8]) { self.input = input }

    /// The requests at the beginning of the input, up to the first that is not readable or behind which the connection does
    /// not go on.
    static func requests(in input: [UInt8], goesOn: (Int, StrictRequest) -> Bool) -> [StrictRequest] {
        var reader = StrictReader(input)
        var requests: [StrictRequest] = []
        while requests.last.map({ goesOn(requests.count, $0) }) ?? true, let request = try? reader.request() {
            requests.append(request)
        }
        return requests
    }

    /// Whether nothing stands from `offset` on but empty lines that are ignored before a request.
    static func isIdle(_ input: [UInt8], from offset: Int) -> Bool {
        var reader = StrictReader(Array(input[offset...]))
        do throws(Unreadable) { try reader.emptyLines() } catch { return false }
        return reader.isAtEnd
    }

    // MARK: The message

    /// `HTTP-message = start-line CRLF *( field-line CRLF ) CRLF [ message-body ]` (RFC 9112 section 2.1).
    private mutating func request() throws(Unreadable) -> StrictRequest {
        try emptyLines()
        let start = position
        // request-line = method SP request-target SP HTTP-version
        let method = try some(Grammar.isToken)
        try literal(" ")
        let targetBytes = try some { $0 != 0x20 && $0 != 0x0A }
        try literal(" HTTP/1.")
        let isHTTP10 = try one(Grammar.isDigit) == 0x30
        try literal("\r\n")
        let fields = try fieldLines()
        guard method.count <= 32, method != Array("CONNECT".utf8) else { throw Unreadable() }
        let target = try Target(targetBytes, isOptions: method == Array("OPTIONS".utf8))
        try Self.checkHost(fields, isHTTP10: isHTTP10)
        guard Self.values("expect", fields).allSatisfy({ Grammar.lowercased($0) == "100-continue" }) else {
            throw Unreadable()
        }
        var measures = StrictRequest.Measures(
            targetBytes: targetBytes.count, headBytes: position - start, fields: fields.count)
        let body = try body(fields, isHTTP10: isHTTP10, &measures)
        measures.bodyBytes = body.count
        let message = Message(
            method: Self.methodName(method), path: target.path, query: target.query, fields: fields, body: body)
        return StrictRequest(
            message: message, end: position, isHTTP10: isHTTP10,
            persists: Self.persists(fields, isHTTP10: isHTTP10), measures: measures)
    }

    /// RFC 9112 section 2.2: empty lines before the request line are ignored; this server stops at four.
    private mutating func emptyLines() throws(Unreadable) {
        var count = 0
        while has("\r\n") {
            count += 1
            guard count <= 4 else { throw Unreadable() }
            try literal("\r\n")
        }
    }

    /// `*( field-line CRLF ) CRLF`, with `field-line = field-name ":" OWS field-value OWS` (RFC 9112 section 5).
    private mutating func fieldLines() throws(Unreadable) -> [Message.Field] {
        var fields: [Message.Field] = []
        while !has("\r\n") {
            let name = try some(Grammar.isToken)
            try literal(":")
            let value = many(Grammar.isFieldContent)
            try literal("\r\n")
            fields.append(Message.Field(name: name, value: Grammar.trimmed(value)))
        }
        try literal("\r\n")
        return fields
    }

    /// RFC 9112 section 3.2: one valid `Host`, which only HTTP/1.0 may leave out.
    private static func checkHost(_ fields: [Message.Field], isHTTP10: Bool) throws(Unreadable) {
        let hosts = values("host", fields)
        guard hosts.count == 1 || (hosts.isEmpty && isHTTP10) else { throw Unreadable() }
        for host in hosts { try Target.checkHost(host) }
    }

    // MARK: The body

    /// RFC 9112 section 6.3: a length, or the one word `chunked`, or no body.
    private mutating func body(
        _ fields: [Message.Field], isHTTP10: Bool, _ measures: inout StrictRequest.Measures
    ) throws(Unreadable) -> [UInt8] {
        let codings = Self.values("transfer-encoding", fields)
        let lengths = Self.values("content-length", fields)
        if !codings.isEmpty {
            guard lengths.isEmpty, !isHTTP10, codings.map(Grammar.lowercased) == ["chunked"] else { throw Unreadable() }
            return try chunkedBody(&measures)
        }
        guard let length = lengths.first else { return [] }
        guard lengths.count == 1, length.allSatisfy(Grammar.isDigit),
            let count = Int(String(decoding: length, as: UTF8.self))
        else { throw Unreadable() }
        return try take(count)
    }

    /// `chunked-body = *chunk last-chunk trailer-section CRLF` (RFC 9112 section 7.1).
    private mutating func chunkedBody(
        _ measures: inout StrictRequest.Measures
    ) throws(Unreadable) -> [UInt8] {
        var body: [UInt8] = []
        while true {
            // chunk = chunk-size [ chunk-ext ] CRLF chunk-data CRLF, and the last one has the size zero and no data.
            let lineStart = position
            let digits = try some(Grammar.isHexDigit)
            try chunkExtensions()
            measures.chunkExtensionBytes += max(0, position - lineStart - 16)
            try literal("\r\n")
            guard let size = Int(String(decoding: digits, as: UTF8.self), radix: 16) else { throw Unreadable() }
            if size == 0 { break }
            body += try take(size)
            try literal("\r\n")
        }
        let trailerStart = position
        measures.trailers = try fieldLines().count
        measures.trailerBytes = position - trailerStart - 2
        return body
    }

    /// `chunk-ext = *( BWS ";" BWS chunk-ext-name [ BWS "=" BWS chunk-ext-val ] )` (RFC 9112 section 7.1.1).
    private mutating func chunkExtensions() throws(Unreadable) {
        while hasBehindWhitespace(";") {
            try separator(";")
            _ = try some(Grammar.isToken)
            if !hasBehindWhitespace("=") { continue }
            try separator("=")
            if has("\"") { try quotedString() } else { _ = try some(Grammar.isToken) }
        }
    }

    /// A character with bad white space on both sides.
    private mutating func separator(_ text: String) throws(Unreadable) {
        _ = many(Grammar.isWhitespace)
        try literal(text)
        _ = many(Grammar.isWhitespace)
    }

    /// `quoted-string = DQUOTE *( qdtext / quoted-pair ) DQUOTE` (RFC 9110 section 5.6.4).
    private mutating func quotedString() throws(Unreadable) {
        try literal("\"")
        _ = many(Grammar.isQuotedText)
        while has("\\") {
            try literal("\\")
            _ = try one(Grammar.isFieldContent)
            _ = many(Grammar.isQuotedText)
        }
        try literal("\"")
    }

    // MARK: What fields say

    private static func values(_ name: String, _ fields: [Message.Field]) -> [[UInt8]] {
        fields.filter { Grammar.lowercased($0.name) == name }.map(\.value)
    }

    /// The elements of a comma-separated list, in lower case, without the empty ones (RFC 9110 section 5.6.1.2).
    private static func elements(_ values: [[UInt8]]) -> [String] {
        values.flatMap { $0.split(separator: 0x2C) }.map { Grammar.lowercased(Grammar.trimmed(Array($0))) }
            .filter { !$0.isEmpty }
    }

    /// RFC 9112 section 9.3.
    private static func persists(_ fields: [Message.Field], isHTTP10: Bool) -> Bool {
        let options = elements(values("connection", fields))
        return !options.contains("close") && (!isHTTP10 || options.contains("keep-alive"))
    }

    private static func methodName(_ method: [UInt8]) -> String {
        let name = String(decoding: method, as: UTF8.self)
        let known = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"].contains(name)
        return known ? name.lowercased() : "other"
    }
}

// MARK: Reading

extension StrictReader {
    var isAtEnd: Bool { position == input.count }

    /// Whether `text` stands here.
    func has(_ text: String) -> Bool { input[position...].starts(with: text.utf8) }

    /// Whether `text` stands behind white space, of which there may be none.
    private func hasBehindWhitespace(_ text: String) -> Bool {
        input[position...].drop(while: Grammar.isWhitespace).starts(with: text.utf8)
    }

    /// `text`, to the letter.
    mutating func literal(_ text: String) throws(Unreadable) {
        guard has(text) else { throw Unreadable() }
        position += text.utf8.count
    }

    /// Exactly `count` bytes, whatever they are.
    mutating func take(_ count: Int) throws(Unreadable) -> [UInt8] {
        guard count <= input.count - position else { throw Unreadable() }
        position += count
        return Array(input[position - count..<position])
    }

    /// One byte that `belongs`.
    mutating func one(_ belongs: (UInt8) -> Bool) throws(Unreadable) -> UInt8 {
        guard let byte = input[position...].first, belongs(byte) else { throw Unreadable() }
        position += 1
        return byte
    }

    /// All the bytes from here on that `belong`, perhaps none.
    mutating func many(_ belong: (UInt8) -> Bool) -> [UInt8] {
        let text = Array(input[position...].prefix(while: belong))
        position += text.count
        return text
    }

    /// All the bytes from here on that `belong`, at least one.
    mutating func some(_ belong: (UInt8) -> Bool) throws(Unreadable) -> [UInt8] {
        let text = many(belong)
        guard !text.isEmpty else { throw Unreadable() }
        return text
    }

    /// Bytes that `belong`, mixed with `pct-encoded = "%" HEXDIG HEXDIG` (RFC 3986 section 2.1), perhaps none.
    mutating func encoded(_ belong: (UInt8) -> Bool) throws(Unreadable) -> [UInt8] {
        var text = many(belong)
        while has("%") {
            text.append(try one { $0 == 0x25 })
            text.append(try one(Grammar.isHexDigit))
            text.append(try one(Grammar.isHexDigit))
            text += many(belong)
        }
        return text
    }
}
