/// Puts answers into the bytes that go out.
enum Serializer {
    /// What the sender of an answer says about the connection after it.
    enum Persistence: Sendable, Hashable {
        /// HTTP/1.1 goes on without a word.
        case goesOn
        /// HTTP/1.0 must be told that its wish is granted.
        case keepsAlive
        case closes
    }

    /// Appends a whole answer.
    ///
    /// `dateLine` is a rendered `Date` field with its CRLF, as `HTTPDate.line` makes it.
    static func append(
        _ response: Response, withBody: Bool, _ persistence: Persistence, dateLine: [UInt8], to output: inout [UInt8]
    ) {
        output.append(contentsOf: response.head)
        appendCommonFields(persistence, dateLine: dateLine, to: &output)
        output.append(contentsOf: crlf)
        if withBody { output.append(contentsOf: response.body) }
    }

    /// Appends the head of an answer whose body follows piece by piece.
    static func appendHead(
        of response: Response, chunked: Bool, _ persistence: Persistence, dateLine: [UInt8],
        to output: inout [UInt8]
    ) {
        output.append(contentsOf: response.head[..<response.streamedHeadLength])
        if chunked { output.append(contentsOf: transferEncodingChunked) }
        appendCommonFields(persistence, dateLine: dateLine, to: &output)
        output.append(contentsOf: crlf)
    }

    /// Appends one piece of a streamed body, as a chunk or as it is.
    static func append(piece: [UInt8], chunked: Bool, to output: inout [UInt8]) {
        // A chunk of size zero would end the body.
        if piece.isEmpty { return }
        if chunked { output.append(contentsOf: String(piece.count, radix: 16).utf8 + crlf) }
        output.append(contentsOf: piece)
        if chunked { output.append(contentsOf: crlf) }
    }

    private static func appendCommonFields(
        _ persistence: Persistence, dateLine: [UInt8], to output: inout [UInt8]
    ) {
        output.append(contentsOf: dateLine)
        switch persistence {
        case .goesOn: break
        case .keepsAlive: output.append(contentsOf: connectionKeepAlive)
        case .closes: output.append(contentsOf: connectionClose)
        }
    }

    static let interimContinue = Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)
    static let lastChunk = Array("0\r\n\r\n".utf8)
    private static let crlf = Array("\r\n".utf8)
    private static let connectionKeepAlive = Array("Connection: keep-alive\r\n".utf8)
    private static let connectionClose = Array("Connection: close\r\n".utf8)
    private static let transferEncodingChunked = Array("Transfer-Encoding: chunked\r\n".utf8)
}
