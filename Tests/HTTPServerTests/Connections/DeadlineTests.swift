import Dispatch
import HTTP1
import HTTPServer
import POSIX
import TestSupport
import Testing

/// The time-outs are short and the tests wait for what must follow them, however long it takes.
struct DeadlineTests {
    private let short = Duration.milliseconds(100)

    @Test(arguments: [
        "G", "GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nHost: h\r\n",
        request("POST /", "Content-Length: 5\r\n", body: "hell"),
        request("POST /", "Transfer-Encoding: chunked\r\n", body: "5\r\nhel"),
        request("GET /1") + "GET / HTTP/1.1\r\n",
    ])
    func `a request that does not become whole is answered 408`(_ input: String) async throws {
        var options = HTTPServer.Options.patient
        options.requestTimeout = short
        try await withServer(options) { _, address in
            let client = try ClientSocket(address)
            try client.send(input)
            if input.hasPrefix("GET /1") { #expect(try client.receive().status == 200) }
            let answer = try client.receive()
            #expect(answer.status == 408)
            #expect(answer.field("connection") == "close")
            #expect(try client.receiveRest() == "")
        }
    }

    @Test(arguments: ["GET / HTTP/1.1\r\nX: ", request("POST /", "Content-Length: 16000\r\n")])
    func `bytes that drip move no deadline`(_ input: String) async throws {
        var options = HTTPServer.Options.patient
        options.requestTimeout = short
        try await withServer(options) { _, address in
            let client = try ClientSocket(address)
            try client.send(input)
            // Every pause is far shorter than the time-out: only an absolute deadline ends this before the limits do.
            while !client.hasInput(within: 5) { try client.send("x") }
            #expect(try client.receive().status == 408)
        }
    }

    @Test(arguments: ["", "\r\n\r\n"])
    func `a connection that sends no request is closed without a word`(_ input: String) async throws {
        var options = HTTPServer.Options.patient
        options.requestTimeout = short
        try await withServer(options) { _, address in
            let client = try ClientSocket(address)
            try client.send(input)
            try client.expectSilentClose()
        }
    }

    @Test func `a connection that idles is closed without a word`() async throws {
        var options = HTTPServer.Options.patient
        options.idleTimeout = short
        try await withServer(options) { _, address in
            let client = try ClientSocket(address)
            try client.send(request("GET /"))
            #expect(try client.receive().status == 200)
            try client.expectSilentClose()
        }
    }

    @Test func `a request that came before an idle connection's time was looked at is answered`() async throws {
        var options = HTTPServer.Options.patient
        options.idleTimeout = short
        try await withServer(options) { server, address in
            var client: ClientSocket
            while true {
                let began = Clock.monotonic()
                client = try ClientSocket(address)
                try client.send(request("GET /"))
                let answer = try? client.receive()
                server.queue.suspend()
                // On a busy machine the time may have been over before: then nothing is shown.
                if Clock.monotonic() - began < 100_000_000 {
                    #expect(answer?.status == 200)
                    break
                }
                server.queue.resume()
            }
            // The timer fires first, and what epoll has to tell comes behind it.
            let late = Clock.monotonic() + 2 * 100_000_000
            try await eventually("the time is over") { Clock.monotonic() > late }
            try client.send(request("GET /late"))
            server.queue.resume()
            #expect(try client.receive().body == "get /late ")
        }
    }

    @Test func `the request time-out does not end a connection that idles`() async throws {
        var options = HTTPServer.Options.patient
        options.requestTimeout = short
        try await withServer(options) { _, address in
            let idle = try ClientSocket(address)
            try idle.send(request("GET /"))
            #expect(try idle.receive().status == 200)
            // When this one has been timed out, which began later, the deadline would have struck the other, too.
            let silent = try ClientSocket(address)
            try silent.expectSilentClose()
            try idle.send(request("GET /again"))
            #expect(try idle.receive().body == "get /again ")
        }
    }

    @Test func `a handler may take longer than any time-out`() async throws {
        var options = HTTPServer.Options.patient
        options.requestTimeout = short
        options.idleTimeout = short
        let handler = Waiting()
        try await withServer(options, handler: handler) { _, address in
            let client = try ClientSocket(address)
            try client.send(request("GET /"))
            let exchange = try await handler.exchange()
            let silent = try ClientSocket(address)
            try silent.expectSilentClose()
            exchange.queue.async { exchange.respond(Response(status: 204)) }
            #expect(try client.receive().status == 204)
        }
    }

    @Test func `a peer that does not take its answer is cut off`() async throws {
        var options = HTTPServer.Options.patient
        options.writeTimeout = short
        let large = Response(status: 200, body: [UInt8](repeating: 0x78, count: 32 * 1024 * 1024))
        let waiting = Waiting { _, exchange in exchange.respond(large) }
        try await withServer(options, handler: waiting) { server, address in
            let client = try ClientSocket(address, receiveBuffer: 4096)
            try client.send(request("GET /"))
            _ = try await waiting.exchange()
            try await eventually("the cut") { server.openConnections == 0 }
            client.close()
        }
    }

    @Test func `a peer that takes its answer slowly but in time gets it all`() async throws {
        let size = 4 * 1024 * 1024
        let large = Response(status: 200, body: [UInt8](repeating: 0x78, count: size))
        let handler = Handler { _, exchange in exchange.respond(large) }
        try await withServer(handler: handler) { _, address in
            let client = try ClientSocket(address, receiveBuffer: 4096)
            try client.send(request("GET /1") + request("GET /2"))
            #expect(try client.receive().body.utf8.count == size)
            #expect(try client.receive().body.utf8.count == size)
        }
    }
}

extension ClientSocket {
    /// The server closes and has not said anything.
    func expectSilentClose(sourceLocation: SourceLocation = #_sourceLocation) throws {
        #expect(try receiveRest() == "", sourceLocation: sourceLocation)
    }
}
