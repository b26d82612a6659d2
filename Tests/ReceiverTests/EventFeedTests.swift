import Dispatch
import HTTPServer
import JournalStore
import Logging
import POSIX
import Payments
import TestSupport
import Testing

@testable import Receiver

/// The feed on a real server, a real socket and a real journal.
struct EventFeedTests {
    private let directory: TemporaryDirectory
    private let ledger: FileLedger
    private let feed: EventFeed
    private let server: HTTPServer
    private let address: SocketAddress

    init() throws { try self.init(heartbeat: .seconds(3600)) }

    private init(heartbeat: Duration) throws {
        directory = try TemporaryDirectory()
        let ledger = try FileLedger(
            try DirectoryDisk(path: directory.path),
            .init(
                limits: .init(maxPending: 1_000_000, confirmRate: 10, confirmWindow: .seconds(3600)),
                minimumFreeBytes: 0),
            journal: .init(segmentBytes: 1 << 20, version: "1", api: "api:1", client: "client"),
            randomID: "0123456789abcdef",
            seed: 1)
        self.ledger = ledger
        feed = EventFeed(ledger, heartbeat: heartbeat, logger: Logger(label: "test"))
        let side = AdminSide(
            .init(
                unavailability: { nil }, unreadiness: { [] }, reconcile: { _ in true }, replay: { _, _ in 0 },
                status: { _ in preconditionFailure("nobody asks for it here") }), feed: feed, activity: Activity(ledger)
        )
        var options = HTTPServer.Options()
        options.requestTimeout = .seconds(600)
        options.writeTimeout = .milliseconds(100)
        options.maxConnections = 2000
        server = try HTTPServer(label: "test", options: options, handler: side, logger: Logger(label: "test"))
        let socket = try ListeningSocket(binding: try SocketAddress(parsing: "127.0.0.1:0"))
        address = socket.address
        try server.start([socket])
    }

    private func reader(_ query: String, receiveBuffer: Int32? = nil) throws -> ClientSocket {
        let client = try ClientSocket(address, receiveBuffer: receiveBuffer)
        try client.send("GET /events\(query) HTTP/1.1\r\nHost: localhost\r\n\r\n")
        return client
    }

    private func record(_ id: Int64, padding: Int = 0) throws {
        let text = #"{"id":\#(id),"state":"paid","note":"\#(String(repeating: "x", count: padding))"}"#
        guard case .pending = ledger.record(try ReportedPayment(body: Array(text.utf8).span), peer: "test") else {
            throw Fault()
        }
    }

    private struct Fault: Error {}

    @Test func `an idle stream carries an empty line now and then`() async throws {
        try await withTaskExecutorPreference(ClientExecutor()) {
            let test = try Self(heartbeat: .milliseconds(50))
            let client = try test.reader("")
            #expect(try client.receiveHead().contains("application/jsonl"))
            for _ in 0..<3 { #expect(try client.receiveChunk() == [UInt8(ascii: "\n")]) }
            try test.record(1)
            var chunk = try client.receiveChunk()
            while chunk == [UInt8(ascii: "\n")] { chunk = try client.receiveChunk() }
            #expect(String(decoding: chunk ?? [], as: UTF8.self).contains(#""kind":"received","payment":1,"#))
            await test.server.drain(grace: .zero)
        }
    }

    @Test func `those at the tail are shown what the first of them had read from the disk`() async throws {
        try await withTaskExecutorPreference(ClientExecutor()) {
            let clients = try (0..<50).map { _ in try reader("") }
            for client in clients { _ = try client.receiveHead() }
            for id in 1...5 {
                try record(Int64(id))
                for client in clients {
                    let chunk = String(decoding: try client.receiveChunk() ?? [], as: UTF8.self)
                    #expect(chunk.contains(#""payment":\#(id),"#) && chunk.hasSuffix("}\n"))
                }
            }
            // The first page behind the tail may have been read for nobody else.
            #expect(feed.pagesRead <= 6)
            #expect(feed.readers == 50)
            clients[0].close()
            try await eventually("one has gone") { feed.readers == 49 }
            await server.drain(grace: .zero)
        }
    }

    @Test func `a reader that does not read is dropped, and what waits for it does not grow`() async throws {
        try await withTaskExecutorPreference(ClientExecutor()) {
            for id in 1...1500 { try record(Int64(id), padding: 10_000) }
            try await eventually("all of it is durable") { ledger.durable > 1500 }
            let slow = try reader("?after=0", receiveBuffer: 4096)
            try await eventually("it is dropped") { feed.readers == 0 && server.openConnections == 0 }
            // 15 MB wait for it. Read was what the sockets' buffers hold, and no more.
            #expect(feed.pagesRead < 300)
            slow.close()
        }
    }

    @Test func `a web page that has its name resolve to this machine reads nothing`() async throws {
        for (host, status) in [
            ("localhost:8724", 200), ("127.0.0.1", 200), ("[::1]:8724", 200), ("evil.example", 403),
            ("127.0.0.1.evil.example", 403), ("localhost.evil.example:8724", 403),
        ] {
            let client = try ClientSocket(address)
            try client.send("GET /healthz HTTP/1.1\r\nHost: \(host)\r\n\r\n")
            #expect(try client.receive().status == status, "\(host)")
        }
        await server.drain(grace: .zero)
    }
}
