import Dispatch
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import ECryptoPay

@Suite struct TransportTests {
    private let transport = Transport(TransportOptions(workers: 2, userAgent: "tests/1"))

    @Test func `an answer comes whole, with status, fields in order and body`() async throws {
        let server = try ScriptedServer { _ in .answer(201, "hello", ["X-A: 1", "x-a: 2", "X-Empty:"]) }
        let answer = try await transport.perform(TransportRequest(.get, "\(server.url)/a?b=c"))
        #expect(answer.status == 201)
        #expect(answer.body == Array("hello".utf8))
        #expect(answer.fields.filter { $0.name.lowercased() == "x-a" }.map(\.value) == ["1", "2"])
        #expect(answer.value(of: "X-EMPTY") == "")
        #expect(answer.value(of: "missing") == nil)
        #expect(server.requests.map(\.line) == ["GET /a?b=c HTTP/1.1"])
    }

    @Test func `a request carries its fields and the agent, and asks for gzip`() async throws {
        let server = try ScriptedServer { _ in .answer(200) }
        let fields = [("Accept", "application/json"), ("X-Empty", ""), ("Authorization", "Bearer x")]
        _ = try await transport.perform(TransportRequest(.get, server.url, fields: fields))
        let request = try #require(server.requests.first)
        #expect(request.value(of: "Accept") == "application/json")
        #expect(request.value(of: "Authorization") == "Bearer x")
        #expect(request.value(of: "User-Agent") == "tests/1")
        #expect(request.value(of: "Accept-Encoding") == "gzip")
        #expect(request.text.contains("\r\nX-Empty:"))
    }

    @Test(arguments: [0, 1, 3_000_000]) func `a POST sends its body, and waits for no 100`(count: Int) async throws {
        let server = try ScriptedServer { .answer(200, "\($0.body.count)") }
        let request = TransportRequest(
            .post, server.url, fields: [("Content-Type", "application/json")],
            body: [UInt8](repeating: UInt8(ascii: "x"), count: count))
        let answer = try await transport.perform(request)
        #expect(String(decoding: answer.body, as: UTF8.self) == "\(count)")
        let received = try #require(server.requests.first)
        #expect(received.value(of: "Content-Length") == "\(count)")
        #expect(!received.text.contains("Expect"))
    }

    @Test func `a request under GET leaves nothing of a POST before it`() async throws {
        let server = try ScriptedServer { _ in .answer(200) }
        let transport = Transport(TransportOptions(workers: 1))
        let post = TransportRequest(.post, server.url, fields: [("X-Secret", "1")], body: [1, 2, 3])
        _ = try await transport.perform(post)
        _ = try await transport.perform(TransportRequest(.get, server.url))
        let second = try #require(server.requests.last)
        #expect(second.line == "GET / HTTP/1.1")
        #expect(second.body.isEmpty && !second.text.contains("X-Secret"))
    }

    @Test func `connections are used again`() async throws {
        let server = try ScriptedServer { _ in .answer(200, "x") }
        for _ in 0..<5 { _ = try await transport.perform(TransportRequest(.get, server.url)) }
        #expect(server.requests.count == 5)
        #expect(server.connections == 1)
    }

    @Test func `a repeatable request survives a kept connection that was closed`() async throws {
        // The second request of a connection is read and not answered, as by a server that closes it that very moment.
        let server = try ScriptedServer { $0.number == 2 ? .last([]) : .answer(200, "x") }
        // Another worker would have a connection of its own, which nobody has kept.
        let transport = Transport(TransportOptions(workers: 1))
        _ = try await transport.perform(TransportRequest(.get, server.url))
        let answer = try await transport.perform(TransportRequest(.post, server.url, body: [1]))
        #expect(answer.status == 200)
        #expect(server.requests.count == 3)
    }

