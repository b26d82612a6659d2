import Dispatch
import HTTP1
import HTTPServer
import Synchronization
import TestSupport
import Testing

/// When a handler is told that it has handled all there was.
struct TurnTests {
    /// Writes down what happens to it.
    private final class Turns: RequestHandler {
        enum Event: Hashable { case handled, all }

        private let state = Mutex((events: [Event](), exchanges: [Exchange]()))
        let answersAtOnce: Bool

        init(answersAtOnce: Bool) {
            self.answersAtOnce = answersAtOnce
        }

        var events: [Event] { state.withLock { $0.events } }

        func handle(_ request: Request, _ exchange: Exchange) {
            state.withLock { state in
                state.events.append(.handled)
                if !answersAtOnce { state.exchanges.append(exchange) }
            }
            if answersAtOnce { exchange.respond(.echo(of: request)) }
        }

        func didHandleAll() { state.withLock { $0.events.append(.all) } }

        /// Answers the oldest request that has none. To be called on the server's queue.
        func answer() {
            let exchange = state.withLock { $0.exchanges.removeFirst() }
            exchange.respond(Response(status: 204))
        }
    }

    @Test(arguments: [true, false])
    func `the handler is told once that it has handled all requests that were there together`(pipelined: Bool)
        async throws
    {
        let turns = Turns(answersAtOnce: true)
        try await withServer(handler: turns) { server, address in
            let clients = try (0..<(pipelined ? 1 : 8)).map { _ in try ClientSocket(address) }
            for client in clients {
                try client.send(request("GET /"))
                #expect(try client.receive().status == 200)
            }
            // Whoever is answered need not have been told of yet.
            let before = server.queue.sync { turns.events.count }
            server.queue.suspend()
            let each = pipelined ? 8 : 1
            for client in clients { try client.send(String(repeating: request("GET /"), count: each)) }
            server.queue.resume()
            for client in clients { for _ in 0..<each { #expect(try client.receive().status == 200) } }
            let events = server.queue.sync { turns.events.dropFirst(before) }
            #expect(events == Array(repeating: .handled, count: 8) + [.all])
        }
    }

    @Test func `the handler is told again after a pipelined request that had to wait for an answer`() async throws {
        let turns = Turns(answersAtOnce: false)
        try await withServer(handler: turns) { server, address in
            let client = try ClientSocket(address)
            try client.send(request("GET /1") + request("GET /2"))
            for number in 1...2 {
                try await eventually("turn \(number) ends") { turns.events.count == 2 * number }
                server.queue.sync { turns.answer() }
                #expect(try client.receive().status == 204)
            }
            #expect(turns.events == [.handled, .all, .handled, .all])
        }
    }
}
