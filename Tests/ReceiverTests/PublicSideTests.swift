import Dispatch
import HTTPServer
import Ledger
import LedgerDoubles
import Logging
import Payments
import POSIX
import Synchronization
import Testing
import TestSupport

@testable import Receiver

/// The public side on a real server and a real socket.
struct PublicSideTests {
    private let ledger: HeldLedger
    private let server: HTTPServer
    private let address: SocketAddress
    private static let path = "/hooks/5f3a9c0e7d1b42a6"

    init() throws {
        try self.init(HeldLedger())
    }

    private init(_ ledger: HeldLedger, unavailability: String? = nil) throws {
        self.ledger = ledger
        let side = PublicSide(
            endpoint: WebhookEndpoint(
                ledger: ledger, counter: ReceptionCounter(), logger: Logger(label: "test")),
            webhookPaths: ["/other", Self.path], unavailability: { unavailability })
        var options = HTTPServer.Options()
        // The machine may be slow, and no test here is about time.
        options.requestTimeout = .seconds(600)
        server = try HTTPServer(label: "test", options: options, handler: side, logger: Logger(label: "test"))
        let socket = try ListeningSocket(binding: try SocketAddress(parsing: "127.0.0.1:0"))
        address = socket.address
        try server.start([socket])
    }

    private func request(
        _ method: String, _ path: String, _ body: String = "", contentType: String? = "application/json"
    ) -> String {
        let type = contentType.map { "Content-Type: \($0)\r\n" } ?? ""
        return "\(method) \(path) HTTP/1.1\r\nHost: h\r\n\(type)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    private func answer(
        _ method: String, _ path: String, _ body: String = "", contentType: String? = "application/json"
    ) throws -> ClientAnswer {
        let client = try ClientSocket(address)
        try client.send(request(method, path, body, contentType: contentType))
        return try client.receive(toHead: method == "HEAD")
    }

    private let report = #"{"id":42,"state":"paid"}"#

    // MARK: Acknowledging

    @Test func `a report is answered 200 once it is durable, and not before`() async throws {
        let client = try ClientSocket(address)
        try client.send(request("POST", Self.path, report))
        try await eventually("the report reaches the ledger") { ledger.reports.count == 1 }
        // Whatever the server had to say by now stands before the answer to this one.
        let other = try answer("GET", "/healthz")
        #expect(other.status == 200)
        #expect(!client.hasInput(within: 0))
        ledger.commit(upTo: 1)
        let answer = try client.receive()
        #expect(answer.status == 200)
        #expect(answer.body == #"{"status":"accepted"}"#)
        #expect(answer.field("content-type") == "application/json")
    }

