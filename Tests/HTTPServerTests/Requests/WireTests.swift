import HTTP1
import HTTPServer
import POSIX
import Synchronization
import TestSupport
import Testing

/// The tables of `HTTP1Tests` over real sockets: what the machine decides, the server does.
struct WireTests {
    /// Keeps what is handed over, in the words of the tables, and answers it at once.
    private final class Recorder: RequestHandler {
        private let taken = Mutex<[String]>([])

        func handle(_ request: Request, _ exchange: Exchange) {
            let query = request.query.map { "?" + String(decoding: $0, as: UTF8.self) } ?? ""
            let path = String(decoding: request.path, as: UTF8.self)
            let body = String(decoding: request.body, as: UTF8.self)
            taken.withLock { $0.append("\(request.method) \(path)\(query) \(body)") }
            exchange.respond(Response(status: 200, body: Array("ok".utf8)))
        }

        /// What was handed over since the last call.
        func take() -> [String] {
            taken.withLock { taken in
                defer { taken = [] }; return taken
            }
        }
    }

    /// The final answers to what was sent, as many as are expected.
    private func answers(_ count: Int, _ client: ClientSocket) throws -> [ClientAnswer] {
        var answers: [ClientAnswer] = []
        while answers.count < count {
            let answer = try client.receive()
            if answer.status >= 200 { answers.append(answer) }
        }
        return answers
    }

    /// Whether another request is answered; else the server has closed, and said nothing more.
    private func goesOn(_ client: ClientSocket) throws -> Bool {
        // The server may have closed already.
        try? client.send(request("GET /next"))
        guard try client.receiveSome() else { return false }
        return try client.receive().status == 200
    }

    @Test func `what the RFCs require comes over the wire`() async throws {
        try await withServer { _, address in
            for requirement in Requirement.table {
                let client = try ClientSocket(address)
                try client.send(requirement.input)
                let answers = try answers(requirement.statuses.count, client)
                #expect(answers.map(\.status) == requirement.statuses, "\(requirement.section)")
                #expect(answers.allSatisfy { $0.field("date") != nil }, "\(requirement.section)")
                #expect(answers.last?.field("connection") == "close" || requirement.stays, "\(requirement.section)")
                #expect(try goesOn(client) == requirement.stays, "\(requirement.section)")
            }
        }
    }

    @Test(arguments: [65_536, 1]) func `the parser's vectors come out the same`(pieces: Int) async throws {
        let recorder = Recorder()
        try await withServer(handler: recorder) { _, address in
            // Byte by byte the long ones would only cost time: they are about lengths.
            for vector in Vector.all where pieces > 1 || vector.input.utf8.count < 300 {
                let client = try ClientSocket(address)
                let bytes = Array(vector.input.utf8)
                for start in stride(from: 0, to: bytes.count, by: pieces) {
                    try client.send(Array(bytes[start..<min(bytes.count, start + pieces)]))
                }
                let statuses = vector.requests.map { _ in 200 } + (vector.refusal.map { [$0] } ?? [])
                let answers = try answers(statuses.count, client)
                #expect(answers.map(\.status) == statuses, "\(vector.name)")
                #expect(recorder.take() == vector.requests, "\(vector.name)")
                let stays = answers.last?.field("connection") != "close"
                #expect(vector.refusal == nil || !stays, "\(vector.name)")
                #expect(try goesOn(client) == stays, "\(vector.name)")
                _ = recorder.take()
            }
        }
    }

    // MARK: What only the wire shows

    @Test func `the date is now, in the one form of HTTP`() async throws {
        try await withServer { _, address in
            let client = try ClientSocket(address)
            for input in [request("GET /"), "BAD\r\n\r\n"] {
                try client.send(input)
                let date = try #require(try client.receive().field("date"))
                let now = Clock.realtime() / 1_000_000_000
                // RFC 9110 section 5.6.7; nobody is a minute late, however busy the machine.
                let dates = (now - 60...now).map { HTTPDate.imfFixdate(secondsSince1970: $0) }
                #expect(dates.contains(date))
            }
        }
    }

