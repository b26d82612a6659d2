import Dispatch
import ECryptoPay
import JSON
import Payments
import TestSupport
import Testing

@Suite struct ClientTests {
    // MARK: Calls

    @Test func `a payment is asked for as documented`() async throws {
        let api = try ScriptedAPI()
        let payment = try await api.client().payment(id: 42)
        #expect(payment.state == "paid" && payment.amount == Amount("150"))
        let call = try #require(api.calls.first)
        #expect(call.line == "GET /api/v1/payments/42 HTTP/1.1")
        #expect(call.value(of: "Authorization") == "Bearer s3cret-token-1")
        #expect(call.value(of: "Accept") == "application/json")
        #expect(call.value(of: "User-Agent") == "tests/1")
    }

    @Test func `a token is asked for as documented`() async throws {
        let api = try ScriptedAPI()
        try await api.client().authenticate()
        let request = try #require(api.server.requests.first)
        #expect(request.value(of: "Content-Type") == "application/json")
        #expect(request.value(of: "Accept") == "application/json")
        let expected: JSONValue = .dictionary([
            "grant_type": .string("password"), "email": .string("shop@example.com"),
            "password": .string("s3cret \"pass\""), "client_id": .string("client-1"),
            "client_secret": .string("s3cret&client"),
        ])
        #expect(try api.tokenRequests == [expected])
        #expect(api.calls.isEmpty)
    }

