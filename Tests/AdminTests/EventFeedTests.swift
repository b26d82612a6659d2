import Dispatch
import HTTPServer
import Ledger
import LedgerDoubles
import Logging
import Payments
import POSIX
import Testing
import TestSupport

@testable import Admin

/// The feed on a real server, a real socket and a real journal.
struct EventFeedTests {
    /// What a test needs, with a ledger of some form.
    private struct Fixture {
        let home = LedgerHome()
        let ledger: UnreliableRecords
        let feed: EventFeed
        let server: HTTPServer
        let address: SocketAddress
        let log = LineLog()

        init(_ form: LedgerBackend, heartbeat: Duration = .seconds(3600)) async throws {
            ledger = UnreliableRecords(try await home.openRecords(form))
            let logger = Logger(label: "test") { [log] _ in log.handler }
            let damages = DamageList(logger)
            feed = EventFeed(
                ledger, heartbeat: heartbeat, outagePause: .milliseconds(20), damages: damages, logger: logger)
            let side = AdminSide(
                .init(
                    unavailability: { nil }, unreadiness: { [] }, reconcile: { _ in true }, replay: { _, _ in (0, []) },
                    status: { _ in preconditionFailure("nobody asks for it here") }), feed: feed,
                activity: Activity(ledger, damages))
            var options = HTTPServer.Options()
            options.requestTimeout = .seconds(600)
            options.writeTimeout = .milliseconds(100)
            options.maxConnections = 2000
            server = try HTTPServer(label: "test", options: options, handler: side, logger: Logger(label: "test"))
            let socket = try ListeningSocket(binding: try SocketAddress(parsing: "127.0.0.1:0"))
            address = socket.address
            try server.start([socket])
        }

        func reader(_ query: String, receiveBuffer: Int32? = nil) throws -> ClientSocket {
            let client = try ClientSocket(address, receiveBuffer: receiveBuffer)
            try client.send("GET /events\(query) HTTP/1.1\r\nHost: localhost\r\n\r\n")
            return client
        }

        func record(_ id: Int64, padding: Int = 0) throws {
            let text = #"{"id":\#(id),"state":"paid","qr_image_path":"\#(String(repeating: "x", count: padding))"}"#
            guard case .pending = ledger.record(try ReportedPayment(body: Array(text.utf8).span), peer: "test") else {
                throw Fault()
            }
        }

        func end() async {
            await server.drain(grace: .zero)
        }
    }

    private struct Fault: Error {}

    @Test(arguments: LedgerBackend.allCases)
    func `an idle stream carries an empty line now and then`(_ form: LedgerBackend) async throws {
        try await withTaskExecutorPreference(ClientExecutor()) {
            let test = try await Fixture(form, heartbeat: .milliseconds(50))
            let client = try test.reader("")
            #expect(try client.receiveHead().contains("application/jsonl"))
            for _ in 0..<3 { #expect(try client.receiveChunk() == [UInt8(ascii: "\n")]) }
            try test.record(1)
            var chunk = try client.receiveChunk()
            while chunk == [UInt8(ascii: "\n")] { chunk = try client.receiveChunk() }
            #expect(String(decoding: chunk ?? [], as: UTF8.self).contains(#""kind":"received","payment":1,"#))
            await test.end()
        }
    }

    @Test(arguments: LedgerBackend.allCases)
    func `fifty readers at the tail cost one reading of the disk`(_ form: LedgerBackend) async throws {
        try await withTaskExecutorPreference(ClientExecutor()) {
            let test = try await Fixture(form)
            let clients = try (0..<50).map { _ in try test.reader("") }
            for client in clients { _ = try client.receiveHead() }
            for id in 1...5 {
                try test.record(Int64(id))
                for client in clients {
                    let chunk = String(decoding: try client.receiveChunk() ?? [], as: UTF8.self)
                    #expect(chunk.contains(#""payment":\#(id),"#) && chunk.hasSuffix("}\n"))
                }
            }
            // The first page behind the tail may have been read for nobody else.
            #expect(test.ledger.reads <= 6)
            #expect(test.feed.readers == 50)
            clients[0].close()
            try await eventually("one has gone") { test.feed.readers == 49 }
            await test.end()
        }
    }

    @Test(arguments: LedgerBackend.allCases)
    func `a record that becomes durable before its reader is seen to wait is shown`(_ form: LedgerBackend) async throws
    {
        try await withTaskExecutorPreference(ClientExecutor()) {
            let test = try await Fixture(form)
            let client = try test.reader("")
            _ = try client.receiveHead()
            test.ledger.answerNext(with: test.ledger.durable)
            try test.record(1)
            let chunk = try client.receiveChunk()
            #expect(String(decoding: chunk ?? [], as: UTF8.self).contains(#""kind":"received","payment":1,"#))
            await test.end()
        }
    }

    @Test(arguments: LedgerBackend.allCases)
    func `a reader that does not read is dropped, and what waits for it does not grow`(_ form: LedgerBackend)
        async throws
    {
        try await withTaskExecutorPreference(ClientExecutor()) {
            let test = try await Fixture(form)
            for id in 1...1500 { try test.record(Int64(id), padding: 10_000) }
            try await eventually("all of it is durable") { test.ledger.durable > 1500 }
            let slow = try test.reader("?after=0", receiveBuffer: 4096)
            try await eventually("it is dropped") { test.feed.readers == 0 && test.server.openConnections == 0 }
            // 15 MB wait for it. Read was what the sockets' buffers hold, and no more.
            #expect(test.ledger.reads < 300)
            slow.close()
            await test.end()
        }
    }

    @Test func `a web page that has its name resolve to this machine reads nothing`() async throws {
        let test = try await Fixture(.files)
        for (host, status) in [
            ("localhost:8724", 200), ("127.0.0.1", 200), ("[::1]:8724", 200), ("evil.example", 403),
            ("127.0.0.1.evil.example", 403), ("localhost.evil.example:8724", 403),
        ] {
            let client = try ClientSocket(test.address)
            try client.send("GET /healthz HTTP/1.1\r\nHost: \(host)\r\n\r\n")
            #expect(try client.receive().status == status, "\(host)")
        }
        await test.end()
    }

    @Test func `records that cannot be read for now are shown when they can, and the stream lives on meanwhile`()
        async throws
    {
        try await withTaskExecutorPreference(ClientExecutor()) {
            let test = try await Fixture(.files, heartbeat: .milliseconds(50))
            let clients = try (0..<3).map { _ in try test.reader("?after=0") }
            // The record that each run begins with.
            for client in clients { #expect(try client.receiveHead().contains("application/jsonl")) }
            for client in clients { #expect(try client.receiveChunk()?.count ?? 0 > 1) }
            test.ledger.isUnreachable = true
            try test.record(1)
            try await eventually("it is told") { test.log.lines.contains { $0.contains("shows no records for now") } }
            for client in clients { #expect(try client.receiveChunk() == [UInt8(ascii: "\n")]) }
            test.ledger.isUnreachable = false
            for client in clients {
                var chunk = try client.receiveChunk()
                while chunk == [UInt8(ascii: "\n")] { chunk = try client.receiveChunk() }
                #expect(String(decoding: chunk ?? [], as: UTF8.self).contains(#""kind":"received","payment":1,"#))
            }
            #expect(test.log.lines.filter { $0.contains("/events shows") }.count == 2, "\(test.log.lines)")
            await test.end()
        }
    }
}
