import Dispatch
import HTTP1
import HTTPServer
import POSIX
import TestSupport
import Testing

struct ServingTests {
    @Test func `a connection serves one request after another`() async throws {
        try await withServer { server, address in
            let client = try ClientSocket(address)
            for number in 0..<5 {
                try client.send(request("POST /\(number)", "Content-Length: 2\r\n", body: "ab"))
                #expect(try client.receive().body == "post /\(number) ab")
            }
            #expect(server.openConnections == 1)
        }
    }

    @Test func `pipelined requests are answered in order`() async throws {
        try await withServer { _, address in
            let client = try ClientSocket(address)
            let paths = (0..<500).map { "/\($0)" }
            try client.send(paths.map { request("GET \($0)") }.joined())
            for path in paths { #expect(try client.receive().body == "get \(path) ") }
        }
    }

    @Test func `a bad request behind good ones does not steal their answers`() async throws {
        try await withServer { _, address in
            let client = try ClientSocket(address)
            try client.send(request("GET /1") + request("GET /2") + "BAD\r\n\r\n" + request("GET /3"))
            #expect(try client.receive().body == "get /1 ")
            #expect(try client.receive().body == "get /2 ")
            #expect(try client.receive().status == 400)
            #expect(try client.receiveRest() == "")
        }
    }

    @Test func `a chunked body arrives whole`() async throws {
        try await withServer { _, address in
            let client = try ClientSocket(address)
            try client.send(request("POST /", "Transfer-Encoding: chunked\r\n", body: "5\r\nhello\r\n"))
            try client.send("6;x=y\r\n world\r\n0\r\nX: y\r\n\r\n")
            #expect(try client.receive().body == "post / hello world")
        }
    }

    @Test func `a body that comes in small pieces arrives whole`() async throws {
        try await withServer { _, address in
            let client = try ClientSocket(address)
            for byte in request("POST /", "Content-Length: 300\r\n", body: String(repeating: "x", count: 300)).utf8 {
                try client.send([byte])
            }
            #expect(try client.receive().body == "post / " + String(repeating: "x", count: 300))
        }
    }

    @Test func `a large body within the limit arrives whole`() async throws {
        var options = HTTPServer.Options.patient
        options.limits.bodyBytes = 262_144
        try await withServer(options) { _, address in
            let client = try ClientSocket(address)
            let body = String(repeating: "0123456789abcdef", count: 16384)
            try client.send(request("POST /", "Content-Length: 262144\r\n", body: body))
            #expect(try client.receive().body == "post / " + body)
        }
    }

    @Test func `100 Continue comes before the body is sent`() async throws {
        try await withServer { _, address in
            let client = try ClientSocket(address)
            try client.send(request("POST /", "Content-Length: 2\r\nExpect: 100-continue\r\n"))
            #expect(try client.receive().status == 100)
            try client.send("ab")
            #expect(try client.receive().body == "post / ab")
        }
    }

    @Test func `HEAD gets the fields of GET and no body`() async throws {
        try await withServer { _, address in
            let client = try ClientSocket(address)
            try client.send(request("HEAD /abc"))
            let answer = try client.receive(toHead: true)
            #expect(answer.field("content-length") == "10")
            try client.send(request("GET /abc"))
            #expect(try client.receive().body == "get /abc ")
        }
    }

    @Test func `every answer has a date`() async throws {
        try await withServer { _, address in
            let client = try ClientSocket(address)
            try client.send(request("GET /"))
            #expect(try client.receive().field("date")?.hasSuffix(" GMT") == true)
            try client.send("BAD\r\n\r\n")
            #expect(try client.receive().field("date")?.hasSuffix(" GMT") == true)
        }
    }

    @Test func `HTTP/1.0 gets its answer and the end`() async throws {
        try await withServer { _, address in
            let client = try ClientSocket(address)
            try client.send("GET /old HTTP/1.0\r\n\r\n")
            let answer = try client.receive()
            #expect(answer.body == "get /old ")
            #expect(answer.field("connection") == "close")
            #expect(try client.receiveRest() == "")
        }
    }

    @Test func `a Unix socket serves as well`() async throws {
        let directory = try TemporaryDirectory()
        try await withServer(on: "unix:\(directory.path)/s") { _, address in
            let client = try ClientSocket(address)
            try client.send(request("GET /1") + request("GET /2"))
            #expect(try client.receive().body == "get /1 ")
            #expect(try client.receive().body == "get /2 ")
        }
    }

    @Test func `a handler learns the peer's address`() async throws {
        let handler = Handler { _, exchange in exchange.respond(.json(status: 200, exchange.peer)) }
        try await withServer(handler: handler) { _, address in
            let client = try ClientSocket(address)
            try client.send(request("GET /"))
            #expect(try client.receive().body.hasPrefix("127.0.0.1:"))
        }
        let directory = try TemporaryDirectory()
        try await withServer(on: "unix:\(directory.path)/s", handler: handler) { _, address in
            let client = try ClientSocket(address)
            try client.send(request("GET /"))
            #expect(try client.receive().body == "unix")
        }
    }

    @Test func `changed limits hold for connections that are open`() async throws {
        try await withServer { server, address in
            let client = try ClientSocket(address)
            try client.send(request("POST /", "Content-Length: 2\r\n", body: "ab"))
            #expect(try client.receive().status == 200)
            var options = HTTPServer.Options.patient
            options.limits.bodyBytes = 1
            server.update(options: options)
            server.queue.sync {}
            try client.send(request("POST /", "Content-Length: 2\r\n", body: "ab"))
            #expect(try client.receive().status == 413)
        }
    }
}
