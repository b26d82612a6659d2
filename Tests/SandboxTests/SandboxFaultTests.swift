import ECryptoPay
import JSON
import Payments
import Sandbox
import TestSupport
import Testing

/// Each fault, set over HTTP, and what the API client makes of it.
@Suite struct SandboxFaultTests {
    /// Runs the body with a client that holds a token, and payment 1.
    private func run(
        timeout: Duration = .seconds(30), _ faults: String,
        _ body: (SandboxFixture, Client) async throws -> Void
    ) async throws {
        try await SandboxFixture.run { sandbox in
            sandbox.sandbox.createPayment(amount: try #require(Amount("150")))
            let client = sandbox.client()
            try await client.authenticate()
            // Only now: a crowded machine may be slow to bring the token.
            client.update(configuration: sandbox.client(timeout: timeout).configuration)
            #expect(try await sandbox.post("/sandbox/faults", faults).status == 200)
            try await body(sandbox, client)
        }
    }

    private func failure(_ client: Client) async -> APIError? {
        await #expect(throws: APIError.self) { try await client.payment(id: 1) }
    }

    @Test(arguments: [
        (500, "answered 500: Internal Server Error"),
        (502, #"answered 502: an HTML page, "502 Bad Gateway""#),
        (503, #"answered 503: an HTML page, "503 Service Unavailable""#),
        (429, "answered 429: Retry later"),
    ])
    func `an outage`(status: Int, detail: String) async throws {
        try await run(#"{"error_rate":1,"status":\#(status)}"#) { (_, client) async throws in
            let error = await failure(client)
            #expect(error?.kind == .status(status))
            #expect(error?.detail == detail)
            #expect(error?.isTransient == true && error?.retryAfter == nil)
        }
    }

    @Test func `an outage with Retry-After`() async throws {
        try await run(#"{"error_rate":1,"status":429,"retry_after":30}"#) { (_, client) async throws in
            #expect(await failure(client)?.retryAfter == .seconds(30))
        }
    }

    @Test func `some requests fail and some do not`() async throws {
        try await run(#"{"error_rate":0.5,"status":500}"#) { (_, client) async throws in
            var failures = 0
            for _ in 0..<100 where (try? await client.payment(id: 1)) == nil { failures += 1 }
            #expect((20...80).contains(failures))
        }
    }

    @Test func `no answer`() async throws {
        try await run(timeout: .milliseconds(50), #"{"hang_rate":1}"#) { (_, client) async throws in
            #expect(await failure(client)?.kind == .timeout)
        }
    }

    @Test func `an answer that breaks off`() async throws {
        try await run(#"{"cut_rate":1}"#) { (_, client) async throws in
            #expect(await failure(client)?.kind == .connectionLost)
        }
    }

    @Test func `half a JSON text`() async throws {
        try await run(#"{"nonsense_rate":1}"#) { (_, client) async throws in
            #expect(await failure(client)?.kind == .undecodable)
        }
    }

    @Test func `latency beyond the time-out, and within it`() async throws {
        try await run(timeout: .milliseconds(50), #"{"latency_ms":86400000}"#) { (sandbox, client) async throws in
            #expect(await failure(client)?.kind == .timeout)
            #expect(try await sandbox.post("/sandbox/faults", #"{"latency_ms":1}"#).status == 200)
            #expect(try await sandbox.client().payment(id: 1).id == 1)
        }
    }

    @Test func `tokens revoked`() async throws {
        try await run(#"{"revoke_tokens":true}"#) { (sandbox, client) async throws in
            #expect(try await client.payment(id: 1).id == 1)
            // The refresh token went with the rest, so it is tried, refused, and followed by the password.
            #expect(sandbox.sandbox.counts == ["POST /oauth/token": 3, "GET /payments/ID": 2])
        }
    }

    @Test func `tokens refused for ever`() async throws {
        try await run(#"{"refuse_tokens":true}"#) { (sandbox, client) async throws in
            let error = await failure(client)
            #expect(error?.kind == .status(401))
            #expect(error?.detail == "answered 401: The access token is invalid")
            #expect(sandbox.sandbox.counts == ["POST /oauth/token": 2, "GET /payments/ID": 2])
        }
    }

    @Test func `reads that lag behind`() async throws {
        try await run("{}") { (sandbox, client) async throws in
            sandbox.sandbox.setState("paid", of: 1)
            #expect(try await client.payment(id: 1).state == "paid")
            // An hour ago there was no such payment.
            #expect(try await sandbox.post("/sandbox/faults", #"{"lag_ms":3600000}"#).status == 200)
            #expect(await failure(client)?.kind == .status(404))
            #expect(try await client.payments().isEmpty)
        }
    }

    @Test func `another amount`() async throws {
        try await run(#"{"amounts":{"1":"1.50"}}"#) { (sandbox, client) async throws in
            #expect(try await client.payment(id: 1).amount == Amount("1.5"))
            #expect(try await client.payments().map(\.amount) == [Amount("1.5")])
            #expect(try await sandbox.post("/sandbox/faults", #"{"amounts":{"1":null}}"#).status == 200)
            #expect(try await client.payment(id: 1).amount == Amount("150"))
        }
    }

    @Test func `faults that strike some endpoints only`() async throws {
        try await run(#"{"error_rate":1,"status":500,"scope":"token"}"#) { (sandbox, client) async throws in
            #expect(try await client.payment(id: 1).id == 1)
            let error = await failure(sandbox.client())
            #expect(error?.kind == .status(500) && error?.path == "/api/v1/oauth/token")
            #expect(try await sandbox.post("/sandbox/faults", #"{"scope":"payments"}"#).status == 200)
            let other = await failure(sandbox.client())
            #expect(other?.kind == .status(500) && other?.path == "/api/v1/payments/1")
        }
    }

    @Test func `a creation that is carried out and not answered is made once`() async throws {
        try await run(#"{"cut_rate":1,"scope":"payments"}"#) { (sandbox, client) async throws in
            await #expect(throws: APIError.self) {
                try await client.createPayment(amount: try #require(Amount("7")), currency: "eth")
            }
            sandbox.sandbox.faults = SandboxFaults()
            #expect(try await client.payments().map(\.amount) == [Amount("150"), Amount("7")])
        }
    }

    // MARK: Setting them

    @Test func `a change names what it changes, and all can be taken back`() async throws {
        try await SandboxFixture.run { sandbox in
            let whole = try await sandbox.get("/sandbox/faults")
            #expect(whole.json?["error_rate"] == .number("0.0"))
            _ = try await sandbox.post("/sandbox/faults", #"{"lag_ms":5,"hang_rate":0.25}"#)
            _ = try await sandbox.post("/sandbox/faults", #"{"webhook_delay_ms":7}"#)
            #expect(sandbox.sandbox.faults.lagMilliseconds == 5)
            #expect(sandbox.sandbox.faults.hangRate == 0.25)
            #expect(sandbox.sandbox.faults.webhookDelayMilliseconds == 7)
            sandbox.sandbox.faults = SandboxFaults()
            #expect(try await sandbox.get("/sandbox/faults").text == whole.text)
        }
    }

    @Test(arguments: [
        "", "[]", #"{"error_rate":2}"#, #"{"error_rate":-0.1}"#, #"{"error_rate":"1"}"#, #"{"status":200}"#,
        #"{"latency_ms":-1}"#, #"{"latency_ms":1.5}"#, #"{"latency_ms":86400001}"#, #"{"scope":"some"}"#,
        #"{"amounts":{"x":"1"}}"#, #"{"amounts":{"1":"x"}}"#, #"{"amounts":1}"#, #"{"refuse_tokens":1}"#,
        #"{"token_lifetime_s":-1}"#, #"{"webhook_content_type":""}"#, #"{"webhook_content_type":"a\nb"}"#,
        #"{"webhook_reordered_rate":2}"#, #"{"latency":1}"#, #"{"lag_ms":5,"latency":1}"#,
    ])
    func `a faulty change changes nothing and says why`(body: String) async throws {
        try await SandboxFixture.run { sandbox in
            let answer = try await sandbox.post("/sandbox/faults", body)
            #expect(answer.status == 400)
            #expect(answer.json?["error"]?.string?.isEmpty == false)
            #expect(sandbox.sandbox.faults == SandboxFaults())
        }
    }
}
