import Payments
import Synchronization
import TestSupport
import Testing

@testable import ECryptoPay

/// Listings, which come in pieces.
@Suite struct ClientListTests {
    /// A listing of that many payments.
    private static func list(_ count: Int) -> String {
        "[" + (1...count).map(element).joined(separator: ",") + "]"
    }

    private static func element(_ id: Int) -> String {
        #"{"id":\#(id),"currency":"btc","amount":"150.0","created_at":"2026-11-20T18:04:05.123Z","#
            + #""updated_at":"2026-11-20T18:09:11.456Z","state":"paid","currency_amount":"0.00012345"}"#
    }

    @Test func `payments are shown in their order, and counted`() async throws {
        let api = try ScriptedAPI { _ in .answer(200, Self.list(5000)) }
        let ids = Mutex<[PaymentID]>([])
        let count = try await api.client().forEachPayment { payment in ids.withLock { $0.append(payment.id) } }
        #expect(count == 5000)
        #expect(ids.withLock { $0 } == (1...5000).map { PaymentID($0) })
    }

    @Test func `a listing that breaks off is an error, though its beginning was shown`() async throws {
        let body = Array(Self.list(5000).utf8)
        let head = Array("HTTP/1.1 200 OK\r\nContent-Length: \(body.count)\r\n\r\n".utf8)
        let api = try ScriptedAPI { _ in .last(head + body.prefix(body.count / 2)) }
        let shown = Mutex(0)
        let error = await #expect(throws: APIError.self) {
            try await api.client().forEachPayment { _ in shown.withLock { $0 += 1 } }
        }
        #expect(error?.kind == .connectionLost)
        #expect(shown.withLock { $0 } > 0)
    }

    @Test func `half a list in a whole answer is an error`() async throws {
        let api = try ScriptedAPI { _ in .answer(200, "[" + Self.element(1) + ",") }
        let error = await #expect(throws: APIError.self) { try await api.client().payments() }
        #expect(error?.kind == .undecodable)
        #expect(error?.detail.contains("the text ends too early") == true)
    }

    @Test func `the transfer ends at the first element that is no payment`() async throws {
        // The rest never comes: without an end, the call would wait for its time-out.
        let start = #"[{"id":1}"# + String(repeating: " ", count: 100)
        let api = try ScriptedAPI { _ in
            .bytes(Array("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n\(start)".utf8))
        }
        let error = await #expect(throws: APIError.self) { try await api.client().payments() }
        #expect(error?.kind == .undecodable)
        #expect(error?.detail.contains("element 0 is no payment") == true)
    }

    @Test func `an HTML page in place of the list is told as such`() async throws {
        let api = try ScriptedAPI { _ in .answer(200, "<html><title>Log in</title>", ["Content-Type: text/html"]) }
        let error = await #expect(throws: APIError.self) { try await api.client().payments() }
        #expect(error?.detail.contains("an HTML page, \"Log in\"") == true)
    }

    @Test func `the body of an error is not taken for the list`() async throws {
        let api = try ScriptedAPI { _ in .answer(500, "[" + Self.element(1) + "]") }
        let shown = Mutex(0)
        let error = await #expect(throws: APIError.self) {
            try await api.client().forEachPayment { _ in shown.withLock { $0 += 1 } }
        }
        #expect(error?.kind == .status(500))
        #expect(shown.withLock { $0 } == 0)
    }

    @Test func `after a fresh token the list is shown once`() async throws {
        let calls = Mutex(0)
        let api = try ScriptedAPI { _ in
            calls.withLock { calls in
                calls += 1
                return calls == 1 ? .answer(401, "[" + Self.element(9) + "]") : .answer(200, Self.list(3))
            }
        }
        #expect(try await api.client().payments().map(\.id) == [1, 2, 3])
    }

    @Test func `a cancelled listing shows nothing more`() async throws {
        let body = Array(Self.list(2000).utf8)
        let head = Array("HTTP/1.1 200 OK\r\nContent-Length: \(body.count + 1)\r\n\r\n".utf8)
        // All but the last byte: the client goes on waiting.
        let api = try ScriptedAPI { _ in .bytes(head + body) }
        let state = Mutex((shown: 0, isOver: false, shownLate: 0))
        let client = api.client()
        let task = Task {
            defer { state.withLock { $0.isOver = true } }
            return try await client.forEachPayment { _ in
                state.withLock { state in
                    state.shown += 1
                    if state.isOver { state.shownLate += 1 }
                }
            }
        }
        while state.withLock({ $0.shown }) < 100 { await Task.yield() }
        task.cancel()
        let error = await #expect(throws: APIError.self) { try await task.value }
        #expect(error?.kind == .cancelled)
        #expect(state.withLock { $0.shownLate } == 0)
    }

    @Test func `a list beyond the bound in bytes is an error`() async throws {
        let api = try ScriptedAPI { _ in .answer(200, Self.list(2000)) }
        var configuration = api.configuration()
        configuration.listMaximumBytes = 100_000
        let client = Client(configuration)
        let error = await #expect(throws: APIError.self) { try await client.payments() }
        #expect(error?.kind == .tooLarge(limit: 100_000))
    }

    @Test func `no other call waits for a listing`() async throws {
        let api = try ScriptedAPI { request in
            request.line.hasPrefix("GET /api/v1/payments ") ? .hang : .answer(200, ScriptedAPI.payment)
        }
        var configuration = api.configuration()
        configuration.concurrency = 1
        let client = Client(configuration)
        let listing = Task { try await client.payments() }
        try await eventually("the listing is under way") { !api.calls.isEmpty }
        #expect(try await client.payment(id: 42).id == 42)
        #expect(api.server.abandoned == 0, "the listing has not timed out")
        listing.cancel()
        _ = await listing.result
    }
}