    @Test func `a payment is created with a slash, amounts as strings, on a connection of its own`() async throws {
        let api = try ScriptedAPI { _ in .answer(201, #"{"id":7,"amount":"150.5","currency":"eth"}"#) }
        let client = api.client()
        let payment = try await client.createPayment(amount: try #require(Amount("150.50")), currency: "eth")
        #expect(payment.id == 7)
        let call = try #require(api.calls.first)
        #expect(call.line == "POST /api/v1/payments/ HTTP/1.1")
        #expect(
            try JSONValue(parsing: call.body) == .dictionary(["amount": .string("150.5"), "currency": .string("eth")]))
        #expect(call.connection == 2)
    }

    @Test(arguments: [
        ScriptedServer.Reply.answer(500), .answer(503, "", ["Retry-After: 0"]), .last([]), .answer(200, "nonsense"),
    ])
    func `a creation that fails is never sent again`(reply: ScriptedServer.Reply) async throws {
        let api = try ScriptedAPI { _ in reply }
        let client = api.client()
        // So that there is a kept connection whose end could be taken for a reason to repeat.
        _ = try? await client.payment(id: 1)
        await #expect(throws: APIError.self) {
            try await client.createPayment(amount: try #require(Amount("1")), currency: "btc")
        }
        #expect(api.server.requests("POST /api/v1/payments/ ").count == 1)
    }

    @Test func `all payments come as one array`() async throws {
        let api = try ScriptedAPI { _ in .answer(200, "[\(ScriptedAPI.payment)]") }
        #expect(try await api.client().payments().map(\.id) == [42])
        #expect(api.calls.first?.line == "GET /api/v1/payments HTTP/1.1")
    }

    // MARK: Errors

    @Test(arguments: [
        (404, #"{"status":404,"error":"Not Found"}"#, "GET /api/v1/payments/42: answered 404: Not Found"),
        (422, #"{"amount":["is not a number"]}"#, "GET /api/v1/payments/42: answered 422: amount is not a number"),
        (500, "<html><title>Oops", "GET /api/v1/payments/42: answered 500: an HTML page"),
        (503, "", "GET /api/v1/payments/42: answered 503"),
    ])
    func `an answer outside 2xx reads as one line`(status: Int, body: String, expected: String) async throws {
        let api = try ScriptedAPI { _ in .answer(status, body) }
        let error = await #expect(throws: APIError.self) { try await api.client().payment(id: 42) }
        #expect(error?.kind == .status(status))
        #expect(error.map { "\($0)" } == expected)
        #expect(error?.retryAfter == nil)
    }

    @Test func `Retry-After is handed on`() async throws {
        let api = try ScriptedAPI { _ in .answer(429, "", ["Retry-After: 17"]) }
        let error = await #expect(throws: APIError.self) { try await api.client().payment(id: 42) }
        #expect(error?.retryAfter == .seconds(17))
        #expect(error?.isTransient == true)
    }

    @Test func `a redirect is an error that says where to`() async throws {
        let api = try ScriptedAPI { _ in .answer(301, "", ["Location: https://www.ecryptopay.com/api/v1/payments/42"]) }
        let error = await #expect(throws: APIError.self) { try await api.client().payment(id: 42) }
        #expect(error?.kind == .status(301))
        #expect(error?.detail.contains("a redirect to https://www.ecryptopay.com/") == true)
        #expect(api.calls.count == 1)
    }

    @Test(arguments: [
        ("<html><title>Log in</title>", APIError.Kind.undecodable), ("", .undecodable), ("[]", .undecodable),
        (#"{"id":42,"amount":"1","currency":"btc"}"#, .undecodable),
        (#"{"id":41,"state":"paid","amount":"1","currency":"btc"}"#, .wrongID(41)),
        (#"{"id":42,"id":42,"state":"paid","amount":"1","currency":"btc"}"#, .undecodable),
    ])
    func `a 2xx that is not the payment is no payment`(body: String, kind: APIError.Kind) async throws {
        let api = try ScriptedAPI { _ in .answer(200, body) }
        let error = await #expect(throws: APIError.self) { try await api.client().payment(id: 42) }
        #expect(error?.kind == kind)
        #expect(error?.isTransient == false)
    }

    @Test func `an answer beyond the bounds is refused`() async throws {
        let large = [UInt8](repeating: UInt8(ascii: " "), count: (1 << 20) + 1)
        let api = try ScriptedAPI { _ in .answer(200, large) }
        var configuration = api.configuration()
        configuration.listMaximumBytes = 2 << 20
        let client = Client(configuration)
        let error = await #expect(throws: APIError.self) { try await client.payment(id: 42) }
        #expect(error?.kind == .tooLarge(limit: 1 << 20))
        // The listing has a bound of its own, so this one is read, and found to be no list.
        let listing = await #expect(throws: APIError.self) { try await client.payments() }
        #expect(listing?.kind == .undecodable)
    }

    @Test func `a token answer beyond 64 KiB is refused`() async throws {
        let api = try ScriptedAPI(token: { _ in .answer(200, [UInt8](repeating: UInt8(ascii: " "), count: 65_537)) })
        let error = await #expect(throws: APIError.self) { try await api.client().payment(id: 42) }
        #expect(error?.kind == .tooLarge(limit: 65_536))
    }

    @Test func `plain http to another machine is refused before a password is sent`() async throws {
        var configuration = Client.Configuration(credentials: ScriptedAPI.credentials)
        configuration.apiURL = "http://api.example/api/v1"
        let error = await #expect(throws: APIError.self) { try await Client(configuration).payment(id: 1) }
        #expect(error?.kind == .invalidRequest)
        #expect(error?.path == "/api/v1/oauth/token")
    }

    // MARK: Cancellation

    @Test func `a cancelled call ends at once`() async throws {
        let api = try ScriptedAPI { _ in .hang }
        let client = api.client()
        let task = Task { try await client.payment(id: 42) }
        try await eventually("the call") { api.calls.count == 1 }
        task.cancel()
        let result = await task.result
        let error = #expect(throws: APIError.self) { try result.get() }
        #expect(error?.kind == .cancelled)
    }

    @Test func `a caller that is cancelled while waiting for the token disturbs nobody`() async throws {
        let gate = DispatchSemaphore(value: 0)
        let api = try ScriptedAPI(token: { _ in
            gate.wait()
            return ScriptedAPI.token(1)
        })
        let client = api.client()
        // Immediate, so that the first is the one whose call asks for the token.
        let tasks = (0..<3).map { _ in Task.immediate { try await client.payment(id: 42) } }
        tasks[0].cancel()
        tasks[1].cancel()
        for task in tasks[..<2] {
            let result = await task.result
            let error = #expect(throws: APIError.self) { try result.get() }
            #expect(error?.kind == .cancelled)
        }
        gate.signal()
        #expect(try await tasks[2].value.id == 42)
        #expect(try api.tokenRequests.count == 1)
        #expect(api.calls.count == 1)
    }

    // MARK: Configuration

    @Test func `another account brings another token, and the same account keeps its own`() async throws {
        let api = try ScriptedAPI()
        let client = api.client()
        _ = try await client.payment(id: 42)
        var configuration = api.configuration()
        configuration.userAgent = "tests/2"
        client.update(configuration: configuration)
        _ = try await client.payment(id: 42)
        #expect(api.calls.last?.value(of: "User-Agent") == "tests/2")
        #expect(try api.tokenRequests.count == 1)
        configuration.credentials.password = "another"
        client.update(configuration: configuration)
        _ = try await client.payment(id: 42)
        #expect(try api.tokenRequests.map { $0["password"]?.string } == ["s3cret \"pass\"", "another"])
        #expect(client.configuration == configuration)
    }
}
