import HTTP1

/// What must hold for any bytes that a connection may bring.
///
/// 1. The same bytes give the same requests, refusals and answers, however they are cut.
/// 2. What is handed over, a strict second reader reads too, with the same method, target, fields, body and end; and what
///    it reads is handed over, unless it is larger than the limits allow.
/// 3. Behind a refusal nothing is handed over.
///
/// That nothing traps, and so nothing is read or written where it should not be, shows by coming back.
package enum Properties {
    /// Says which of them does not hold, or `nil`.
    ///
    /// With `cutEverywhere` the input is also cut in two at each of its bytes, which takes time of the square of its length.
    package static func violation(_ input: FuzzInput, cutEverywhere: Bool = false) -> String? {
        let count = input.bytes.count
        let whole = ConnectionRun.story(input, pieces: (max(1, count), 1))
        var cuts = [input.pieces]
        if count <= 256 { cuts.append((1, 1)) }
        if cutEverywhere { cuts += (1..<max(1, count)).map { ($0, count) } }
        for pieces in cuts {
            let story = ConnectionRun.story(input, pieces: pieces)
            if story != whole { return "in pieces of \(pieces):\n\(story)\nin one piece:\n\(whole)" }
        }
        return shapeViolation(whole) ?? readerViolation(input, whole) ?? endViolation(input)
    }

    /// Requests, perhaps a refusal, perhaps the end, in that order, and as many answers.
    private static func shapeViolation(_ story: ConnectionRun.Story) -> String? {
        var rest = story.events[...]
        while case .request? = rest.first { rest = rest.dropFirst() }
        let isFinished = rest.last == .linger || rest.last == .close
        if case .refused? = rest.first {
            guard isFinished else { return "a refusal does not end the connection: \(story.events)" }
            rest = rest.dropFirst()
        }
        guard rest.count == (isFinished ? 1 : 0) else { return "something comes behind the last: \(story.events)" }
        guard (story.phase == .finished) == isFinished else { return "\(story.phase) after \(story.events)" }
        return nil
    }

    /// Compares the story with what the second reader reads from the same bytes.
    private static func readerViolation(_ input: FuzzInput, _ story: ConnectionRun.Story) -> String? {
        let expected = StrictReader.requests(in: input.bytes, goesOn: input.goesOn)
        var handedOver = 0
        for case .request(let message) in story.events {
            guard handedOver < expected.count else { return "nobody else reads this request: \(message)" }
            let reading = expected[handedOver]
            guard message == reading.message else { return "read as\n\(message)\nand as\n\(reading.message)" }
            let broken = reading.brokenLimits(input.limits)
            guard broken.isEmpty else { return "accepted in spite of the limits \(broken): \(message)" }
            handedOver += 1
        }
        if handedOver < expected.count {
            let next = expected[handedOver]
            guard let error = story.refusal, next.brokenLimits(input.limits).contains(error.status) else {
                return "not handed over, but \(story.events.suffix(2)): \(next.message)"
            }
        } else if story.refusal == nil, input.ending == .open, story.phase != .finished {
            let isIdle = StrictReader.isIdle(input.bytes, from: expected.last?.end ?? 0)
            guard isIdle == (story.phase == .idle) else { return "the rest of the input is \(story.phase)" }
        }
        return nil
    }

    /// The last request becomes whole with the byte that the second reader takes for its last, not before and not after; and
    /// the next begins behind that.
    private static func endViolation(_ input: FuzzInput) -> String? {
        let expected = StrictReader.requests(in: input.bytes, goesOn: input.goesOn)
            .prefix { $0.brokenLimits(input.limits).isEmpty }
        guard let last = expected.last else { return nil }
        var input = input
        input.isLate = false
        var run = ConnectionRun(input)
        run.feed(input.bytes[..<(last.end - 1)])
        guard run.requests.count == expected.count - 1 else { return "a request is whole before its last byte" }
        run.feed(input.bytes[(last.end - 1)..<last.end])
        guard run.requests.count == expected.count else { return "a request is not whole with its last byte" }
        run.feed(Array("GET /next HTTP/1.1\r\nHost: h\r\n\r\n".utf8)[...])
        run.end()
        let goesOn = input.goesOn(expected.count, last)
        guard run.requests.count == expected.count + (goesOn ? 1 : 0) else {
            return "a request behind the last is \(goesOn ? "not " : "")handed over"
        }
        guard !goesOn || run.requests.last?.path == Array("/next".utf8) else { return "the next request is cut" }
        return nil
    }
}

extension FuzzInput {
    /// Whether there may be another request behind the `count`th.
    fileprivate func goesOn(_ count: Int, _ request: StrictRequest) -> Bool {
        // To HTTP/1.0 the end of the connection is the end of a streamed body.
        request.persists && ending != .stopping && count < limits.requestsPerConnection
            && !(isStreamed && request.isHTTP10)
    }
}

extension ConnectionRun.Story {
    fileprivate var refusal: RequestError? {
        for case .refused(let error) in events { return error }
        return nil
    }
}
