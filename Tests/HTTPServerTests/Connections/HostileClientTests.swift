import HTTP1
import HTTPServer
import POSIX
import TestSupport
import Testing

/// Clients that hold the server up as best they can. None of them is timed out here, so whoever is answered is answered
/// beside them and not after them.
@Suite(.serialized) struct HostileClientTests {
    /// Has a good client, new each time, ask and be answered.
    private func expectService(_ address: SocketAddress) throws {
        let client = try ClientSocket(address)
        try client.send(request("POST /good", "Content-Length: 2\r\n", body: "ab"))
        #expect(try client.receive().body == "post /good ab")
    }

    @Test(arguments: [
        ("GET /slow HTTP/1.1\r\nHost: h\r\n", "X: y\r\n", "\r\n"),
        (request("POST /slow", "Content-Length: 10\r\n"), "x", ""),
        (request("POST /slow", "Transfer-Encoding: chunked\r\n"), "1\r\nx\r\n", "0\r\n\r\n"),
    ])
    func `slow heads and bodies hold nobody up`(start: String, piece: String, end: String) async throws {
        try await withServer { server, address in
            let slow = try (0..<300).map { _ in try ClientSocket(address) }
            for client in slow { try client.send(start) }
            for _ in 0..<10 {
                try expectService(address)
                #expect(server.openConnections >= slow.count)
                for client in slow { try client.send(piece) }
            }
            for client in slow { try client.send(end) }
            for client in slow { #expect(try client.receive().status == 200) }
        }
    }

    @Test func `senders of single bytes hold nobody up`() async throws {
        try await withServer { _, address in
            let message = request(
                "POST /slow", "Transfer-Encoding: chunked\r\n", body: "2;a=b\r\nab\r\n0\r\nX: y\r\n\r\n")
            let slow = try (0..<40).map { _ in try ClientSocket(address) }
            for (index, byte) in message.utf8.enumerated() {
                for client in slow { try client.send([byte]) }
                if index % 8 == 0 { try expectService(address) }
            }
            for client in slow { #expect(try client.receive().body == "post /slow ab") }
        }
    }

    @Test func `slow readers hold nobody up, and get their whole answers`() async throws {
        let size = 1 << 20
        let large = Response(status: 200, body: [UInt8](repeating: 0x78, count: size))
        let handler = Handler { request, exchange in
            exchange.respond(request.method == .get ? large : .echo(of: request))
        }
        try await withServer(handler: handler) { server, address in
            let slow = try (0..<40).map { _ in try ClientSocket(address, receiveBuffer: 4096) }
            for client in slow { try client.send(request("GET /slow")) }
            for _ in 0..<10 {
                try expectService(address)
                for client in slow { _ = try client.receiveSome() }
            }
            #expect(server.openConnections >= slow.count)
            for client in slow.prefix(5) { #expect(try client.receive().body.utf8.count == size) }
            for client in slow { try client.reset() }
            try expectService(address)
        }
    }

    @Test func `a storm of connections that are reset holds nobody up`() async throws {
        try await withServer { server, address in
            let starts = [
                "", "G", "GET / HTTP/1.1\r\n", request("POST /", "Content-Length: 5\r\n", body: "he"), request("GET /"),
            ]
            for number in 0..<4000 {
                let client = try ClientSocket(address)
                try client.send(starts[number % starts.count])
                try client.reset()
                if number % 200 == 0 { try expectService(address) }
            }
            let last = try ClientSocket(address)
            try last.send(request("GET /last"))
            #expect(try last.receive().body == "get /last ")
            try await eventually("the end of all others") { server.openConnections == 1 }
            last.close()
        }
    }

    @Test func `clients that pipeline all they can hold nobody up`() async throws {
        try await withServer { _, address in
            let flood = String(repeating: request("GET /flood"), count: 200)
            let greedy = try (0..<10).map { _ in try ClientSocket(address) }
            for client in greedy { try client.send(flood) }
            for _ in 0..<10 { try expectService(address) }
            for client in greedy {
                for _ in 0..<200 { #expect(try client.receive().body == "get /flood ") }
            }
        }
    }
}
