/// Reads a request's head from contiguous bytes that may still be coming: incomplete is a value, malformed an error.
///
/// It goes line by line and remembers how far it got, so that a head that comes byte by byte costs linear time and a
/// malformed line is refused as soon as it has ended.
struct RequestParser: Sendable {
    private enum Phase {
        case requestLine, fields, finished
    }

    /// RFC 9112 section 2.2 asks to ignore at least one empty line before a request; more than these are an abuse.
    private static let emptyLinesAllowed = 4
    /// The longest registered method has 17 characters.
    private static let methodBytes = 32
    /// What follows the target: a space, `HTTP/1.1` and a CR.
    private static let versionBytes = 10

    private(set) var head = RequestHead()
    private var phase = Phase.requestLine
    private var emptyLines = 0
    /// Where the head begins: after the empty lines that were ignored.
    private var start = 0
    /// The first byte of the line being read.
    private var lineStart = 0
    /// There is no line feed from `lineStart` up to here.
    private var searched = 0

    /// Whether all of `count` bytes were empty lines: nothing of a request has come yet.
    func isBetweenRequests(byteCount count: Int) -> Bool { phase == .requestLine && lineStart == count }

    /// Makes ready for the next request.
    mutating func reset() {
        head.reset()
        phase = .requestLine
        emptyLines = 0
        start = 0
        lineStart = 0
        searched = 0
    }

    /// Reads on in the bytes of `buffer` from `base` on, which must begin with the bytes of the calls before.
    ///
    /// Returns whether the head is whole.
    mutating func parse(_ buffer: [UInt8], base: Int, _ limits: Limits) throws(RequestError) -> Bool {
        let bytes = buffer.span.extracting(base...)
        while phase != .finished {
            guard let line = try nextLine(bytes, limits) else { return false }
            switch phase {
            case .requestLine where line.isEmpty: try skipEmptyLine()
            case .requestLine: try readRequestLine(bytes, line)
            case .fields where line.isEmpty:
                head.length = lineStart
                phase = .finished
            case .fields: try readField(bytes, line, limits)
            case .finished: break
            }
        }
        return true
    }

    /// The next line without its CRLF, if it has ended.
    private mutating func nextLine(_ bytes: Span<UInt8>, _ limits: Limits) throws(RequestError) -> Range<Int>? {
        let found = bytes.firstIndex(of: ASCII.lineFeed, in: searched..<bytes.count)
        let end = found ?? bytes.count
        searched = end
        // The same checks whether the line has ended or not, so that no answer depends on how the bytes are cut.
        if phase == .requestLine {
            try checkRequestLine(bytes, lineStart..<end, limits)
        } else if end + 1 - start > limits.headBytes {
            throw RequestError(431, "The request's head is longer than \(limits.headBytes) bytes.")
        }
        if found == nil { return nil }
        // RFC 9112 section 2.2 lets a recipient take a lone line feed for a line's end; recipients that did have
        // disagreed with their neighbours about where a request ends.
        guard end > lineStart, bytes[end - 1] == ASCII.carriageReturn else {
            throw RequestError(400, "A line ends with a bare line feed.")
        }
        let line = lineStart..<end - 1
        lineStart = end + 1
        searched = lineStart
        return line
    }

    /// Refuses a request line, of which all before the line feed or only a part has come, that can no longer become HTTP or
    /// short enough.
    private func checkRequestLine(_ bytes: Span<UInt8>, _ line: Range<Int>, _ limits: Limits) throws(RequestError) {
        guard let first = line.first else { return }
        guard ByteSet.token.contains(bytes[first]) || bytes[first] == ASCII.carriageReturn else {
            throw RequestError(400, "This is not HTTP; a TLS client may have come to a plain-text port.")
        }
        if let space = bytes.firstIndex(of: ASCII.space, in: line.prefix(Self.methodBytes + 1)) {
            if line.upperBound - space - 1 > limits.targetBytes + Self.versionBytes {
                throw RequestError(414, "The request target is longer than \(limits.targetBytes) bytes.")
            }
        } else if line.count > Self.methodBytes {
            throw RequestError(501, "The method is longer than any that is implemented.")
        }
    }

    private mutating func skipEmptyLine() throws(RequestError) {
        emptyLines += 1
        if emptyLines > Self.emptyLinesAllowed {
            throw RequestError(400, "Too many empty lines come before the request line.")
        }
        start = lineStart
    }

    /// `request-line = method SP request-target SP HTTP-version` (RFC 9112 section 3), with single spaces only.
    private mutating func readRequestLine(_ bytes: Span<UInt8>, _ line: Range<Int>) throws(RequestError) {
        guard let methodEnd = bytes.firstIndex(of: ASCII.space, in: line), methodEnd > line.lowerBound,
            let targetEnd = bytes.firstIndex(of: ASCII.space, in: methodEnd + 1..<line.upperBound)
        else { throw RequestError(400, "The request line is not a method, a target and a version.") }
        let method = line.lowerBound..<methodEnd
        let target = methodEnd + 1..<targetEnd
        let token = ByteSet.token
        for index in method where !token.contains(bytes[index]) {
            throw RequestError(400, "The method holds a byte that is not allowed there.")
        }
        head.minorVersion = try Self.minorVersion(bytes, targetEnd + 1..<line.upperBound)
        head.method = Method(bytes, method)
        head.target = try RequestTarget(bytes, target, method: head.method)
        phase = .fields
    }

    /// `HTTP-version = HTTP-name "/" DIGIT "." DIGIT`, and its name is case-sensitive (RFC 9112 section 2.3).
    private static func minorVersion(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(RequestError) -> Int {
        let lower = range.lowerBound
        guard range.count == 8, bytes.equals("HTTP/", lower..<lower + 5), let major = bytes[lower + 5].decimalValue,
            bytes.equals(".", lower + 6..<lower + 7), let minor = bytes[lower + 7].decimalValue
        else { throw RequestError(400, "The request line does not end with a version such as HTTP/1.1.") }
        guard major == 1 else { throw RequestError(505, "Only HTTP/1.1 and HTTP/1.0 are spoken here.") }
        return min(minor, 1)
    }

    private mutating func readField(
        _ bytes: Span<UInt8>, _ line: Range<Int>, _ limits: Limits
    ) throws(RequestError) {
        let field = try FieldLine(bytes, line: line)
        if head.fields.count == limits.fields {
            throw RequestError(431, "The request has more than \(limits.fields) field lines.")
        }
        head.fields.append(field)
    }
}
