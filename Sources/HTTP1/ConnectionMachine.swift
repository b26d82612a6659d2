/// The server's side of one HTTP/1.1 connection: bytes in, requests out, answers in, bytes out. It does no I/O itself.
///
/// Whoever runs it asks `next` what to do until it says `read`, `wait`, `linger` or `close`, and sends what has been put
/// into the output meanwhile. One request is under way at a time: the one behind it is not looked at before the answer is
/// in the output, so answers are in order, and a bad request cannot steal the answer of the good one before it.
public struct ConnectionMachine: Sendable {
    /// What to do now.
    public enum Action: Sendable {
        /// Read more bytes (`receive`) or the end of the stream (`receiveEnd`), then ask again.
        case read
        /// A whole request: see to it that it gets an answer (`answer` or `beginStream`), then ask again.
        case handle(Request)
        /// What came is refused, and the refusal is in the output: say so in a log if you like, then ask again.
        case refused(RequestError)
        /// The request under way has no answer yet.
        case wait
        /// Nothing is read any more. Send the output, shut down the writing side, discard for a bounded while what still
        /// comes, close. A close without that makes the kernel send a reset, which may overtake the answer.
        case linger
        /// The sender has ended. Send the output, close.
        case close
    }

    /// What the connection is busy with, for the deadlines.
    public enum Phase: Sendable, Hashable {
        /// Not a byte of a next request has come.
        case idle
        /// A request has begun and is not whole.
        case receiving
        /// A request waits for its answer.
        case handling
        /// An answer is being streamed.
        case streaming
        /// Nothing more is read.
        case finished
    }

    private enum State {
        case head
        case body(length: Int)
        case chunks(ChunkedDecoder)
        case handling
        case streaming(chunked: Bool, goesOn: Bool)
        case finished(Action)
    }

    /// What a connection keeps while it idles; a larger buffer is given back.
    private static let idleBytes = 2016

    /// The bounds on requests that are not yet whole; a change holds from the next bytes on.
    public var limits: Limits
    /// How many requests have become whole. It names the request under way.
    public private(set) var requestCount = 0
    private var state = State.head
    private var parser = RequestParser()
    private var rules: HeadRules?
    private var buffer: [UInt8] = []
    /// Where in the buffer the request being read, or handled, begins; everything before is dead.
    private var base = 0
    /// Where the request under way ends, counted from its first byte.
    private var length = 0
    private var ended = false
    private var stopping = false

    /// A connection just accepted.
    public init(limits: Limits) { self.limits = limits }

    /// What the connection is busy with.
    public var phase: Phase {
        switch state {
        case .head: parser.isBetweenRequests(byteCount: buffer.count - base) ? .idle : .receiving
        case .body, .chunks: .receiving
        case .handling: .handling
        case .streaming: .streaming
        case .finished: .finished
        }
    }

    /// The memory that the connection's input takes, in bytes.
    public var heldBytes: Int { buffer.capacity }

    // MARK: Input

    /// Lets `fill` append bytes just received to the input. The room it is offered grows with what has come, not with what
    /// a sender announces.
    public mutating func receive(_ fill: (inout OutputSpan<UInt8>) -> Void) {
        if base > 0 { dropDeadBytes() }
        if buffer.capacity == 0 { buffer.reserveCapacity(Self.idleBytes) }
        let free = buffer.capacity - buffer.count
        let room = free >= Self.idleBytes / 4 ? free : max(buffer.count, Self.idleBytes)
        buffer.append(addingCapacity: room, initializingWith: fill)
    }

    /// The sender has ended its side of the connection.
    public mutating func receiveEnd() { ended = true }

    // MARK: What next

    /// Decides what to do. Appends interim answers and refusals to `output`.
    ///
    /// `dateLine` is the current `Date` field as `HTTPDate.line` makes it.
    public mutating func next(dateLine: [UInt8], output: inout [UInt8]) -> Action {
        do throws(RequestError) {
            while true {
                if let action = try step(&output) { return action }
            }
        } catch {
            refuse(.problem(status: error.status, detail: error.detail), dateLine: dateLine, output: &output)
            return .refused(error)
        }
    }

    /// One step of reading; `nil` if there is another.
    private mutating func step(_ output: inout [UInt8]) throws(RequestError) -> Action? {
        switch state {
        case .head: return try readHead(&output)
        case .body(let length): return try readBody(length)
        case .chunks(let decoder): return try readChunks(decoder)
        case .handling, .streaming: return .wait
        case .finished(let action): return action
        }
    }

    private mutating func readHead(_ output: inout [UInt8]) throws(RequestError) -> Action? {
        guard try parser.parse(buffer, base: base, limits) else { return try readMore() }
        let rules = try HeadRules(parser.head, buffer.span.extracting(base...), limits)
        self.rules = rules
        switch rules.framing {
        case .length(let bodyLength): state = .body(length: parser.head.length + bodyLength)
        case .chunked: state = .chunks(ChunkedDecoder(headLength: parser.head.length))
        }
        let bodyHasBegun = buffer.count - base > parser.head.length
        if rules.expectsContinue, rules.framing != .length(0), !bodyHasBegun {
            // RFC 9110 section 10.1.1: left out when part of the body is already here.
            output.append(contentsOf: Serializer.interimContinue)
        }
        return nil
    }

