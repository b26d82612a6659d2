import HTTP1
import HTTPServer
import Ledger
import Logging
import POSIX
import Testing

@testable import Delivery

/// What one attempt comes to, by what the shop answers.
struct HTTPDeliverySenderTests {
    /// A shop that answers whatever comes in the same way.
    private struct Shop: RequestHandler {
        let answer: @Sendable (Exchange) -> Void

        func handle(_ request: Request, _ exchange: Exchange) { answer(exchange) }
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let outcome: DeliveryOutcome
        let answer: @Sendable (Exchange) -> Void

        init(
            _ description: String, _ outcome: DeliveryOutcome, _ answer: @escaping @Sendable (Exchange) -> Void
        ) {
            (testDescription, self.outcome, self.answer) = (description, outcome, answer)
        }

        static let all = [
            Case("204", .accepted(status: 204)) { $0.respond(Response(status: 204)) },
            Case("200 with a short body", .accepted(status: 200)) {
                $0.respond(Response(status: 200, body: Array(repeating: 0x20, count: 100)))
            },
            // Far more than anybody reads.
            Case("200 with an endless body", .accepted(status: nil)) {
                $0.respond(Response(status: 200, body: Array(repeating: 0x20, count: 8 << 20)))
            },
            Case("200 with a body that breaks off", .accepted(status: nil)) {
                $0.respond(Response(status: 200), streaming: Pieces([.bytes([0x20]), .broken]))
            },
            // A byte, and then nothing: it has said 200, and after the time-out nobody waits for the rest.
            Case("200 with a body that does not end", .accepted(status: nil)) {
                $0.respond(Response(status: 200), streaming: Pieces([.bytes([0x20])]))
            },
            Case(
                "302",
                .failed(DeliveryFailure(status: 302, error: "HTTP 302, which is not followed, to /elsewhere"))
            ) {
                $0.respond(Response(status: 302, fields: [("Location", "/elsewhere")]))
            },
            Case("400 with its reason", .failed(DeliveryFailure(status: 400, error: "HTTP 400: no such order [2J"))) {
                $0.respond(Response(status: 400, body: Array("no such order\u{1b}[2J\nsecond line".utf8)))
            },
            Case(
                "429 with Retry-After",
                .failed(
                    DeliveryFailure(
                        status: 429, error: "HTTP 429: slow down", isOfEndpoint: true, retryAfter: .seconds(3600)))
            ) {
                $0.respond(
                    Response(
                        status: 429, fields: [("Retry-After", "3600")], body: Array(#"{"error":"slow down"}"#.utf8)))
            },
            Case(
                "503 that asks for two days",
                .failed(
                    DeliveryFailure(status: 503, error: "HTTP 503", isOfEndpoint: true, retryAfter: .seconds(86_400)))
            ) {
                $0.respond(Response(status: 503, fields: [("Retry-After", "172800")]))
            },
            Case("410", .gone) { $0.respond(Response(status: 410)) },
            Case("500", .failed(DeliveryFailure(status: 500, error: "HTTP 500"))) {
                $0.respond(.json(status: 500, "{}"))
            },
        ]
    }

    /// What an attempt at a shop with that answer comes to. An attempt has fifteen seconds, and less in a test.
    private func send(_ answer: @escaping @Sendable (Exchange) -> Void) async throws -> DeliveryOutcome {
        let server = try HTTPServer(label: "shop", handler: Shop(answer: answer), logger: Logger(label: "test"))
        let socket = try ListeningSocket(binding: SocketAddress(parsing: "127.0.0.1:0"))
        try server.start([socket])
        var sender = HTTPDeliverySender(
            url: "http://\(socket.address)/hook", keys: [[1, 2, 3]], caFile: nil, userAgent: "test")
        #expect(sender.timeout == .seconds(15))
        sender.timeout = .seconds(2)
        let content = DeliveryContent(journal: "id", seq: 2, time: 0, checksum: nil, current: Array("{}".utf8))
        let outcome = await sender.send(DeliveryMessage(content))
        await server.drain(grace: .zero)
        return outcome
    }

    @Test(arguments: Case.all)
    func `an answer of 2xx is a delivery however its body goes on, 410 stops the endpoint, all else is a failure`(
        _ given: Case
    ) async throws {
        #expect(try await send(given.answer) == given.outcome)
    }

    @Test func `a shop that refuses connections refuses all deliveries`() async throws {
        let sender = HTTPDeliverySender(
            url: "http://127.0.0.1:9/hook", keys: [[1, 2, 3]], caFile: nil, userAgent: "test")
        let content = DeliveryContent(journal: "id", seq: 2, time: 0, checksum: nil, current: Array("{}".utf8))
        guard case .failed(let failure) = await sender.send(DeliveryMessage(content)) else {
            Issue.record("taken for a delivery")
            return
        }
        #expect(failure.isOfEndpoint && failure.status == nil)
    }

    @Test func `a shop that does not answer in time is a failure without a status`() async throws {
        guard case .failed(let failure) = try await send({ _ in }) else {
            Issue.record("taken for a delivery")
            return
        }
        #expect(failure.status == nil && failure.error.contains("time") && !failure.isOfEndpoint, "\(failure)")
    }
}
