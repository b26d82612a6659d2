import HTTP1

/// What one connection came to: each event in its order, and all that was sent.
struct Transcript: Equatable, CustomStringConvertible {
    enum Event: Equatable {
        case request(String)
        case refused(Int)
        case open
        case linger
        case close
    }

    var events: [Event] = []
    var output = ""

    var description: String { "\(events)\n\(output)" }

    /// The statuses of the final answers that were sent, in their order.
    var statuses: [Int] {
        output.split(separator: "HTTP/1.1 ").compactMap { Int($0.prefix(3)) }.filter { $0 >= 200 }
    }

    /// The requests that were handed over, each as `METHOD path[?query] body`.
    var requests: [String] { events.compactMap { if case .request(let text) = $0 { text } else { nil } } }

    /// The same without interim answers: whether one is sent depends on how the bytes were cut, and nothing else may.
    var withoutInterim: Transcript {
        var copy = self
        copy.output = output.split(separator: "HTTP/1.1 100 Continue\r\n\r\n", omittingEmptySubsequences: false)
            .joined()
        return copy
    }
}

/// A connection whose handler answers every request at once with `ok`.
struct Driver {
    static let date = Array("Date: now\r\n".utf8)

    var machine: ConnectionMachine
    var output: [UInt8] = []
    var events: [Transcript.Event] = []
    var answer = Response(status: 200, body: Array("ok".utf8))
    private(set) var isFinished = false

    init(limits: Limits = Limits()) { machine = ConnectionMachine(limits: limits) }

    /// Gives the machine some bytes, in as many reads as its room asks for, and lets it go as far as they take it.
    mutating func feed(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty, !isFinished {
            machine.receive { span in
                while !span.isFull, let byte = rest.popFirst() { span.append(byte) }
            }
            run()
        }
    }

    mutating func feed(_ text: String) { feed(Array(text.utf8)) }

    mutating func end() {
        if isFinished { return }
        machine.receiveEnd()
        run()
    }

    mutating func run() {
        while true {
            switch machine.next(dateLine: Self.date, output: &output) {
            case .read, .wait: return
            case .handle(let request):
                events.append(.request(Self.text(request)))
                machine.answer(answer, dateLine: Self.date, output: &output)
            case .refused(let error): events.append(.refused(error.status))
            case .linger: return finish(.linger)
            case .close: return finish(.close)
            }
        }
    }

    private mutating func finish(_ event: Transcript.Event) {
        events.append(event)
        isFinished = true
    }

    static func text(_ request: Request) -> String {
        let query = request.query.map { "?" + String(decoding: $0, as: UTF8.self) } ?? ""
        let path = String(decoding: request.path, as: UTF8.self)
        return "\(request.method) \(path)\(query) \(String(decoding: request.body, as: UTF8.self))"
    }

    var transcript: Transcript {
        Transcript(
            events: isFinished ? events : events + [.open],
            output: String(decoding: output, as: UTF8.self))
    }
}

/// Runs `input` cut into pieces of these lengths (the last takes the rest), and ends the stream if asked to.
func transcript(
    _ input: [UInt8], cuts: [Int] = [], ending: Bool = false, limits: Limits = Limits()
) -> Transcript {
    var driver = Driver(limits: limits)
    var rest = input[...]
    for cut in cuts {
        driver.feed(Array(rest.prefix(cut)))
        rest = rest.dropFirst(cut)
    }
    driver.feed(Array(rest))
    if ending { driver.end() }
    return driver.transcript
}

func transcript(_ input: String, ending: Bool = false, limits: Limits = Limits()) -> Transcript {
    transcript(Array(input.utf8), ending: ending, limits: limits)
}