    private mutating func readBody(_ length: Int) throws(RequestError) -> Action? {
        guard buffer.count - base >= length else { return try readMore() }
        self.length = length
        return handOver(bodyEnd: length)
    }

    private mutating func readChunks(_ decoder: ChunkedDecoder) throws(RequestError) -> Action? {
        var decoder = decoder
        let isWhole = try decoder.decode(&buffer, base: base, limits)
        state = .chunks(decoder)
        guard isWhole else { return try readMore() }
        length = decoder.read
        return handOver(bodyEnd: decoder.written)
    }

    private mutating func readMore() throws(RequestError) -> Action {
        if ended {
            // A request cut short is never processed (RFC 9112 section 8).
            guard phase == .idle else { throw RequestError(400, "The request was cut short.") }
            state = .finished(.close)
            return .close
        }
        if phase == .idle { giveBackMemory() }
        return .read
    }

    private mutating func handOver(bodyEnd: Int) -> Action {
        guard let target = parser.head.target else { preconditionFailure("a whole head has a target") }
        requestCount += 1
        state = .handling
        return .handle(Request(parser.head, target: target, bytes: buffer, base: base, bodyEnd: bodyEnd))
    }

    // MARK: Answers

    /// Puts the answer to the request under way into the output.
    public mutating func answer(_ response: Response, dateLine: [UInt8], output: inout [UInt8]) {
        guard case .handling = state else { preconditionFailure("an answer needs a request that waits for it") }
        let goesOn = goesOn(after: response)
        Serializer.append(
            response, withBody: parser.head.method != .head, persistence(goesOn: goesOn), dateLine: dateLine,
            to: &output)
        finishRequest(goesOn: goesOn)
    }

    /// Puts the head of an answer whose body is streamed into the output. The response's own body is not sent.
    ///
    /// Returns `false` if the answer is whole by that, since it answers a HEAD request.
    public mutating func beginStream(_ response: Response, dateLine: [UInt8], output: inout [UInt8]) -> Bool {
        guard case .handling = state else { preconditionFailure("an answer needs a request that waits for it") }
        // HTTP/1.0 knows no chunks: the end of the body is the end of the connection.
        let chunked = parser.head.minorVersion > 0
        let goesOn = chunked && goesOn(after: response)
        Serializer.appendHead(
            of: response, chunked: chunked, persistence(goesOn: goesOn), dateLine: dateLine, to: &output)
        if parser.head.method == .head {
            finishRequest(goesOn: goesOn)
            return false
        }
        state = .streaming(chunked: chunked, goesOn: goesOn)
        return true
    }

    /// Puts a piece of the streamed body into the output.
    public mutating func stream(_ piece: [UInt8], output: inout [UInt8]) {
        guard case .streaming(let chunked, _) = state else { preconditionFailure("no answer is being streamed") }
        Serializer.append(piece: piece, chunked: chunked, to: &output)
    }

    /// Ends the streamed body.
    public mutating func endStream(output: inout [UInt8]) {
        guard case .streaming(let chunked, let goesOn) = state else {
            preconditionFailure("no answer is being streamed")
        }
        if chunked { output.append(contentsOf: Serializer.lastChunk) }
        finishRequest(goesOn: goesOn && !stopping)
    }

    /// Gives the streamed body up: the connection ends without what would say that the body is whole.
    ///
    /// HTTP/1.0 has nothing of the kind: there the end of the connection is the end of the body.
    public mutating func breakStream() {
        guard case .streaming = state else { preconditionFailure("no answer is being streamed") }
        finish()
    }

    /// Answers on the server's own account in place of the request that is being read, and reads nothing more.
    ///
    /// For what only the runner knows: that time or memory is up.
    public mutating func refuse(_ response: Response, dateLine: [UInt8], output: inout [UInt8]) {
        let withBody = parser.head.method != .head || parser.head.target == nil
        Serializer.append(response, withBody: withBody, .closes, dateLine: dateLine, to: &output)
        finish()
    }

    /// From now on every answer says `Connection: close`; a request that has begun is still answered.
    public mutating func stop() { stopping = true }

    private func goesOn(after response: Response) -> Bool {
        (rules?.keepsAlive ?? false) && !response.closesConnection && !stopping
            && requestCount < limits.requestsPerConnection
    }

    private func persistence(goesOn: Bool) -> Serializer.Persistence {
        if !goesOn { return .closes }
        return parser.head.minorVersion == 0 ? .keepsAlive : .goesOn
    }

    private mutating func finishRequest(goesOn: Bool) {
        guard goesOn else { return finish() }
        base += length
        parser.reset()
        state = .head
    }

    private mutating func finish() {
        state = .finished(ended ? .close : .linger)
        // The request may still be in its handler's hands, so this gives up our share of the bytes and touches none.
        buffer = []
        base = 0
    }

    // MARK: Memory

    private mutating func dropDeadBytes() {
        if base == buffer.count {
            buffer.removeAll(keepingCapacity: buffer.capacity <= 2 * Self.idleBytes)
        } else {
            buffer.removeSubrange(..<base)
        }
        base = 0
    }

    private mutating func giveBackMemory() {
        if base == buffer.count, buffer.capacity > Self.idleBytes + 32 { buffer = []; base = 0 }
    }
}
