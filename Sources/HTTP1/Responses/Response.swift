/// An answer, rendered once and sent as often as wanted: keep a static answer in a `static let`.
///
/// `Date`, `Connection` and the framing of a streamed body are added when it is sent.
public struct Response: Sendable, Hashable {
    /// The status code.
    public let status: Int
    /// The body; not sent in answer to HEAD.
    public let body: [UInt8]
    /// Whether the connection ends after this answer.
    public var closesConnection = false
    /// The status line and all fields, each with its CRLF, `Content-Length` last.
    let head: [UInt8]
    /// The same up to the `Content-Length`, which a streamed body does not have.
    let streamedHeadLength: Int

    /// An answer of these parts.
    ///
    /// - Parameters:
    ///   - status: 200 to 599.
    ///   - contentType: The media type of the body, or `nil` for none.
    ///   - fields: Further fields. A name must be a token; control bytes in a value are sent as spaces, so that no value
    ///     can end its line.
    ///   - body: Must be empty for 204 and 304.
    public init(status: Int, contentType: String? = nil, fields: [(String, String)] = [], body: [UInt8] = []) {
        precondition((200...599).contains(status), "an answer has a final status")
        let hasBody = status != 204 && status != 304
        precondition(hasBody || body.isEmpty, "the status \(status) has no body")
        var head: [UInt8] = []
        head += "HTTP/1.1 \(status) \(Status.reason(status))\r\n".utf8
        if let contentType { Self.append("Content-Type", contentType, to: &head) }
        for (name, value) in fields { Self.append(name, value, to: &head) }
        streamedHeadLength = head.count
        if hasBody { Self.append("Content-Length", "\(body.count)", to: &head) }
        self.status = status
        self.body = body
        self.head = head
    }

    /// An answer with a JSON body, which is taken as it is.
    public static func json(status: Int, _ body: [UInt8], fields: [(String, String)] = []) -> Response {
        Response(status: status, contentType: "application/json", fields: fields, body: body)
    }

    /// An answer with a JSON body, which is taken as it is.
    public static func json(status: Int, _ body: String, fields: [(String, String)] = []) -> Response {
        json(status: status, Array(body.utf8), fields: fields)
    }

    /// An error as RFC 9457 has it, with the status' own words as its title and no type of its own.
    public static func problem(status: Int, detail: String, fields: [(String, String)] = []) -> Response {
        let title = jsonEscaped(Status.reason(status))
        let text = "{\"title\":\"\(title)\",\"status\":\(status),\"detail\":\"\(jsonEscaped(detail))\"}"
        return Response(
            status: status, contentType: "application/problem+json", fields: fields, body: Array(text.utf8))
    }

    private static func append(_ name: String, _ value: String, to head: inout [UInt8]) {
        precondition(!name.isEmpty && name.utf8.allSatisfy(ByteSet.token.contains), "a field name is a token")
        head += name.utf8
        head += ": ".utf8
        head += value.utf8.lazy.map { $0.isFieldContent ? $0 : ASCII.space }
        head += "\r\n".utf8
    }

    /// Escapes what may not stand in a JSON string (RFC 8259 section 7).
    private static func jsonEscaped(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": escaped += "\\\""
            case "\\": escaped += "\\\\"
            case "\u{0}"..."\u{1F}":
                let digits = String(scalar.value, radix: 16)
                escaped += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
