import Dispatch
import HTTP1
import HTTPServer
import POSIX
import TestSupport
import Testing

struct LateAnswerTests {
    @Test func `an answer may come later, from another thread, through the queue`() async throws {
        let handler = Handler { request, exchange in
            let response = Response.echo(of: request)
            DispatchQueue.global().async { exchange.queue.async { exchange.respond(response) } }
        }
        try await withServer(handler: handler) { _, address in
            let client = try ClientSocket(address)
            try client.send(request("GET /1") + request("GET /2") + request("GET /3"))
            for number in 1...3 { #expect(try client.receive().body == "get /\(number) ") }
        }
    }

    @Test func `many connections are answered in one go, in any order`() async throws {
        let handler = Waiting()
        try await withServer(handler: handler) { server, address in
            let clients = try (0..<20).map { _ in try ClientSocket(address) }
            for (number, client) in clients.enumerated() { try client.send(request("GET /\(number)")) }
            _ = try await handler.exchange(19)
            var exchanges: [Exchange] = []
            for number in 0..<20 { exchanges.append(try await handler.exchange(number)) }
            server.queue.async { [exchanges] in
                for exchange in exchanges.reversed() { exchange.respond(.json(status: 200, exchange.peer)) }
            }
            for client in clients { #expect(try client.receive().status == 200) }
        }
    }

    @Test func `a second answer to a request is ignored`() async throws {
        let handler = Handler { _, exchange in
            exchange.respond(Response(status: 204))
            exchange.respond(Response(status: 500))
        }
        try await withServer(handler: handler) { _, address in
            let client = try ClientSocket(address)
            try client.send(request("GET /") + request("GET /"))
            #expect(try client.receive().status == 204)
            #expect(try client.receive().status == 204)
        }
    }

    @Test func `an answer to an earlier request does not answer a later one`() async throws {
        let handler = Waiting()
        try await withServer(handler: handler) { _, address in
            let client = try ClientSocket(address)
            try client.send(request("GET /1") + request("GET /2"))
            let first = try await handler.exchange()
            first.queue.async { first.respond(Response(status: 201)) }
            let second = try await handler.exchange(1)
            second.queue.async {
                first.respond(Response(status: 500))
                second.respond(Response(status: 202))
            }
            #expect(try client.receive().status == 201)
            #expect(try client.receive().status == 202)
        }
    }

    @Test func `an answer elsewhere than on the queue traps`() async throws {
        await #expect(processExitsWith: .failure) {
            let handler = Waiting()
            try await withServer(handler: handler) { _, address in
                let client = try ClientSocket(address)
                try client.send(request("GET /"))
                try await handler.exchange().respond(Response(status: 204))
            }
        }
    }
}