    @Test func `reports are gathered, and written when all that had come are there`() async throws {
        let clients = try (0..<3).map { _ in try ClientSocket(address) }
        // Each has been accepted, and the next that comes from it is there at once.
        for client in clients {
            try client.send(request("GET", "/healthz"))
            #expect(try client.receive().status == 200)
        }
        server.queue.suspend()
        for client in clients { try client.send(request("POST", Self.path, report)) }
        server.queue.resume()
        try await eventually("all are being written") { ledger.reports.count == 3 && ledger.deferredCount == 0 }
        #expect(ledger.mostDeferred == 3)
        ledger.commit(upTo: 3)
        for client in clients { #expect(try client.receive().status == 200) }
    }

    @Test func `one commit answers everyone up to it, and no one behind`() async throws {
        let clients = try (0..<5).map { _ in try ClientSocket(address) }
        for (index, client) in clients.enumerated() {
            try client.send(request("POST", Self.path, report))
            try await eventually("report \(index)") { ledger.reports.count == index + 1 }
        }
        ledger.commit(upTo: 3)
        for client in clients[..<3] { #expect(try client.receive().status == 200) }
        #expect(try answer("GET", "/healthz").status == 200)
        for client in clients[3...] { #expect(!client.hasInput(within: 0)) }
        ledger.commit(upTo: 5)
        for client in clients[3...] { #expect(try client.receive().status == 200) }
    }

    @Test func `what a quick disk has taken is answered by whoever had it written`() async throws {
        ledger.commitsAtOnce.withLock { $0 = true }
        let clients = try (0..<3).map { _ in try ClientSocket(address) }
        for client in clients { try client.send(request("POST", Self.path, report)) }
        for client in clients { #expect(try client.receive().status == 200) }
        #expect(ledger.reports.count == 3)
    }

    @Test func `a rejected report is answered 503, never 200`() async throws {
        let client = try ClientSocket(address)
        try client.send(request("POST", Self.path, report))
        try await eventually("the report reaches the ledger") { ledger.reports.count == 1 }
        ledger.reject(after: 0)
        let answer = try client.receive()
        #expect(answer.status == 503)
        #expect(answer.field("retry-after") == "30")
    }

    @Test func `when the journal fails, all who wait are answered 503`() async throws {
        let client = try ClientSocket(address)
        try client.send(request("POST", Self.path, report))
        try await eventually("the report reaches the ledger") { ledger.reports.count == 1 }
        ledger.fail()
        #expect(try client.receive().status == 503)
    }

    @Test func `a rejection that comes while a report is being recorded is not missed`() throws {
        let ledger = ledger
        ledger.meanwhile.withLock { $0 = { ledger.reject(after: 0) } }
        #expect(try answer("POST", Self.path, report).status == 503)
    }

    @Test func `a commit that comes while a report is being recorded is not missed`() throws {
        let ledger = ledger
        ledger.meanwhile.withLock { $0 = { ledger.commit(upTo: 1) } }
        #expect(try answer("POST", Self.path, report).status == 200)
    }

    @Test func `what cannot be taken is answered 503 without saying why to a stranger`() throws {
        let side = try PublicSideTests(HeldLedger(reception: .unavailable("the disk has 7 bytes free")))
        let answer = try side.answer("POST", Self.path, report)
        #expect(answer.status == 503)
        #expect(answer.field("retry-after") != nil)
        #expect(!answer.body.contains("7 bytes"))
    }

    @Test func `what the API has said already is answered at once`() throws {
        #expect(try PublicSideTests(HeldLedger(reception: .known)).answer("POST", Self.path, report).status == 200)
    }

    // MARK: Bad input

    @Test(arguments: [
        ("", "JSON"), ("nonsense", "JSON"), ("[]", "object"), (#"{"state":"paid"}"#, "\\\"id\\\""),
        (#"{"id":42}"#, "\\\"state\\\""), (#"{"id":-1,"state":"paid"}"#, "\\\"id\\\""),
        (#"{"id":1,"state":"paid","id":1}"#, "twice"),
    ])
    func `what is no report is answered 400 with a detail, and reaches no ledger`(body: String, detail: String) throws {
        let answer = try answer("POST", Self.path, body)
        #expect(answer.status == 400)
        #expect(answer.field("content-type") == "application/problem+json")
        #expect(answer.body.contains(detail), "\(answer.body)")
        #expect(ledger.reports.isEmpty)
    }

    @Test func `what is no report is answered 415 if its Content-Type was not a JSON one`() throws {
        let answer = try answer("POST", Self.path, "nonsense", contentType: "text/plain")
        #expect(answer.status == 415)
        #expect(answer.body.contains("application/json"))
    }

    @Test(
        arguments: [
            ("application/json", nil), ("application/json; charset=UTF-8", nil), ("Application/JSON", nil),
            ("application/vnd.x+json", nil), ("text/json", nil),
            ("application/x-www-form-urlencoded", "content-type: application/x-www-form-urlencoded"),
            ("text/plain", "content-type: text/plain"), (nil, "content-type: missing"),
        ] as [(String?, String?)])
    func `a valid report is taken whatever its Content-Type, which is noted`(type: String?, noted: String?) throws {
        let side = try PublicSideTests(HeldLedger(reception: .known))
        #expect(try side.answer("POST", Self.path, report, contentType: type).status == 200)
        let deviations = try #require(side.ledger.reports.first).deviations
        #expect(deviations.filter { $0.hasPrefix("content-type") } == (noted.map { [$0] } ?? []))
    }

    @Test(arguments: ["GET", "PUT", "DELETE", "OPTIONS", "PATCH"])
    func `another method on a webhook path is 405 with Allow`(method: String) throws {
        let answer = try answer(method, Self.path)
        #expect(answer.status == 405)
        #expect(answer.field("allow") == "POST")
    }

    // MARK: Paths

    @Test func `a near miss of the secret path looks like any other path`() throws {
        let miss = try answer("POST", String(Self.path.dropLast()) + "7", report)
        for path in ["/nothing", "/hooks", Self.path + "/", Self.path + "x", String(Self.path.dropLast()), "/HEALTHZ"] {
            let other = try answer("POST", path, report)
            #expect(other.status == 404)
            #expect(other.body == miss.body)
            #expect(other.fields.map(\.name) == miss.fields.map(\.name))
        }
        #expect(ledger.reports.isEmpty)
    }

    @Test func `a query does not hide the path`() async throws {
        let client = try ClientSocket(address)
        try client.send(request("POST", Self.path + "?source=x", report))
        try await eventually("the report reaches the ledger") { ledger.reports.count == 1 }
    }

    // MARK: Health

    @Test func `/healthz says whether webhooks are taken, and why not`() throws {
        #expect(try answer("GET", "/healthz").status == 200)
        let head = try answer("HEAD", "/healthz")
        #expect(head.status == 200)
        #expect(head.field("content-length") == "15")
        #expect(try answer("POST", "/healthz").status == 405)
        let sick = try PublicSideTests(HeldLedger(), unavailability: "the disk is full").answer("GET", "/healthz")
        #expect(sick.status == 503)
        #expect(sick.body.contains("the disk is full"))
    }
}
