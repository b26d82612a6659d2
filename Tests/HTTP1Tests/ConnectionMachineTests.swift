import HTTP1
import Testing

struct ConnectionMachineTests {
    private let ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nDate: now\r\n"

    @Test func `a request is answered and the connection stays`() {
        let outcome = transcript(get())
        #expect(outcome.events == [.request("get /a "), .open])
        #expect(outcome.output == ok + "\r\nok")
    }

    @Test func `answers come in the order of the requests`() {
        var driver = Driver()
        for path in ["/1", "/2", "/3"] {
            driver.answer = Response(status: 200, body: Array(path.utf8))
            driver.feed("GET \(path) HTTP/1.1\r\nHost: h\r\n\r\n")
        }
        let bodies = driver.transcript.output.split(separator: "\r\n\r\n").map { String($0.prefix(2)) }
        #expect(bodies == ["HT", "/1", "/2", "/3"])
    }

    @Test func `the next request is not looked at before the answer`() {
        var machine = ConnectionMachine(limits: Limits())
        var output: [UInt8] = []
        let bytes = Array((get() + "BAD\r\n\r\n").utf8)
        machine.receive { span in for byte in bytes { span.append(byte) } }
        guard case .handle = machine.next(dateLine: [], output: &output) else {
            Issue.record("the good request is handed over")
            return
        }
        guard case .wait = machine.next(dateLine: [], output: &output) else {
            Issue.record("the bad one waits behind it")
            return
        }
        #expect(output.isEmpty)
        #expect(machine.phase == .handling)
        machine.answer(Response(status: 204), dateLine: [], output: &output)
        guard case .refused(let error) = machine.next(dateLine: [], output: &output) else {
            Issue.record("and is refused then")
            return
        }
        #expect(error.status == 400)
        #expect(String(decoding: output, as: UTF8.self).hasPrefix("HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 400 "))
    }

    @Test func `HEAD gets the length of GET and no body`() {
        let outcome = transcript("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n" + get())
        #expect(outcome.output == ok + "\r\n" + ok + "\r\nok")
    }

    @Test func `a refused HEAD has no body either`() {
        let outcome = transcript("HEAD / HTTP/1.1\r\nHost: h\r\nX : y\r\n\r\n")
        #expect(outcome.events == [.refused(400), .linger])
        #expect(outcome.output.hasSuffix("Connection: close\r\n\r\n"))
    }

    @Test func `a refusal is a problem with a date that closes`() {
        let outcome = transcript("GET / HTTP/2.0\r\n\r\n")
        let body =
            #"{"title":"HTTP Version Not Supported","status":505,"#
            + #""detail":"Only HTTP/1.1 and HTTP/1.0 are spoken here."}"#
        let head =
            "HTTP/1.1 505 HTTP Version Not Supported\r\nContent-Type: application/problem+json\r\n"
            + "Content-Length: \(body.utf8.count)\r\nDate: now\r\nConnection: close\r\n\r\n"
        #expect(outcome.output == head + body)
    }

    // MARK: Persistence

    @Test(arguments: [
        ("GET / HTTP/1.1\r\nHost: h\r\n\r\n", "", true),
        ("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", "Connection: close\r\n", false),
        ("GET / HTTP/1.1\r\nHost: h\r\nConnection: x , CLOSE,\r\n\r\n", "Connection: close\r\n", false),
        ("GET / HTTP/1.1\r\nHost: h\r\nConnection: x\r\nConnection: Close\r\n\r\n", "Connection: close\r\n", false),
        ("GET / HTTP/1.1\r\nHost: h\r\nConnection: keep-alive, close\r\n\r\n", "Connection: close\r\n", false),
        ("GET / HTTP/1.1\r\nHost: h\r\nConnection: closed\r\n\r\n", "", true),
        ("GET / HTTP/1.0\r\n\r\n", "Connection: close\r\n", false),
        ("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", "Connection: keep-alive\r\n", true),
        ("GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n", "Connection: close\r\n", false),
    ])
    func `the connection persists as the sender wishes`(_ input: String, _ field: String, _ stays: Bool) {
        let outcome = transcript(input)
        #expect(outcome.output == ok + field + "\r\nok")
        #expect(outcome.events.last == (stays ? .open : .linger))
    }