    @Test func `a request that must not repeat is sent once, whatever becomes of the connection`() async throws {
        let server = try ScriptedServer { $0.number >= 2 ? .last([]) : .answer(200, "x") }
        _ = try await transport.perform(TransportRequest(.get, server.url))
        let fault = await #expect(throws: TransportFault.self) {
            try await transport.perform(TransportRequest(.post, server.url, body: [1], mayRepeat: false))
        }
        #expect(fault?.kind == .connectionLost)
        #expect(server.requests.count == 2)
    }

    @Test func `a redirect is an answer and not followed`() async throws {
        let server = try ScriptedServer { _ in .answer(302, "", ["Location: /elsewhere"]) }
        let answer = try await transport.perform(TransportRequest(.get, server.url))
        #expect(answer.status == 302)
        #expect(answer.value(of: "Location") == "/elsewhere")
        #expect(server.requests.count == 1)
    }

    @Test func `interim answers and trailers are not the answer's fields`() async throws {
        let server = try ScriptedServer { _ in
            .bytes(
                Array(
                    """
                    HTTP/1.1 103 Early Hints\r\nX-Interim: 1\r\n\r\nHTTP/1.1 200 OK\r\nX-Final: 1\r\n\
                    Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-Trailer: 1\r\n\r\n
                    """.utf8))
        }
        let answer = try await transport.perform(TransportRequest(.get, server.url))
        #expect(answer.status == 200)
        #expect(answer.body == Array("abc".utf8))
        #expect(answer.value(of: "X-Final") == "1")
        #expect(answer.value(of: "X-Interim") == nil)
        #expect(answer.value(of: "X-Trailer") == nil)
    }

    // MARK: Bounds

    @Test func `an answer at the limit is whole, and one byte more is refused`() async throws {
        let server = try ScriptedServer { .answer(200, [UInt8](repeating: 1, count: $0.line.contains("/9 ") ? 9 : 10)) }
        let whole = try await transport.perform(TransportRequest(.get, "\(server.url)/9", maximumAnswerBytes: 9))
        #expect(whole.body.count == 9)
        let fault = await #expect(throws: TransportFault.self) {
            try await transport.perform(TransportRequest(.get, "\(server.url)/10", maximumAnswerBytes: 9))
        }
        #expect(fault?.kind == .tooLarge(limit: 9))
    }

    @Test func `a gzipped answer is decompressed, and bounded by what comes out`() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path(of: "zeros.gz")
        let result = try await ChildProcess.run(
            "/bin/sh", ["-c", "head -c 1000000 /dev/zero | gzip -9 > \(path)"], environment: ["PATH": "/usr/bin:/bin"])
        #expect(result.exit == .code(0))
        let zeros = try readFile(path)
        #expect(zeros.count < 2_000)
        let server = try ScriptedServer { _ in .answer(200, zeros, ["Content-Encoding: gzip"]) }
        let answer = try await transport.perform(TransportRequest(.get, server.url, maximumAnswerBytes: 1_000_000))
        #expect(answer.body == [UInt8](repeating: 0, count: 1_000_000))
        let fault = await #expect(throws: TransportFault.self) {
            try await transport.perform(TransportRequest(.get, server.url, maximumAnswerBytes: 100_000))
        }
        #expect(fault?.kind == .tooLarge(limit: 100_000))
    }

    @Test func `a caller that names its own codings gets the bytes as they came`() async throws {
        let server = try ScriptedServer { _ in .answer(200, "coded", ["Content-Encoding: gzip"]) }
        let fields = [("Accept-Encoding", "gzip;q=1.0,deflate;q=0.6,identity;q=0.3")]
        let answer = try await transport.perform(TransportRequest(.get, server.url, fields: fields))
        #expect(answer.body == Array("coded".utf8))
        #expect(server.requests.first?.value(of: "Accept-Encoding") == fields[0].1)
    }

    // MARK: Faults

    @Test func `a server that never answers runs into the time-out`() async throws {
        let server = try ScriptedServer { _ in .hang }
        let fault = await #expect(throws: TransportFault.self) {
            try await transport.perform(TransportRequest(.get, server.url, timeout: .milliseconds(50)))
        }
        #expect(fault?.kind == .timeout)
    }

    @Test func `a port where nobody listens refuses`() async throws {
        let port = try { try ScriptedServer { _ in .hang }.port }()
        let fault = await #expect(throws: TransportFault.self) {
            try await transport.perform(TransportRequest(.get, "http://127.0.0.1:\(port)/"))
        }
        #expect(fault?.kind == .connect)
    }

    @Test func `a name that cannot exist does not resolve`() async {
        let transport = Transport(TransportOptions(plaintext: .anywhere))
        // A label of 64 letters (RFC 1035 2.3.4): the resolver refuses it without asking anybody.
        let fault = await #expect(throws: TransportFault.self) {
            try await transport.perform(TransportRequest(.get, "http://\(String(repeating: "a", count: 64)).invalid/"))
        }
        #expect(fault?.kind == .dns)
    }

    @Test(arguments: [
        ("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", TransportFault.Kind.connectionLost),
        ("", .connectionLost),
        ("hello\r\n", .malformedAnswer),
        ("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc", .malformedAnswer),
    ])
    func `a broken answer is an error, never half an answer`(bytes: String, kind: TransportFault.Kind) async throws {
        let server = try ScriptedServer { _ in .last(Array(bytes.utf8)) }
        let fault = await #expect(throws: TransportFault.self) {
            try await transport.perform(TransportRequest(.get, server.url))
        }
        #expect(fault?.kind == kind)
    }

    @Test(arguments: [
        "ftp://127.0.0.1/", "file:///etc/passwd", "127.0.0.1/x", "", "http://", "http://user:secret@127.0.0.1/",
        "http://127.0.0.1/a b", "http://127.0.0.1/\u{0}", "http://127.0.0.1/\r\nX: y", "http://127.0.0.1/é",
        "http://example.com/", "http://127.example.com/", "http://192.0.2.1/", "http://127.0.0.1.example.com/",
        "http://127.0.0.0.1/",
    ])
    func `a URL that must not be asked is refused before anything is sent, and not repeated`(url: String) async {
        let fault = await #expect(throws: TransportFault.self) {
            try await transport.perform(TransportRequest(.get, url))
        }
        #expect(fault?.kind == .invalidRequest)
        #expect(fault.map { !$0.message.contains("secret") && !$0.message.contains("example.com") } == true)
    }

    @Test(arguments: [
        ("X\r\nY", "1"), ("X Y", "1"), ("", "1"), ("X:", "1"), ("X", "1\r\nY: 2"), ("X", "1\n"), ("X", "\u{0}"),
    ])
    func `a field that would break the head is refused`(name: String, value: String) async throws {
        let server = try ScriptedServer { _ in .answer(200) }
        let fault = await #expect(throws: TransportFault.self) {
            try await transport.perform(TransportRequest(.get, server.url, fields: [(name, value)]))
        }
        #expect(fault?.kind == .invalidRequest)
        #expect(server.requests.isEmpty)
    }

    // MARK: Waiting and cancelling

    @Test func `a cancelled task is answered at once, and its connection closed`() async throws {
        let server = try ScriptedServer { $0.number == 1 ? .answer(200) : .hang }
        // A kept connection and long time-outs: libcurl has no reason of its own to wake.
        let transport = Transport(TransportOptions(workers: 1, connectTimeout: .seconds(600)))
        _ = try await transport.perform(TransportRequest(.get, server.url, timeout: .seconds(600)))
        let task = Task { try await transport.perform(TransportRequest(.get, server.url, timeout: .seconds(600))) }
        try await eventually("the request") { server.requests.count == 2 }
        task.cancel()
        let result = await task.result
        #expect(throws: TransportFault(.cancelled, "cancelled")) { try result.get() }
        try await eventually("the server to see the end") { server.abandoned == 1 }
    }

    @Test func `a task cancelled before it asks sends nothing`() async throws {
        let server = try ScriptedServer { _ in .answer(200) }
        let gate = DispatchSemaphore(value: 0)
        let task = Task.detached {
            while !Task.isCancelled { await Task.yield() }
            gate.signal()
            return try await transport.perform(TransportRequest(.get, server.url))
        }
        task.cancel()
        let result = await task.result
        #expect(throws: TransportFault(.cancelled, "cancelled")) { try result.get() }
        #expect(server.requests.isEmpty)
    }

    @Test func `a request that waits for a worker can be cancelled, and the others go on in their order`() async throws
    {
        let gate = DispatchSemaphore(value: 0)
        let server = try ScriptedServer { request in
            if request.number == 1 { gate.wait() }
            return .answer(200)
        }
        let transport = Transport(TransportOptions(workers: 1))
        // An immediate task runs until it waits, so the requests queue in this order.
        let tasks = (1...5).map { number in
            Task.immediate {
                try await transport.perform(
                    TransportRequest(.get, "\(server.url)/\(number)", timeout: .seconds(600)))
            }
        }
        try await eventually("the first request") { server.requests.count == 1 }
        tasks[2].cancel()
        let cancelled = await tasks[2].result
        #expect(throws: TransportFault(.cancelled, "cancelled")) { try cancelled.get() }
        gate.signal()
        for index in [0, 1, 3, 4] { #expect(try await tasks[index].value.status == 200) }
        #expect(server.requests.map(\.line) == [1, 2, 4, 5].map { "GET /\($0) HTTP/1.1" })
    }

    @Test func `as many requests are under way at once as there are workers`() async throws {
        let count = 16
        let gate = DispatchSemaphore(value: 0)
        let server = try ScriptedServer { request in
            if request.number == count { for _ in 0..<count { gate.signal() } }
            gate.wait()
            return .answer(200)
        }
        let transport = Transport(TransportOptions(workers: count))
        try await withThrowingTaskGroup { group in
            for _ in 0..<count {
                group.addTask { try await transport.perform(TransportRequest(.get, server.url)).status }
            }
            for try await status in group { #expect(status == 200) }
        }
        #expect(server.connections == count)
    }

    @Test func `a worker takes the next request after a cancellation and after a fault`() async throws {
        let server = try ScriptedServer { $0.line.contains("hang") ? .hang : .answer(200) }
        let transport = Transport(TransportOptions(workers: 1))
        let task = Task { try await transport.perform(TransportRequest(.get, "\(server.url)/hang")) }
        try await eventually("the request") { server.requests.count == 1 }
        task.cancel()
        _ = await task.result
        _ = try? await transport.perform(TransportRequest(.get, "\(server.url)/hang", timeout: .milliseconds(20)))
        #expect(try await transport.perform(TransportRequest(.get, server.url)).status == 200)
    }

    // MARK: Proxies

    @Test func `what goes to this machine never goes through a proxy`() async {
        // In a process of its own, since the environment belongs to all tests.
        await #expect(processExitsWith: .success) {
            for name in ["http_proxy", "https_proxy", "all_proxy"] { setenv(name, "http://127.0.0.1:1", 1) }
            let server = try ScriptedServer { _ in .answer(200) }
            let transport = Transport(TransportOptions(workers: 1))
            #expect(try await transport.perform(TransportRequest(.get, server.url)).status == 200)
        }
    }

    @Test func `what goes elsewhere goes through the proxy that the environment names`() async {
        await #expect(processExitsWith: .success) {
            let proxy = try ScriptedServer { _ in .answer(200, "by proxy") }
            setenv("http_proxy", proxy.url, 1)
            unsetenv("no_proxy")
            let transport = Transport(TransportOptions(workers: 1, plaintext: .anywhere))
            _ = try await transport.perform(TransportRequest(.get, "http://shop.example/x"))
            #expect(proxy.requests.map(\.line) == ["GET http://shop.example/x HTTP/1.1"])
        }
    }
}
