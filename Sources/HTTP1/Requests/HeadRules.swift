/// What a whole head means for its connection and its body; the RFC's rules in their order, each refusal with its status.
struct HeadRules: Sendable, Hashable {
    /// How the end of the body is found (RFC 9112 section 6.3).
    enum Framing: Sendable, Hashable {
        case length(Int)
        case chunked
    }

    let framing: Framing
    /// Whether the sender would like to go on after the answer (RFC 9112 section 9.3).
    let keepsAlive: Bool
    /// Whether the sender waits for `100 Continue` before it sends the body (RFC 9110 section 10.1.1).
    let expectsContinue: Bool

    init(_ head: RequestHead, _ bytes: Span<UInt8>, _ limits: Limits) throws(RequestError) {
        try Self.checkHost(head, bytes)
        framing = try Self.framing(head, bytes, limits)
        keepsAlive = Self.keepsAlive(head, bytes)
        expectsContinue = try Self.expectsContinue(head, bytes)
    }

    /// RFC 9112 section 3.2: one valid `Host` in HTTP/1.1, at most one in HTTP/1.0.
    private static func checkHost(_ head: RequestHead, _ bytes: Span<UInt8>) throws(RequestError) {
        var count = 0
        for field in head.fields where field.known == .host {
            count += 1
            guard Authority.isValid(bytes, field.value.range) else {
                throw RequestError(400, "The Host field is not a host with an optional port.")
            }
        }
        if count > 1 { throw RequestError(400, "The request has more than one Host field.") }
        if count == 0, head.minorVersion > 0 { throw RequestError(400, "The request has no Host field.") }
    }

    /// RFC 9112 section 6.3, the rules for requests, without the leniency that it leaves to the recipient.
    private static func framing(
        _ head: RequestHead, _ bytes: Span<UInt8>, _ limits: Limits
    ) throws(RequestError) -> Framing {
        var codings = Codings()
        var length: Int?
        for field in head.fields {
            if field.known == .transferEncoding {
                codings.add(bytes, field.value.range)
            } else if field.known == .contentLength {
                guard length == nil else { throw RequestError(400, "The request has more than one Content-Length.") }
                length = try contentLength(bytes, field.value.range)
            }
        }
        if codings.lines > 0 {
            if length != nil { throw RequestError(400, "Content-Length beside Transfer-Encoding is not accepted.") }
            if head.minorVersion == 0 { throw RequestError(400, "HTTP/1.0 has no Transfer-Encoding.") }
            // Without chunked as the last coding nobody knows where the body ends: 400 is a MUST there.
            guard codings.lastIsChunked else { throw RequestError(400, "The last transfer coding is not chunked.") }
            guard codings.count == 1 else { throw RequestError(501, "No transfer coding but chunked is implemented.") }
            guard codings.isPlain else { throw RequestError(400, "The Transfer-Encoding is not just one word.") }
            return .chunked
        }
        if let length, length > limits.bodyBytes { throw RequestError.bodyTooLarge(limits) }
        return .length(length ?? 0)
    }

    /// `Transfer-Encoding = #transfer-coding` (RFC 9112 section 6.1), over all lines of that name.
    private struct Codings {
        private(set) var lines = 0
        private(set) var count = 0
        private(set) var lastIsChunked = false
        /// Nothing but the word stands there. RFC 9110 section 5.6.1.2 wants empty list elements ignored; here they are not,
        /// since a proxy that does not know ", chunked" for chunked would find another end of the body.
        private(set) var isPlain = true

        mutating func add(_ bytes: Span<UInt8>, _ value: Range<Int>) {
            lines += 1
            isPlain = lines == 1 && bytes.equalsIgnoringCase("chunked", value)
            bytes.forEachListElement(in: value) { element in
                count += 1
                lastIsChunked = bytes.equalsIgnoringCase("chunked", element)
            }
        }
    }

    /// `Content-Length = 1*DIGIT` (RFC 9110 section 8.6); no list, even of equal members.
    private static func contentLength(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(RequestError) -> Int {
        let fault = RequestError(400, "The Content-Length is not a number of 63 bits in decimal digits.")
        guard !range.isEmpty else { throw fault }
        var length = 0
        for index in range {
            guard let digit = bytes[index].decimalValue else { throw fault }
            let (tens, overflowed) = length.multipliedReportingOverflow(by: 10)
            let (sum, overflowedToo) = tens.addingReportingOverflow(digit)
            if overflowed || overflowedToo { throw fault }
            length = sum
        }
        return length
    }

    /// `close` wins over everything; HTTP/1.0 must ask to be kept alive.
    private static func keepsAlive(_ head: RequestHead, _ bytes: Span<UInt8>) -> Bool {
        var close = false
        var keepAlive = head.minorVersion > 0
        for field in head.fields where field.known == .connection {
            bytes.forEachListElement(in: field.value.range) { option in
                if bytes.equalsIgnoringCase("close", option) { close = true }
                if bytes.equalsIgnoringCase("keep-alive", option) { keepAlive = true }
            }
        }
        return keepAlive && !close
    }

    /// The one expectation there is; HTTP/1.0 senders cannot mean it, and it is ignored there.
    private static func expectsContinue(_ head: RequestHead, _ bytes: Span<UInt8>) throws(RequestError) -> Bool {
        var expects = false
        for field in head.fields where field.known == .expect {
            guard bytes.equalsIgnoringCase("100-continue", field.value.range) else {
                throw RequestError(417, "The only expectation that can be met is 100-continue.")
            }
            expects = true
        }
        return expects && head.minorVersion > 0
    }
}

extension RequestError {
    static func bodyTooLarge(_ limits: Limits) -> RequestError {
        RequestError(413, "The body is longer than \(limits.bodyBytes) bytes.")
    }
}
