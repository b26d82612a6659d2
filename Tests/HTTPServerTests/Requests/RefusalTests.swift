import HTTP1
import HTTPServer
import POSIX
import TestSupport
import Testing

struct RefusalTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let status: Int
        let input: String
        var testDescription: String { "\(status)" }
    }

    @Test(arguments: [
        Case(status: 400, input: "BAD\r\n\r\n"),
        Case(status: 400, input: "GET / HTTP/1.1\r\n\r\n"),
        Case(status: 400, input: request("GET /", "X : y\r\n")),
        Case(status: 413, input: request("POST /", "Content-Length: 20000\r\n")),
        Case(status: 414, input: "GET /" + String(repeating: "a", count: 9000)),
        Case(status: 417, input: request("POST /", "Expect: wonders\r\n")),
        Case(status: 431, input: request("GET /", String(repeating: "X: y\r\n", count: 70))),
        Case(status: 501, input: request("POST /", "Transfer-Encoding: gzip, chunked\r\n")),
        Case(status: 505, input: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    ])
    func `a refusal is a problem, and the end`(_ sent: Case) async throws {
        try await withServer { _, address in
            let client = try ClientSocket(address)
            try client.send(sent.input)
            let answer = try client.receive()
            #expect(answer.status == sent.status)
            #expect(answer.field("content-type") == "application/problem+json")
            #expect(answer.field("connection") == "close")
            #expect(answer.body.contains("\"status\":\(sent.status)"))
            #expect(try client.receiveRest() == "")
        }
    }

    @Test func `a refusal reaches a sender that goes on sending`() async throws {
        try await withServer { _, address in
            let client = try ClientSocket(address)
            try client.send(request("POST /", "Content-Length: 200000\r\n"))
            try client.send(String(repeating: "x", count: 200_000))
            #expect(try client.receive().status == 413)
            #expect(try client.receiveRest() == "")
        }
    }

    @Test func `a sender that never stops is cut off`() async throws {
        var options = HTTPServer.Options.patient
        options.lingerBytes = 100_000
        try await withServer(options) { server, address in
            let client = try ClientSocket(address)
            #expect(throws: (any Error).self) {
                try client.send(request("POST /", "Content-Length: 20000\r\n"))
                while true { try client.send(String(repeating: "x", count: 65536)) }
            }
            try await eventually("the close") { server.openConnections == 0 }
            client.close()
        }
    }

    @Test func `a sender that neither sends nor closes is cut off`() async throws {
        var options = HTTPServer.Options.patient
        options.lingerTimeout = .milliseconds(20)
        try await withServer(options) { server, address in
            let client = try ClientSocket(address)
            try client.send("BAD\r\n\r\n")
            #expect(try client.receive().status == 400)
            try await eventually("the close") { server.openConnections == 0 }
            client.close()
        }
    }

    @Test func `a body that was refused is never read as a request`() async throws {
        let handler = Waiting()
        try await withServer(handler: handler) { server, address in
            let client = try ClientSocket(address)
            try client.send(request("POST /", "Content-Length: 20000\r\n", body: request("GET /smuggled")))
            #expect(try client.receive().status == 413)
            try client.finishSending()
            #expect(try client.receiveRest() == "")
            try await eventually("the close") { server.openConnections == 0 }
            #expect(handler.count == 0)
        }
    }

    @Test func `a request that is cut short is answered and not handed over`() async throws {
        let handler = Waiting()
        try await withServer(handler: handler) { _, address in
            let client = try ClientSocket(address)
            try client.send(request("POST /", "Content-Length: 5\r\n", body: "hell"))
            try client.finishSending()
            #expect(try client.receive().status == 400)
            #expect(try client.receiveRest() == "")
            #expect(handler.count == 0)
        }
    }

    @Test func `requests that take too much memory together are refused`() async throws {
        var options = HTTPServer.Options.patient
        options.limits.bodyBytes = 100_000
        options.requestMemory = 150_000
        try await withServer(options) { server, address in
            let large = String(repeating: "x", count: 90_000)
            let first = try ClientSocket(address)
            try first.send(request("POST /1", "Content-Length: 100000\r\n", body: large))
            let second = try ClientSocket(address)
            try second.send(request("POST /2", "Content-Length: 100000\r\n", body: large))
            let answer = try second.receive()
            #expect(answer.status == 503)
            #expect(answer.field("retry-after") == "1")
            second.close()
            try await eventually("the close") { server.openConnections == 1 }
            // What is over is given back, be it answered or given up: a third has room, and a fourth.
            try first.send(String(repeating: "y", count: 10_000))
            #expect(try first.receive().status == 200)
            let third = try ClientSocket(address)
            try third.send(request("POST /3", "Content-Length: 100000\r\n", body: large))
            try await eventually("the third") { server.openConnections == 2 }
            try third.reset()
            try await eventually("its end") { server.openConnections == 1 }
            let fourth = try ClientSocket(address)
            try fourth.send(request("POST /4", "Content-Length: 90000\r\n", body: large))
            #expect(try fourth.receive().status == 200)
        }
    }

    @Test func `a refusal is logged without what was sent`() async throws {
        let log = Log()
        try await withServer(log: log) { _, address in
            let client = try ClientSocket(address)
            try client.send("GET /secret?token=secret HTTP/1.1\r\nSecret : secret\r\n\r\n")
            let answer = try client.receive()
            #expect(answer.status == 400)
            #expect(!answer.body.contains("secret"))
            #expect(log.count(of: "refused a request") == 1)
            #expect(log.count(of: "secret") == 0)
        }
    }
}