    @Test(arguments: [204, 304]) func `a status without a body has none, and no length`(status: Int) async throws {
        let handler = Handler { _, exchange in exchange.respond(Response(status: status)) }
        try await withServer(handler: handler) { _, address in
            let client = try ClientSocket(address)
            try client.send(request("GET /") + request("GET /"))
            for _ in 0..<2 {
                // RFC 9110 section 8.6; were there a body, it would stand before the second head.
                let head = try client.receiveHead()
                #expect(head.hasPrefix("HTTP/1.1 \(status) "))
                #expect(
                    !head.lowercased().contains("content-length") && !head.lowercased().contains("transfer-encoding"))
            }
        }
    }

    @Test func `HTTP/1.0 is answered in HTTP/1.1, but gets nothing that it does not know`() async throws {
        try await withServer { _, address in
            let client = try ClientSocket(address)
            try client.send("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n")
            // Whoever comes later has been answered: so the head was read before the body is sent.
            let other = try ClientSocket(address)
            try other.send(request("GET /"))
            #expect(try other.receive().status == 200)
            try client.send("a")
            // RFC 9110 section 15.2: no interim answer to HTTP/1.0.
            let head = try client.receiveHead()
            #expect(head.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(try client.receiveRest() == "post / a")
        }
    }

    @Test func `a streamed answer to HTTP/1.0 is not chunked, and ends with the connection`() async throws {
        final class Words: BodySource {
            private let left = Mutex(["one ", "two ", "three"])
            func next() -> BodyPiece {
                left.withLock { $0.isEmpty ? .end : .bytes(Array($0.removeFirst().utf8)) }
            }
        }
        let handler = Handler { _, exchange in exchange.respond(Response(status: 200), streaming: Words()) }
        try await withServer(handler: handler) { _, address in
            let client = try ClientSocket(address)
            try client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            let head = try client.receiveHead().lowercased()
            // RFC 9112 section 6.1.
            #expect(!head.contains("transfer-encoding") && !head.contains("content-length"))
            #expect(head.contains("connection: close"))
            #expect(try client.receiveRest() == "one two three")
        }
    }

    @Test func `trailers are not among the fields`() async throws {
        let handler = Handler { request, exchange in
            exchange.respond(
                .json(status: 200, "\(request.values(of: "X").map { String(decoding: $0, as: UTF8.self) })"))
        }
        try await withServer(handler: handler) { _, address in
            let client = try ClientSocket(address)
            try client.send(
                request("POST /", "X: head\r\nTransfer-Encoding: chunked\r\n", body: "0\r\nX: trailer\r\n\r\n"))
            #expect(try client.receive().body == #"["head"]"#)
        }
    }

    @Test func `a TLS client gets an answer that says this is plain HTTP`() async throws {
        try await withServer { _, address in
            // A record of a handshake, a ClientHello in it.
            let client = try ClientSocket(address)
            try client.send(
                [0x16, 0x03, 0x01, 0x00, 0xF8, 0x01, 0x00, 0x00, 0xF4, 0x03, 0x03] + [UInt8](repeating: 7, count: 240))
            let answer = try client.receive()
            #expect(answer.status == 400)
            #expect(answer.body.contains("TLS"))
            #expect(try client.receiveRest() == "")
        }
    }

    @Test func `an HTTP/2 client with prior knowledge is refused cleanly`() async throws {
        try await withServer { _, address in
            let client = try ClientSocket(address)
            let settings: [UInt8] = [0, 0, 0, 4, 0, 0, 0, 0, 0]
            try client.send(Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + settings)
            #expect(try client.receive().status == 505)
            #expect(try client.receiveRest() == "")
        }
    }

    @Test func `a peer that ends its side in the middle of a pipeline gets all answers that it has asked for`()
        async throws
    {
        try await withServer { _, address in
            let client = try ClientSocket(address)
            try client.send(request("GET /1") + request("POST /2", "Content-Length: 2\r\n", body: "ab") + "GET /3 HT")
            try client.finishSending()
            #expect(try client.receive().body == "get /1 ")
            #expect(try client.receive().body == "post /2 ab")
            #expect(try client.receive().status == 400)
            #expect(try client.receiveRest() == "")
        }
    }
}