    @Test func `the last request that a connection may make closes it`() {
        var limits = Limits()
        limits.requestsPerConnection = 2
        let outcome = transcript(get() + get() + get(), limits: limits)
        #expect(outcome.events == [.request("get /a "), .request("get /a "), .linger])
        #expect(outcome.output == ok + "\r\nok" + ok + "Connection: close\r\n\r\nok")
    }

    @Test func `an answer may close the connection`() {
        var driver = Driver()
        driver.answer.closesConnection = true
        driver.feed(get() + get())
        #expect(driver.transcript.events == [.request("get /a "), .linger])
    }

    @Test func `while stopping, a request that has begun is answered and the connection closes`() {
        var driver = Driver()
        driver.feed("GET /a HT")
        driver.machine.stop()
        driver.feed("TP/1.1\r\nHost: h\r\n\r\n")
        #expect(driver.transcript.events == [.request("get /a "), .linger])
        #expect(driver.transcript.output == ok + "Connection: close\r\n\r\nok")
    }

    // MARK: The end of the stream

    @Test func `an end between requests closes without a word`() {
        let outcome = transcript(get() + "\r\n", ending: true)
        #expect(outcome.events == [.request("get /a "), .close])
        #expect(outcome.output == ok + "\r\nok")
    }

    @Test func `an end before any request closes without a word`() {
        #expect(transcript("", ending: true) == Transcript(events: [.close], output: ""))
    }

    @Test(arguments: [
        "GE", "GET / HTTP/1.1\r\nHost: h\r\n", post("Content-Length: 5\r\n", body: "hell"), chunked("5\r\nhello\r\n"),
        chunked("0\r\n"),
    ])
    func `an end within a request is answered 400`(_ input: String) {
        let outcome = transcript(input, ending: true)
        #expect(outcome.events == [.refused(400), .close])
    }

    @Test func `a peer that has ended still gets its answers`() {
        let outcome = transcript(get() + get(), ending: true)
        #expect(outcome.events == [.request("get /a "), .request("get /a "), .close])
        #expect(outcome.statuses == [200, 200])
    }

    // MARK: Expectations

    @Test func `100 Continue is sent once, before the body`() {
        var driver = Driver()
        driver.feed(post("Content-Length: 4\r\nExpect: 100-Continue\r\n"))
        #expect(driver.transcript.output == "HTTP/1.1 100 Continue\r\n\r\n")
        driver.feed("ab")
        driver.feed("cd")
        #expect(driver.transcript.events == [.request("post /a abcd"), .open])
        #expect(driver.transcript.output == "HTTP/1.1 100 Continue\r\n\r\n" + ok + "\r\nok")
    }

    @Test(arguments: [
        post("Content-Length: 4\r\nExpect: 100-continue\r\n", body: "a"), get("Expect: 100-continue\r\n"),
        "POST / HTTP/1.0\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n",
    ])
    func `100 Continue is left out when it is not waited for`(_ input: String) {
        #expect(!transcript(input).output.contains("100 Continue"))
    }

    @Test func `a body announced as too large is refused instead of asked for`() {
        let outcome = transcript(post("Content-Length: 99999\r\nExpect: 100-continue\r\n"))
        #expect(outcome.statuses == [413])
        #expect(!outcome.output.contains("100 Continue"))
    }

    // MARK: The runner's own refusals

    @Test func `a refusal for lack of time is the last thing that is sent`() {
        var driver = Driver()
        driver.feed("GET / HT")
        driver.machine.refuse(.problem(status: 408, detail: "Late."), dateLine: Driver.date, output: &driver.output)
        driver.run()
        #expect(driver.transcript.statuses == [408])
        #expect(driver.transcript.events == [.linger])
    }

    // MARK: Streams

