import Dispatch
import HTTP1
import HTTPServer
import POSIX
import TestSupport
import Testing

struct DrainTests {
    @Test func `idle connections close, and then the server is drained`() async throws {
        try await withServer { server, address in
            let idle = try ClientSocket(address)
            try idle.send(request("GET /"))
            #expect(try idle.receive().status == 200)
            await server.drain(grace: Deadline.patience)
            #expect(try idle.receiveRest() == "")
            #expect(server.openConnections == 0)
        }
    }

    @Test func `a request under way gets its answer, and the end`() async throws {
        let handler = Waiting()
        try await withServer(handler: handler) { server, address in
            let client = try ClientSocket(address)
            try client.send(request("GET /1") + request("GET /2"))
            let exchange = try await handler.exchange()
            let idle = try ClientSocket(address)
            try await eventually("the other connection") { server.openConnections == 2 }
            server.drain(grace: Deadline.patience) {}
            try idle.expectSilentClose()
            exchange.queue.async { exchange.respond(Response(status: 204)) }
            let answer = try client.receive()
            #expect(answer.status == 204)
            #expect(answer.field("connection") == "close")
            #expect(try client.receiveRest() == "")
            client.close()
            await server.drain(grace: Deadline.patience)
            #expect(handler.count == 1)
        }
    }

    @Test func `a request whose first byte has come is still answered`() async throws {
        try await withServer { server, address in
            let client = try ClientSocket(address)
            try client.send("G")
            let idle = try ClientSocket(address)
            try await eventually("both connections") { server.openConnections == 2 }
            server.drain(grace: Deadline.patience) {}
            try idle.expectSilentClose()
            try client.send("ET /late HTTP/1.1\r\nHost: h\r\n\r\n")
            let answer = try client.receive()
            #expect(answer.body == "get /late ")
            #expect(answer.field("connection") == "close")
            client.close()
            await server.drain(grace: Deadline.patience)
        }
    }

    @Test func `a request that has come but was not read yet is still answered`() async throws {
        try await withServer { server, address in
            let client = try ClientSocket(address)
            try client.send(request("GET /1"))
            #expect(try client.receive().status == 200)
            // While the queue is held up, the request arrives; the drain stands before it in the queue.
            let (held, hold) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
            server.queue.sync {}
            server.queue.async {
                held.signal()
                hold.wait()
            }
            // Until then a turn may be in the queue that looks for what has come.
            held.wait()
            server.drain(grace: Deadline.patience) {}
            try client.send(request("GET /2"))
            hold.signal()
            let answer = try client.receive()
            #expect(answer.body == "get /2 ")
            #expect(answer.field("connection") == "close")
        }
    }

    @Test func `who is left after the grace is cut off`() async throws {
        let handler = Waiting()
        try await withServer(handler: handler) { server, address in
            let client = try ClientSocket(address)
            try client.send(request("GET /"))
            let exchange = try await handler.exchange()
            await server.drain(grace: .milliseconds(50))
            #expect(server.openConnections == 0)
            try client.waitForClose()
            exchange.queue.async { exchange.respond(Response(status: 204)) }
        }
    }

    @Test func `a second drain with less grace cuts the first one short`() async throws {
        let handler = Waiting()
        try await withServer(handler: handler) { server, address in
            let client = try ClientSocket(address)
            try client.send(request("GET /"))
            _ = try await handler.exchange()
            server.drain(grace: .seconds(3600)) {}
            await server.drain(grace: .zero)
            try client.waitForClose()
        }
    }

    @Test func `those who come later wait for the next server on the same socket`() async throws {
        let socket = try ListeningSocket(binding: SocketAddress(parsing: "127.0.0.1:0"))
        let first = try HTTPServer(label: "first", handler: Handler.echo, logger: Log().logger)
        try first.start([socket])
        await first.drain(grace: .zero)
        let client = try ClientSocket(socket.address)
        try client.send(request("GET /"))
        let second = try HTTPServer(label: "second", handler: Handler.echo, logger: Log().logger)
        try second.start([socket])
        #expect(try client.receive().status == 200)
        await second.drain(grace: .zero)
    }

    @Test func `a server that was never started is drained at once`() async throws {
        let server = try HTTPServer(label: "test", handler: Handler.echo, logger: Log().logger)
        await server.drain(grace: Deadline.patience)
    }
}
