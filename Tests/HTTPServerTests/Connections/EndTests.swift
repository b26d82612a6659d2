import Dispatch
import HTTP1
import HTTPServer
import POSIX
import TestSupport
import Testing

/// Peers that end, half or whole, at every time.
struct EndTests {
    @Test func `a peer that has ended its side still gets its answers`() async throws {
        try await withServer { server, address in
            let client = try ClientSocket(address)
            try client.send(request("GET /1") + request("GET /2"))
            try client.finishSending()
            #expect(try client.receive().body == "get /1 ")
            #expect(try client.receive().body == "get /2 ")
            #expect(try client.receiveRest() == "")
            try await eventually("the close") { server.openConnections == 0 }
        }
    }

    @Test func `a peer that ended its side while its request was handled still gets the answer`() async throws {
        let handler = Waiting()
        try await withServer(handler: handler) { _, address in
            let client = try ClientSocket(address)
            try client.send(request("GET /"))
            let exchange = try await handler.exchange()
            try client.finishSending()
            exchange.queue.async { exchange.respond(Response(status: 204)) }
            #expect(try client.receive().status == 204)
            #expect(try client.receiveRest() == "")
        }
    }

    @Test func `a peer that closes between requests is forgotten`() async throws {
        try await withServer { server, address in
            let client = try ClientSocket(address)
            try client.send(request("GET /"))
            #expect(try client.receive().status == 200)
            #expect(server.openConnections == 1)
            client.close()
            try await eventually("the close") { server.openConnections == 0 }
        }
    }

    @Test func `the answer to a peer that has reset its connection goes nowhere`() async throws {
        let handler = Waiting()
        try await withServer(handler: handler) { server, address in
            let client = try ClientSocket(address)
            try client.send(request("GET /"))
            let exchange = try await handler.exchange()
            try client.reset()
            exchange.queue.async { exchange.respond(Response(status: 204)) }
            try await eventually("the close") { server.openConnections == 0 }
            // Its place is taken by another; the old exchange must not reach that one.
            let other = try ClientSocket(address)
            try other.send(request("GET /"))
            let next = try await handler.exchange(1)
            exchange.queue.async {
                exchange.respond(Response(status: 500))
                next.respond(Response(status: 204))
            }
            #expect(try other.receive().status == 204)
        }
    }

    @Test func `a Unix peer that sends and closes at once has sent`() async throws {
        let directory = try TemporaryDirectory()
        let handler = Waiting()
        try await withServer(on: "unix:\(directory.path)/s", handler: handler) { server, address in
            let client = try ClientSocket(address)
            try client.send(request("POST /", "Content-Length: 2\r\n", body: "ab"))
            client.close()
            let exchange = try await handler.exchange()
            exchange.queue.async { exchange.respond(Response(status: 204)) }
            try await eventually("the close") { server.openConnections == 0 }
        }
    }

    @Test func `many peers that vanish leave nothing behind`() async throws {
        try await withServer { server, address in
            for number in 0..<100 {
                let client = try ClientSocket(address)
                try client.send(number % 2 == 0 ? request("GET /") : "GET / HT")
                if number % 3 == 0 { try client.reset() } else { client.close() }
            }
            // All of them were accepted before this one is answered.
            let client = try ClientSocket(address)
            try client.send(request("GET /"))
            #expect(try client.receive().status == 200)
            try await eventually("all closes") { server.openConnections == 1 }
            client.close()
        }
    }
}
