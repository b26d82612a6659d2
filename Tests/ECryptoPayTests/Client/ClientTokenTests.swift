import Dispatch
import ECryptoPay
import JSON
import Ledger
import Payments
import Synchronization
import Testing
import TestSupport

@Suite struct ClientTokenTests {
    private static let invalidGrant = ScriptedServer.Reply.answer(
        400, #"{"error":"invalid_grant","error_description":"The provided authorization grant is invalid."}"#)
    private static let refused = ScriptedServer.Reply.answer(
        401, "", [#"WWW-Authenticate: Bearer realm="Doorkeeper", error="invalid_token", error_description="Revoked""#])

    /// Which token a request bears.
    private static func bearer(_ request: ScriptedServer.Request) -> Int? {
        request.value(of: "Authorization").flatMap { Int($0.dropFirst("Bearer s3cret-token-".count)) }
    }

    @Test func `fifty callers ask for one token`() async throws {
        let gate = DispatchSemaphore(value: 0)
        let api = try ScriptedAPI(token: { _ in
            gate.wait()
            return ScriptedAPI.token(1)
        })
        let client = api.client()
        // Immediate: all of them wait for the token before it can come.
        let tasks = (0..<50).map { _ in Task.immediate { try await client.payment(id: 42) } }
        gate.signal()
        for task in tasks { #expect(try await task.value.id == 42) }
        #expect(try api.tokenRequests.count == 1)
        #expect(api.calls.count == 50)
    }

    @Test func `fifty callers whose token was revoked ask for one more`() async throws {
        let api = try ScriptedAPI { Self.bearer($0) == 1 ? Self.refused : .answer(200, ScriptedAPI.payment) }
        let client = api.client()
        try await client.authenticate()
        try await withThrowingTaskGroup { group in
            for _ in 0..<50 { group.addTask { try await client.payment(id: 42).id } }
            for try await id in group { #expect(id == 42) }
        }
        let grants = try api.tokenRequests.map { $0["grant_type"]?.string }
        #expect(grants == ["password", "refresh_token"])
    }

    @Test func `a token refused for ever costs one new token and one more try, and no loop`() async throws {
        let api = try ScriptedAPI { _ in Self.refused }
        let error = await #expect(throws: APIError.self) { try await api.client().payment(id: 42) }
        #expect(error?.kind == .status(401))
        #expect(error?.detail == "answered 401: Revoked")
        #expect(api.calls.map(Self.bearer) == [1, 2])
        #expect(try api.tokenRequests.count == 2)
    }

    @Test func `a 403 is not asked again with another token`() async throws {
        let api = try ScriptedAPI { _ in .answer(403, "no") }
        let error = await #expect(throws: APIError.self) { try await api.client().payment(id: 42) }
        #expect(error?.kind == .status(403))
        #expect(api.calls.count == 1)
        #expect(try api.tokenRequests.count == 1)
    }

    @Test func `a creation refused with 401 is sent again, since it was not done`() async throws {
        let api = try ScriptedAPI {
            Self.bearer($0) == 1 ? Self.refused : .answer(201, #"{"id":1,"amount":"1","currency":"btc"}"#)
        }
        #expect(try await api.client().createPayment(amount: try #require(.init("1")), currency: "btc").id == 1)
        #expect(api.calls.count == 2)
    }

    @Test func `a token is renewed before its end with the refresh token, and nobody waits for it`() async throws {
        let now = Mutex(Duration.zero)
        let api = try ScriptedAPI()
        let client = Client(api.configuration(), clock: { now.withLock { $0 } })
        _ = try await client.payment(id: 42)
        now.withLock { $0 = .seconds(7_150) }
        _ = try await client.payment(id: 42)
        try await eventually("the renewal") { try api.tokenRequests.count == 2 }
        #expect(try api.tokenRequests.last?["grant_type"]?.string == "refresh_token")
        #expect(try api.tokenRequests.last?["refresh_token"]?.string == "s3cret-refresh-1")
        #expect(api.calls.map(Self.bearer) == [1, 1])
        try await eventually("the new token's use") {
            _ = try await client.payment(id: 42)
            return api.calls.last.flatMap(Self.bearer) == 2
        }
    }

    @Test func `a refused refresh token is followed by the password`() async throws {
        let api = try ScriptedAPI {
            Self.bearer($0) == 1 ? Self.refused : .answer(200, ScriptedAPI.payment)
        } token: {
            $0.body.contains("refresh_token") ? Self.invalidGrant : ScriptedAPI.token($0.number)
        }
        #expect(try await api.client().payment(id: 42).id == 42)
        let grants = try api.tokenRequests.map { $0["grant_type"]?.string }
        #expect(grants == ["password", "refresh_token", "password"])
    }

    @Test(arguments: [
        (invalidGrant, "answered 400: invalid_grant: The provided authorization grant is invalid."),
        (ScriptedServer.Reply.answer(401, #"{"error":"invalid_client"}"#), "answered 401: invalid_client"),
    ])
    func `refused credentials are remembered, not tried again`(
        reply: ScriptedServer.Reply, detail: String
    ) async throws {
        let now = Mutex(Duration.zero)
        let api = try ScriptedAPI(token: { _ in reply })
        let client = Client(api.configuration(), clock: { now.withLock { $0 } })
        for _ in 0..<10 {
            let error = await #expect(throws: APIError.self) { try await client.payment(id: 42) }
            #expect(error?.kind == .credentialsRefused)
            #expect(error?.method == "POST" && error?.path == "/api/v1/oauth/token")
            #expect(error?.detail == detail)
        }
        #expect(api.server.requests.count == 1)
        now.withLock { $0 = .seconds(5) }
        _ = try? await client.payment(id: 42)
        #expect(api.server.requests.count == 2)
        // Whoever reloads the configuration has mended something, or wants to know.
        client.update(configuration: api.configuration())
        _ = try? await client.payment(id: 42)
        #expect(api.server.requests.count == 3)
    }

    @Test(arguments: [
        (ScriptedServer.Reply.answer(500), APIError.Kind.status(500)),
        (.answer(400, "<html><title>Bad Request"), .status(400)),
        (.answer(403, "blocked by a firewall"), .status(403)),
        (.answer(200, "{}"), .undecodable), (.last([]), .connectionLost),
    ])
    func `an outage of the token endpoint is no refusal`(
        reply: ScriptedServer.Reply, kind: APIError.Kind
    ) async throws {
        let api = try ScriptedAPI(token: { request in request.number == 1 ? reply : ScriptedAPI.token(1) })
        let client = api.client()
        let error = await #expect(throws: APIError.self) { try await client.payment(id: 42) }
        #expect(error?.kind == kind)
        #expect(try await client.payment(id: 42).id == 42)
    }

    // MARK: Secrets

    @Test(arguments: [200, 422, 500]) func `a token that came with an error or a fault is in no message`(
        status: Int
    ) async throws {
        let body = #"{"token":"s3cret-new","access_token":["s3cret-new"]}"#
        let api = try ScriptedAPI(token: { _ in .answer(status, body) })
        let error = await #expect(throws: APIError.self) { try await api.client().authenticate() }
        #expect(error.map { "\($0)" }?.contains("s3cret") == false)
    }

    @Test func `secrets that the server repeats are in no error`() async throws {
        // The token endpoint repeats the request it got, the other one the head it got.
        let api = try ScriptedAPI { request in
            let text = JSONString.quoted(request.text)
            return switch request.number % 4 {
            case 0: .answer(404, #"{"error":\#(text)}"#)
            case 1: .answer(500, request.text, ["Content-Type: text/plain"])
            case 2: .answer(302, "", ["Location: /login?\(request.value(of: "Authorization") ?? "")"])
            default: .answer(200, #"{"id":42,"seen":\#(text)}"#)
            }
        } token: { request in
            let body = String(decoding: request.body, as: UTF8.self)
            return switch request.number {
            case 1...2: .answer(400, #"{"error":"odd","error_description":\#(JSONString.quoted(body))}"#)
            case 3...4: .answer(422, body)
            default: ScriptedAPI.token(request.number)
            }
        }
        let client = api.client()
        for _ in 0..<20 {
            let error = await #expect(throws: APIError.self) { try await client.payment(id: 42) }
            let text = error.map { "\($0) \(String(reflecting: $0))" } ?? ""
            #expect(!text.contains("s3cret"), "\(text)")
        }
        #expect(api.calls.count > 10)
    }
}

extension [UInt8] {
    /// Whether the bytes hold the text.
    fileprivate func contains(_ text: String) -> Bool { indices.contains { self[$0...].starts(with: text.utf8) } }
}
