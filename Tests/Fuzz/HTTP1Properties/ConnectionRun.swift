import HTTP1

/// A connection machine with a handler that answers everything, and the story of what it did.
struct ConnectionRun {
    /// What must not depend on how the bytes were cut.
    struct Story: Equatable, CustomStringConvertible {
        enum Event: Equatable {
            case request(Message)
            case refused(RequestError)
            case linger
            case close
        }

        var events: [Event] = []
        /// What was sent, without interim answers: those do depend on it.
        var output: [UInt8] = []
        /// What the machine is busy with at last.
        var phase = ConnectionMachine.Phase.idle

        var description: String { "\(events), \(phase), and sent\n\(String(decoding: output, as: UTF8.self))" }
    }

    private static let date = Array("Date: now\r\n".utf8)
    private static let answer = Response(status: 200, body: Array("ok".utf8))

    private let input: FuzzInput
    private var machine: ConnectionMachine
    private var output: [UInt8] = []
    private var events: [Story.Event] = []
    private var isUnanswered = false

    init(_ input: FuzzInput) {
        self.input = input
        machine = ConnectionMachine(limits: input.limits)
        if input.ending == .stopping { machine.stop() }
    }

    /// The story of the input's bytes in pieces of these lengths, by turns, and its ending.
    static func story(_ input: FuzzInput, pieces: (Int, Int)) -> Story {
        var run = ConnectionRun(input)
        var rest = input.bytes[...]
        var (length, next) = pieces
        while !rest.isEmpty {
            run.feed(rest.prefix(length))
            rest = rest.dropFirst(length)
            (length, next) = (next, length)
        }
        run.end()
        return run.story
    }

    var story: Story {
        Story(events: events, output: Self.withoutInterim(output), phase: machine.phase)
    }

    var requests: [Message] {
        events.compactMap { if case .request(let message) = $0 { message } else { nil } }
    }

    /// Lets the bytes come, in as many reads as the machine's room asks for. A late answer is given behind the first.
    mutating func feed(_ bytes: ArraySlice<UInt8>) {
        var rest = bytes
        while !rest.isEmpty {
            machine.receive { span in
                while !span.isFull, let byte = rest.popFirst() { span.append(byte) }
            }
            answerIfDue()
            run()
        }
    }

    /// Gives all answers that are due, then ends as the input says.
    mutating func end() {
        while isUnanswered {
            answerIfDue()
            run()
        }
        switch input.ending {
        case .open, .stopping: break
        case .endOfStream: machine.receiveEnd()
        case .timeOut where machine.phase == .receiving:
            machine.refuse(.problem(status: 408, detail: "Late."), dateLine: Self.date, output: &output)
        case .timeOut: break
        }
        run()
    }

    private mutating func run() {
        while true {
            switch machine.next(dateLine: Self.date, output: &output) {
            case .read, .wait: return
            case .handle(let request):
                events.append(.request(Message(request)))
                isUnanswered = true
                if input.isLate { return }
                answerIfDue()
            case .refused(let error): events.append(.refused(error))
            case .linger: return finish(.linger)
            case .close: return finish(.close)
            }
        }
    }

    private mutating func answerIfDue() {
        guard isUnanswered else { return }
        isUnanswered = false
        guard input.isStreamed else {
            return machine.answer(Self.answer, dateLine: Self.date, output: &output)
        }
        if machine.beginStream(Self.answer, dateLine: Self.date, output: &output) {
            machine.stream(Self.answer.body, output: &output)
            machine.endStream(output: &output)
        }
    }

    /// A finished machine says so again, however often it is asked; that is one event.
    private mutating func finish(_ event: Story.Event) {
        if events.last != event { events.append(event) }
    }

    private static func withoutInterim(_ output: [UInt8]) -> [UInt8] {
        let interim = Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)
        var rest = output[...]
        var kept: [UInt8] = []
        while let byte = rest.first {
            if rest.starts(with: interim) {
                rest = rest.dropFirst(interim.count)
            } else {
                kept.append(byte)
                rest = rest.dropFirst()
            }
        }
        return kept
    }
}

extension Message {
    /// What the first reader has understood.
    init(_ request: Request) {
        method = "\(request.method)"
        path = Array(request.path)
        query = request.query.map(Array.init)
        fields = request.fields.map { Field(name: Array($0.name), value: Array($0.value)) }
        body = Array(request.body)
    }
}
