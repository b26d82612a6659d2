/// One HTTP request as `Transport` sends it.
package struct TransportRequest: Sendable {
    /// The methods that this program has a use for.
    package enum Method: String, Sendable {
        /// RFC 9110 9.3.1; without a body.
        case get = "GET"
        /// RFC 9110 9.3.3; with a body, which may be empty.
        case post = "POST"
    }

    /// What to do with the resource.
    package var method: Method
    /// An absolute `http:` or `https:` URL. Bytes that a URL may not hold make the request invalid; nothing is encoded
    /// for the caller.
    package var url: String
    /// Header fields, sent in this order after libcurl's own. `Accept-Encoding` given here means that the caller
    /// decodes.
    package var fields: [(name: String, value: String)]
    /// The content of a `POST`; ignored by `GET`.
    package var body: [UInt8]
    /// The time for all of it, from resolving the name to the answer's last byte; waiting for a free worker is not
    /// counted.
    package var timeout: Duration
    /// The most bytes an answer's body may have, after decompression.
    package var maximumAnswerBytes: Int
    /// Whether a second sending does no harm.
    ///
    /// libcurl sends a request again, a POST too, when a kept-alive connection turns out to have been closed; a request
    /// that must not be sent twice therefore gets a connection of its own, on which that cannot happen.
    package var mayRepeat: Bool
    /// Gets the body of a 2xx answer as it comes; the answer itself then holds its beginning only.
    package var sink: (any AnswerSink)?

    /// A request with the bounds that fit one small JSON answer: ten seconds and 1 MiB.
    package init(
        _ method: Method, _ url: String, fields: [(name: String, value: String)] = [], body: [UInt8] = [],
        timeout: Duration = .seconds(10), maximumAnswerBytes: Int = 1 << 20, mayRepeat: Bool = true,
        sink: (any AnswerSink)? = nil
    ) {
        self.method = method
        self.url = url
        self.fields = fields
        self.body = body
        self.timeout = timeout
        self.maximumAnswerBytes = maximumAnswerBytes
        self.mayRepeat = mayRepeat
        self.sink = sink
    }

    /// What keeps this request from being sent, or nil. libcurl takes field lines as they are, so a line end in a value
    /// would smuggle in a field of its own; and a URL ends for it at the first NUL.
    var fault: TransportFault? {
        guard url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            return TransportFault(
                .invalidRequest, "the URL holds a space, a control character or a character beyond ASCII")
        }
        for field in fields {
            guard !field.name.isEmpty, field.name.utf8.allSatisfy(Self.isTokenByte) else {
                return TransportFault(.invalidRequest, "a header field's name is not a token (RFC 9110 5.6.2)")
            }
            guard field.value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
                return TransportFault(.invalidRequest, "the value of the field \(field.name) holds a control character")
            }
        }
        return nil
    }

    /// `tchar` of RFC 9110 5.6.2.
    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            return true
        default:
            return "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}
