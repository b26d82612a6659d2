import HTTPServer
import POSIX
import TestSupport
import Testing

/// The tricks on a real nginx with the configuration that is shipped, and the server behind it.
///
/// nginx is made to put a tag of its own, which nobody can guess, into each request that it makes. So a request that reaches
/// the server without one, or with one that was there before, was made by somebody else: it was smuggled.
struct ProxySmugglingTests {
    /// That many connections at once, before the server is asked what it has seen.
    private static let batch = 64

    private func withProxy(
        http2: Bool = false, _ body: (Nginx, SocketAddress, RequestWatch) async throws -> Void
    ) async throws {
        let directory = try TemporaryDirectory()
        let watch = RequestWatch()
        try await withServer(on: "unix:\(directory.path)/s", handler: watch) { _, address in
            var shipped = try ShippedNginx(upstream: "\(address)")
            let host = "proxy_set_header Host $host;"
            try shipped.replace(host, with: "\(host) proxy_set_header X-Front $request_id;")
            // The attacks are more than anybody may send.
            try shipped.replace("rate=200r/s", with: "rate=1000000r/s")
            try await body(try await shipped.startPlain(http2: http2), address, watch)
        }
    }

    /// Sends each attack on a connection of its own; returns what the server has seen of them.
    private func run(
        _ attacks: [(name: String, bytes: [UInt8])], _ nginx: Nginx, _ watch: RequestWatch,
        _ bystander: (Int) throws -> Void
    ) throws -> [RequestWatch.Seen] {
        var all: [RequestWatch.Seen] = []
        var tags: Set<String> = []
        for start in stride(from: 0, to: attacks.count, by: Self.batch) {
            let batch = attacks[start..<min(start + Self.batch, attacks.count)]
            let clients = try batch.map { _ in try ClientSocket(nginx.address) }
            // nginx may have refused, and closed, before all of it is sent.
            for (client, attack) in zip(clients, batch) { try? client.send(attack.bytes) }
            // nginx and the server take what comes in its order: when these have been answered, one after the other, whatever
            // an attack had set off has arrived. None of them gets an answer that belongs to somebody else.
            for number in 0..<6 { try bystander(10_000 + start + number) }
            let seen = watch.take()
            for request in seen {
                let isGenuine = request.tags.count == 1 && tags.insert(request.tags[0]).inserted
                #expect(isGenuine, "\(request.path) \(request.tags) came of one of \(batch.map(\.name))")
            }
            all += seen.filter { !$0.path.hasPrefix("/bystander") }
            for client in clients { client.close() }
        }
        return all
    }

    @Test func `nothing reaches the server that nginx has not made a request of`() async throws {
        try await withProxy { nginx, _, watch in
            let attacks = SmugglingTrick.all.map { ($0.name, $0.bytes) }
            let seen = try run(attacks, nginx, watch) { number in
                let client = try ClientSocket(nginx.address)
                try client.send(request("POST /bystander\(number)", "Content-Length: 5\r\n", body: "hello"))
                #expect(try client.receive().body == "/bystander\(number)")
            }
            // They were not all refused by nginx: some went through, with their second request in the body.
            #expect(seen.contains { $0.body == SmugglingTrick.inner.bytes })
        }
    }

    @Test func `nothing reaches the server over HTTP/2 that nginx has not made a request of`() async throws {
        try await withProxy(http2: true) { nginx, _, watch in
            let attacks = HTTP2Attack.all.map { ($0.name, $0.bytes) }
            let seen = try run(attacks, nginx, watch) { number in
                let client = try ClientSocket(nginx.address)
                try client.send(HTTP2Attack.plain(path: "/bystander\(number)").bytes)
                // The path comes back as the body, in a frame of its own.
                try client.receive(until: "/bystander\(number)")
            }
            #expect(seen.contains { $0.body == SmugglingTrick.inner.bytes })
        }
    }

    @Test func `a request that nginx did not make is noticed`() async throws {
        try await withProxy { nginx, address, watch in
            let client = try ClientSocket(nginx.address)
            try client.send(request("GET /a"))
            #expect(try client.receive().status == 200)
            #expect(watch.take().map(\.tags.count) == [1])
            // What comes of it when a server behind nginx reads a body as a request.
            let inside = try ClientSocket(address)
            try inside.send(SmugglingTrick.inner)
            #expect(try inside.receive().status == 200)
            #expect(watch.take().map(\.tags.count) == [0])
        }
    }
}
