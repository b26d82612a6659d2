import HTTP1
import HTTPServer
import POSIX
import TestSupport
import Testing

/// The server behind a real nginx with the configuration that is shipped.
struct ProxyTests {
    /// How nginx answers so many requests at once on one connection.
    private func statuses(of count: Int, _ nginx: Nginx) throws -> [Int] {
        let client = try ClientSocket(nginx.address)
        try client.send(String(repeating: request("GET /"), count: count))
        return try (0..<count).map { _ in try client.receive().status }
    }

    @Test func `a burst from one address passes, a flood is answered 503`() async throws {
        let directory = try TemporaryDirectory()
        try await withServer(on: "unix:\(directory.path)/s") { _, address in
            let nginx = try await ShippedNginx(upstream: "\(address)").startPlain()
            #expect(try statuses(of: 400, nginx).allSatisfy { $0 == 200 })
            // Far more than pass in the time that they take.
            var flood: [Int] = []
            while !flood.contains(503), flood.count < 100_000 { flood += try statuses(of: 500, nginx) }
            #expect(Set(flood) == [200, 503])
        }
    }

    @Test func `a webhook on a kept connection that ends at that moment is sent again`() async throws {
        let directory = try TemporaryDirectory()
        let waiting = Waiting()
        let handler = Handler { request, exchange in
            if request.method == .get {
                exchange.respond(.echo(of: request))
            } else {
                waiting.handle(request, exchange)
            }
        }
        let socket = try ListeningSocket(binding: SocketAddress(parsing: "unix:\(directory.path)/s"))
        let killed = try HTTPServer(label: "killed", options: .patient, handler: handler, logger: Log().logger)
        let next = try HTTPServer(label: "next", options: .patient, handler: Handler.echo, logger: Log().logger)
        let nginx = try await ShippedNginx(upstream: "\(socket.address)").startPlain()
        // What it keeps holds the first server, which holds the handler.
        defer { waiting.forget() }
        try await withTaskExecutorPreference(ClientExecutor()) {
            try killed.start([socket])
            let client = try ClientSocket(nginx.address)
            try client.send(request("GET /first"))
            #expect(try client.receive().body == "get /first ")
            try client.send(request("POST /hook", "Content-Length: 2\r\n", body: "{}"))
            _ = try await waiting.exchange()
            #expect(killed.openConnections == 1, "nginx keeps the connection")
            await killed.drain(grace: .zero)
            try next.start([socket])
            #expect(try client.receive().body == "post /hook {}")
        }
        await next.drain(grace: .zero)
    }
}
