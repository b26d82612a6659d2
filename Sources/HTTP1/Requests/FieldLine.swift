/// One field line of a head: where its name and its value are, counted from the request's first byte.
struct FieldLine: Sendable, Hashable {
    /// The fields that the protocol itself must understand; found out once, while the name is at hand.
    enum Known: UInt8, Sendable {
        case other, host, contentLength, transferEncoding, connection, expect
    }

    let name: ByteRange
    let value: ByteRange
    let known: Known

    /// Reads one line, without its CRLF.
    ///
    ///     field-line   = field-name ":" OWS field-value OWS     RFC 9112 section 5
    ///     field-name   = 1*tchar                                RFC 9110 section 5.1
    ///     field-value  = *( VCHAR / obs-text / SP / HTAB )      RFC 9110 section 5.5, white space at the ends apart
    init(_ bytes: Span<UInt8>, line: Range<Int>) throws(RequestError) {
        let token = ByteSet.token
        var colon = line.lowerBound
        while colon < line.upperBound, token.contains(bytes[colon]) { colon += 1 }
        guard colon < line.upperBound, bytes[colon] == ASCII.colon, colon > line.lowerBound else {
            throw Self.fault(bytes, line: line, nameEnd: colon)
        }
        for index in colon + 1..<line.upperBound where !bytes[index].isFieldContent {
            throw RequestError(400, "A field value holds a control byte.")
        }
        name = ByteRange(line.lowerBound..<colon)
        value = ByteRange(bytes.trimmingWhitespace(colon + 1..<line.upperBound))
        known = Known(bytes, line.lowerBound..<colon)
    }

    /// Says what is wrong with a line whose name is not followed by a colon.
    private static func fault(_ bytes: Span<UInt8>, line: Range<Int>, nameEnd: Int) -> RequestError {
        guard nameEnd < line.upperBound else { return RequestError(400, "A field line has no colon.") }
        let offender = bytes[nameEnd]
        if offender == ASCII.colon { return RequestError(400, "A field line has an empty name.") }
        if offender.isWhitespace {
            // RFC 9112 sections 5.1 and 5.2: both have been used to smuggle requests, so neither is mended.
            return nameEnd == line.lowerBound
                ? RequestError(400, "A line begins with white space; folded field lines are not accepted.")
                : RequestError(400, "A field name is followed by white space; the colon must follow it at once.")
        }
        return RequestError(400, "A field name holds a byte that is not allowed there.")
    }
}

extension FieldLine.Known {
    fileprivate init(_ bytes: Span<UInt8>, _ name: Range<Int>) {
        self = .other
        switch name.count {
        case 4: if bytes.equalsIgnoringCase("host", name) { self = .host }
        case 6: if bytes.equalsIgnoringCase("expect", name) { self = .expect }
        case 10: if bytes.equalsIgnoringCase("connection", name) { self = .connection }
        case 14: if bytes.equalsIgnoringCase("content-length", name) { self = .contentLength }
        case 17: if bytes.equalsIgnoringCase("transfer-encoding", name) { self = .transferEncoding }
        default: break
        }
    }
}
