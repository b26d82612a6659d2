/// Takes the chunked coding off a body, in place (RFC 9112 section 7.1).
///
///     chunked-body = *chunk last-chunk trailer-section CRLF
///     chunk        = chunk-size [ chunk-ext ] CRLF chunk-data CRLF
///     last-chunk   = 1*"0" [ chunk-ext ] CRLF
///
/// The decoded body grows behind the head while the coded bytes are read ahead of it:
/// `head ≤ written ≤ read ≤ bytes received`, all counted from the request's first byte.
struct ChunkedDecoder: Sendable {
    private enum Phase {
        case size, data, dataEnd, trailers, finished
    }

    /// Where the decoded body ends so far.
    private(set) var written: Int
    /// Where the coded bytes not yet read begin.
    private(set) var read: Int
    private let bodyStart: Int
    private var phase = Phase.size
    /// Data bytes of the current chunk that are still to come.
    private var remaining = 0
    /// There is no line feed from `read` up to here.
    private var searched: Int
    private var extensionBytes = 0
    private var trailerBytes = 0
    private var trailers = 0

    /// A decoder for the body behind a head of `length` bytes.
    init(headLength length: Int) {
        bodyStart = length
        written = length
        read = length
        searched = length
    }

    /// Decodes what has come, in `buffer` from `base` on, and closes the gap behind the decoded bytes.
    ///
    /// Returns whether the body is whole; then `read` is where the next request begins.
    mutating func decode(_ buffer: inout [UInt8], base: Int, _ limits: Limits) throws(RequestError) -> Bool {
        while phase != .finished {
            guard try step(&buffer, base: base, limits) else {
                closeGap(&buffer, base: base)
                return false
            }
        }
        return true
    }

    /// One step; `false` if it needs more bytes.
    private mutating func step(_ buffer: inout [UInt8], base: Int, _ limits: Limits) throws(RequestError) -> Bool {
        switch phase {
        case .size: return try readSize(buffer.span.extracting(base...), limits)
        case .data: return moveData(&buffer, base: base)
        case .dataEnd: return try readDataEnd(buffer.span.extracting(base...))
        case .trailers: return try readTrailer(buffer.span.extracting(base...), limits)
        case .finished: return true
        }
    }

    private mutating func readSize(_ bytes: Span<UInt8>, _ limits: Limits) throws(RequestError) -> Bool {
        // Sixteen digits are a size of 64 bits; what a line has beyond that is padding and counts as extension.
        let plain = 16
        let end = endOfLine(bytes)
        // The byte before the line feed, or the last so far, may be the CR.
        let lineLength = (end ?? bytes.count) - read - 1
        if extensionBytes + lineLength - plain > limits.chunkExtensionBytes {
            throw RequestError(400, "The chunk extensions are too long.")
        }
        guard let end else { return false }
        let line = try takeLine(bytes, end)
        extensionBytes += max(0, line.count - plain)
        remaining = try Self.size(bytes, line)
        let (length, overflowed) = (written - bodyStart).addingReportingOverflow(remaining)
        if overflowed || length > limits.bodyBytes { throw RequestError.bodyTooLarge(limits) }
        phase = remaining == 0 ? .trailers : .data
        return true
    }

    /// `chunk-size = 1*HEXDIG`, perhaps followed by extensions.
    private static func size(_ bytes: Span<UInt8>, _ line: Range<Int>) throws(RequestError) -> Int {
        let fault = RequestError(400, "A chunk size is not a number of 63 bits in hexadecimal digits.")
        var size = 0
        var index = line.lowerBound
        while index < line.upperBound, let digit = bytes[index].hexValue {
            guard size <= Int.max >> 4 else { throw fault }
            size = size << 4 | digit
            index += 1
        }
        guard index > line.lowerBound else { throw fault }
        guard ChunkExtensions.areValid(bytes, index..<line.upperBound) else {
            throw RequestError(400, "A chunk size is followed by something that is no chunk extension.")
        }
        return size
    }

    private mutating func moveData(_ buffer: inout [UInt8], base: Int) -> Bool {
        let count = min(remaining, buffer.count - base - read)
        if written != read {
            for offset in 0..<count { buffer[base + written + offset] = buffer[base + read + offset] }
        }
        written += count
        read += count
        searched = read
        remaining -= count
        if remaining > 0 { return false }
        phase = .dataEnd
        return true
    }

    private mutating func readDataEnd(_ bytes: Span<UInt8>) throws(RequestError) -> Bool {
        let fault = RequestError(400, "A chunk's data is not followed by CRLF.")
        guard read < bytes.count else { return false }
        guard bytes[read] == ASCII.carriageReturn else { throw fault }
        guard read + 1 < bytes.count else { return false }
        guard bytes[read + 1] == ASCII.lineFeed else { throw fault }
        read += 2
        searched = read
        phase = .size
        return true
    }

    /// `trailer-section = *( field-line CRLF )`: checked like fields of a head, then dropped (RFC 9110 section 6.5.1).
    private mutating func readTrailer(_ bytes: Span<UInt8>, _ limits: Limits) throws(RequestError) -> Bool {
        let end = endOfLine(bytes)
        // With its line feed, which is still to come if there is no end; two bytes may be the empty line.
        let length = (end ?? bytes.count) + 1 - read
        if length > 2, trailerBytes + length > limits.trailerBytes { throw Self.trailersTooLong }
        guard let end else { return false }
        let line = try takeLine(bytes, end)
        if line.isEmpty {
            phase = .finished
            return true
        }
        trailers += 1
        trailerBytes += length
        if trailers > limits.fields { throw Self.trailersTooLong }
        _ = try FieldLine(bytes, line: line)
        return true
    }

    /// Where the line feed of the line being read is, if it has come.
    ///
    /// A line's length is checked before anything else about it, whether it has ended or not, so that no answer depends on
    /// how the bytes are cut.
    private mutating func endOfLine(_ bytes: Span<UInt8>) -> Int? {
        let end = bytes.firstIndex(of: ASCII.lineFeed, in: searched..<bytes.count)
        searched = end ?? bytes.count
        return end
    }

    /// The line that ends with the line feed at `end`, without its CRLF; the next one is to be read then.
    private mutating func takeLine(_ bytes: Span<UInt8>, _ end: Int) throws(RequestError) -> Range<Int> {
        guard end > read, bytes[end - 1] == ASCII.carriageReturn else {
            throw RequestError(400, "A line of the chunked coding ends with a bare line feed.")
        }
        let line = read..<end - 1
        read = end + 1
        searched = read
        return line
    }

    /// What has been read is dropped, so that coding, however wordy, costs no memory.
    private mutating func closeGap(_ buffer: inout [UInt8], base: Int) {
        let gap = read - written
        guard gap > 0 else { return }
        buffer.removeSubrange(base + written..<base + read)
        read -= gap
        searched -= gap
    }

    private static let trailersTooLong = RequestError(431, "The trailers are too many or too long.")
}