    private func streaming(_ input: String, pieces: [String]) -> (output: String, isOpen: Bool, end: String) {
        var machine = ConnectionMachine(limits: Limits())
        var output: [UInt8] = []
        machine.receive { span in for byte in input.utf8 { span.append(byte) } }
        guard case .handle = machine.next(dateLine: Driver.date, output: &output) else { return ("", false, "") }
        let response = Response(status: 200, contentType: "text/plain")
        let isOpen = machine.beginStream(response, dateLine: Driver.date, output: &output)
        if isOpen {
            for piece in pieces { machine.stream(Array(piece.utf8), output: &output) }
            machine.endStream(output: &output)
        }
        let end = "\(machine.next(dateLine: Driver.date, output: &output))"
        return (String(decoding: output, as: UTF8.self), isOpen, end)
    }

    @Test func `a streamed body goes out in chunks`() {
        let outcome = streaming(get(), pieces: ["a", "", "0123456789abcdef"])
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\nDate: now\r\n\r\n"
        #expect(outcome.output == head + "1\r\na\r\n10\r\n0123456789abcdef\r\n0\r\n\r\n")
        #expect(outcome.end == "read")
    }

    @Test func `to HTTP/1.0 the end of the connection ends a streamed body`() {
        let outcome = streaming("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", pieces: ["a", "b"])
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nDate: now\r\nConnection: close\r\n\r\n"
        #expect(outcome.output == head + "ab")
        #expect(outcome.end == "linger")
    }

    @Test func `a streamed answer to HEAD is only its head`() {
        let outcome = streaming("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n", pieces: ["a"])
        #expect(!outcome.isOpen)
        #expect(outcome.output.hasSuffix("Transfer-Encoding: chunked\r\nDate: now\r\n\r\n"))
    }

    // MARK: Memory

    @Test func `an idle connection keeps little, however large its last request was`() {
        var driver = Driver()
        driver.feed(post("Content-Length: 16000\r\n", body: String(repeating: "x", count: 16000)))
        #expect(driver.events.count == 1)
        #expect(driver.machine.phase == .idle)
        #expect(driver.machine.heldBytes <= 2100)
    }

    @Test func `memory grows with what comes, not with what is announced`() {
        var limits = Limits()
        limits.bodyBytes = 262_144
        var driver = Driver(limits: limits)
        driver.feed(post("Content-Length: 262144\r\n", body: "x"))
        #expect(driver.machine.phase == .receiving)
        #expect(driver.machine.heldBytes <= 2100)
    }

    @Test func `chunk extensions cost no memory`() {
        var driver = Driver()
        driver.feed(post("Transfer-Encoding: chunked\r\n"))
        for _ in 0..<4000 { driver.feed("1;ext=val\r\nx\r\n") }
        #expect(driver.machine.phase == .receiving)
        #expect(driver.machine.heldBytes <= 3 * 4200)
    }

    @Test func `small requests reuse the memory of their connection`() {
        var driver = Driver()
        driver.feed(get())
        let held = driver.machine.heldBytes
        for _ in 0..<100 { driver.feed(post("Content-Length: 300\r\n", body: String(repeating: "x", count: 300))) }
        #expect(driver.machine.heldBytes == held)
    }

    @Test func `a request outlives the bytes that follow it`() {
        var machine = ConnectionMachine(limits: Limits())
        var output: [UInt8] = []
        var kept: [Request] = []
        for body in ["first", "other"] {
            let bytes = Array(post("X-Which: \(body)\r\nContent-Length: 5\r\n", body: body).utf8)
            machine.receive { span in for byte in bytes { span.append(byte) } }
            guard case .handle(let request) = machine.next(dateLine: [], output: &output) else { continue }
            kept.append(request)
            machine.answer(Response(status: 204), dateLine: [], output: &output)
        }
        #expect(kept.map { String(decoding: $0.body, as: UTF8.self) } == ["first", "other"])
        #expect(
            kept.map { $0.firstValue(of: "x-which").map { String(decoding: $0, as: UTF8.self) } } == ["first", "other"])
    }
}
