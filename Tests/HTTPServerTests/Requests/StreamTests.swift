import Dispatch
import HTTP1
import HTTPServer
import POSIX
import Synchronization
import TestSupport
import Testing

/// A body that a test feeds.
private final class Feed: BodySource {
    private let pieces = Mutex<[BodyPiece]>([])
    private let cancelled = Atomic<Bool>(false)

    var wasCancelled: Bool { cancelled.load(ordering: .relaxed) }

    func put(_ piece: BodyPiece) { pieces.withLock { $0.append(piece) } }

    func next() -> BodyPiece {
        pieces.withLock { $0.isEmpty ? .later : $0.removeFirst() }
    }

    func cancel() { cancelled.store(true, ordering: .relaxed) }
}

/// A body without an end.
private final class Endless: BodySource {
    private let pieces = Atomic<Int>(0)

    var given: Int { pieces.load(ordering: .relaxed) }

    func next() -> BodyPiece {
        pieces.add(1, ordering: .relaxed)
        return .bytes([UInt8](repeating: 0x78, count: 16384))
    }
}

struct StreamTests {
    private let lines = Response(status: 200, contentType: "application/jsonl")

    /// Answers every request with a stream and lets the test have the exchanges.
    private func withStream(
        _ source: any BodySource, _ options: HTTPServer.Options = .patient,
        _ body: (HTTPServer, SocketAddress, Waiting) async throws -> Void
    ) async throws {
        let waiting = Waiting { [lines] _, exchange in exchange.respond(lines, streaming: source) }
        try await withServer(options, handler: waiting) { try await body($0, $1, waiting) }
    }

    @Test func `pieces are sent as they come, and the connection goes on after the end`() async throws {
        let feed = Feed()
        try await withStream(feed) { _, address, waiting in
            let client = try ClientSocket(address)
            try client.send(request("GET /events"))
            let exchange = try await waiting.exchange()
            #expect(try client.receiveHead().contains("Transfer-Encoding: chunked"))
            for number in 0..<3 {
                feed.put(.bytes(Array("line \(number)".utf8)))
                exchange.queue.async { exchange.resume() }
                #expect(try client.receiveChunk() == Array("line \(number)".utf8))
            }
            feed.put(.end)
            exchange.queue.async { exchange.resume() }
            #expect(try client.receiveChunk() == nil)
            try client.send(request("HEAD /events"))
            #expect(try client.receive(toHead: true).status == 200)
        }
    }

    @Test func `a body that breaks off ends the connection without the last chunk`() async throws {
        let feed = Feed()
        feed.put(.bytes(Array("half".utf8)))
        feed.put(.broken)
        try await withStream(feed) { _, address, _ in
            let client = try ClientSocket(address)
            try client.send(request("GET /events"))
            _ = try client.receiveHead()
            #expect(try client.receiveChunk() == Array("half".utf8))
            #expect(try client.receiveRest() == "")
            #expect(!feed.wasCancelled)
        }
    }

    @Test func `a source is told when its reader has gone`() async throws {
        let feed = Feed()
        try await withStream(feed) { server, address, _ in
            let client = try ClientSocket(address)
            try client.send(request("GET /events"))
            _ = try client.receiveHead()
            client.close()
            try await eventually("the close") { server.openConnections == 0 }
            #expect(feed.wasCancelled)
        }
    }

    @Test func `a source is not asked for more than its reader takes`() async throws {
        var options = HTTPServer.Options.patient
        options.writeTimeout = .milliseconds(100)
        let source = Endless()
        try await withStream(source, options) { server, address, waiting in
            let client = try ClientSocket(address, receiveBuffer: 4096)
            try client.send(request("GET /events"))
            _ = try await waiting.exchange()
            try await eventually("the cut of a reader that does not read") { server.openConnections == 0 }
            // The kernel's buffers and ours hold some megabytes at most; without the bound it would be all the memory.
            #expect(source.given < 4096)
            client.close()
        }
    }

    @Test func `a stream that flows does not run into the write time-out`() async throws {
        var options = HTTPServer.Options.patient
        // Long enough for a reader that shares a busy machine with all other tests.
        options.writeTimeout = .seconds(4)
        try await withStream(Endless(), options) { server, address, waiting in
            let client = try ClientSocket(address)
            try client.send(request("GET /events"))
            _ = try client.receiveHead()
            let silent = try ClientSocket(address, receiveBuffer: 4096)
            try silent.send(request("GET /events"))
            _ = try await waiting.exchange(1)
            // Reads on until the one that does not read has been cut off, which began later.
            let deadline = Deadline()
            while server.openConnections > 1, !deadline.hasPassed { _ = try client.receiveChunk() }
            #expect(server.openConnections == 1)
            for _ in 0..<100 { #expect(try client.receiveChunk()?.count == 16384) }
            silent.close()
        }
    }

    @Test func `draining ends a stream in good order`() async throws {
        let feed = Feed()
        feed.put(.bytes(Array("last".utf8)))
        try await withStream(feed) { server, address, _ in
            let client = try ClientSocket(address)
            try client.send(request("GET /events"))
            _ = try client.receiveHead()
            #expect(try client.receiveChunk() == Array("last".utf8))
            server.drain(grace: Deadline.patience) {}
            #expect(try client.receiveChunk() == nil)
            #expect(try client.receiveRest() == "")
            client.close()
            await server.drain(grace: Deadline.patience)
        }
    }
}
