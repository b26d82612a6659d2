/// Where a request's path and query are, counted from the request's first byte.
struct RequestTarget: Sendable, Hashable {
    let path: ByteRange
    let query: ByteRange?

    /// Reads the target between the two spaces of a request line (RFC 9112 section 3.2).
    ///
    ///     request-target = origin-form / absolute-form / authority-form / asterisk-form
    init(_ bytes: Span<UInt8>, _ range: Range<Int>, method: Method) throws(RequestError) {
        if method == .connect {
            // Its authority-form asks for a tunnel, and its connection would stop being HTTP: a thing not implemented.
            throw RequestError(501, "CONNECT is not implemented: this server is not a proxy.")
        }
        guard !range.isEmpty else { throw RequestError(400, "The request line has no target.") }
        if bytes[range.lowerBound] == ASCII.slash {
            try self.init(bytes, pathAndQuery: range)
        } else if range.count == 1, bytes[range.lowerBound] == ASCII.asterisk {
            guard method == .options else { throw RequestError(400, "The target * is for OPTIONS only.") }
            self.init(path: ByteRange(range), query: nil)
        } else {
            try self.init(bytes, absolute: range)
        }
    }

    private init(path: ByteRange, query: ByteRange?) {
        self.path = path
        self.query = query
    }

    /// `origin-form = absolute-path [ "?" query ]` (RFC 9112 section 3.2.1).
    private init(_ bytes: Span<UInt8>, pathAndQuery range: Range<Int>) throws(RequestError) {
        let mark = bytes.firstIndex(of: ASCII.question, in: range)
        let path = range.lowerBound..<(mark ?? range.upperBound)
        let query = mark.map { $0 + 1..<range.upperBound }
        guard PercentEncoding.isValid(bytes, path, besides: .path),
            query.map({ PercentEncoding.isValid(bytes, $0, besides: .query) }) ?? true
        else { throw RequestError(400, "The target holds a byte that must be percent-encoded.") }
        self.init(path: ByteRange(path), query: query.map(ByteRange.init))
    }

    /// `absolute-form = absolute-URI` (RFC 9112 section 3.2.2), of which a server must accept the two schemes of HTTP.
    private init(_ bytes: Span<UInt8>, absolute range: Range<Int>) throws(RequestError) {
        let fault = RequestError(400, "The target is neither a path nor an http or https URL.")
        guard let schemeEnd = bytes.firstIndex(of: ASCII.colon, in: range),
            bytes.equalsIgnoringCase("http", range.lowerBound..<schemeEnd)
                || bytes.equalsIgnoringCase("https", range.lowerBound..<schemeEnd),
            schemeEnd + 2 < range.upperBound, bytes[schemeEnd + 1] == ASCII.slash, bytes[schemeEnd + 2] == ASCII.slash
        else { throw fault }
        let lower = schemeEnd + 3
        var upper = lower
        while upper < range.upperBound, bytes[upper] != ASCII.slash, bytes[upper] != ASCII.question { upper += 1 }
        // RFC 9110 section 4.2.1: an http URL with an empty host is invalid.
        guard upper > lower, bytes[lower] != ASCII.colon, Authority.isValid(bytes, lower..<upper) else { throw fault }
        if upper < range.upperBound, bytes[upper] == ASCII.slash {
            try self.init(bytes, pathAndQuery: upper..<range.upperBound)
        } else {
            // An empty path means "/" (RFC 9110 section 4.2.3), and a path is a range of these bytes: the last slash of
            // "://" stands in for the one that was left out.
            let query = upper < range.upperBound ? upper + 1..<range.upperBound : nil
            guard query.map({ PercentEncoding.isValid(bytes, $0, besides: .query) }) ?? true else { throw fault }
            self.init(path: ByteRange(lower - 1..<lower), query: query.map(ByteRange.init))
        }
    }
}
