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

    /// What goes wrong, and the error that a call ends with.
    struct Case: Sendable, CustomTestStringConvertible {
        let faults: String
        let kind: APIError.Kind
        /// What the error says of it.
        var detail = ""
        var isTransient = false
        var retryAfter: Duration?
        var timeout = Duration.seconds(30)

        var testDescription: String { faults }
    }

    @Test(arguments: [
        Case(
            faults: #"{"error_rate":1,"status":500}"#, kind: .status(500),
            detail: "answered 500: Internal Server Error",
            isTransient: true),
        Case(
            faults: #"{"error_rate":1,"status":502}"#, kind: .status(502),
            detail: #"answered 502: an HTML page, "502 Bad Gateway""#, isTransient: true),
        Case(
            faults: #"{"error_rate":1,"status":503}"#, kind: .status(503),
            detail: #"answered 503: an HTML page, "503 Service Unavailable""#, isTransient: true),
        Case(
            faults: #"{"error_rate":1,"status":503,"retry_after":17}"#, kind: .status(503), isTransient: true,
            retryAfter: .seconds(17)),
        Case(
            faults: #"{"error_rate":1,"status":429}"#, kind: .status(429), detail: "answered 429: Retry later",
            isTransient: true),
        Case(
            faults: #"{"error_rate":1,"status":429,"retry_after":86400}"#, kind: .status(429), isTransient: true,
            retryAfter: .seconds(86_400)),
        Case(faults: #"{"error_rate":1,"status":403}"#, kind: .status(403)),
        Case(faults: #"{"latency_ms":86400000}"#, kind: .timeout, isTransient: true, timeout: .milliseconds(50)),
        Case(faults: #"{"hang_rate":1}"#, kind: .timeout, isTransient: true, timeout: .milliseconds(50)),
        Case(faults: #"{"cut_rate":1}"#, kind: .connectionLost, isTransient: true),
        Case(faults: #"{"nonsense_rate":1}"#, kind: .undecodable),
        // The token that is given for the one revoked has ended before it is used.
        Case(faults: #"{"token_lifetime_s":0,"revoke_tokens":true}"#, kind: .status(401)),
        // Long ago there was no such payment.
        Case(faults: #"{"lag_ms":86400000}"#, kind: .status(404)),
    ])
    func `a call that a fault strikes fails as that fault would, and the next one after it succeeds`(_ given: Case)
        async throws
    {
        try await run(timeout: given.timeout, given.faults) { (sandbox, client) async throws in
            let error = try #require(await failure(client))
            #expect(error.kind == given.kind, "\(error)")
            #expect(given.detail.isEmpty || error.detail == given.detail)
            #expect(error.isTransient == given.isTransient)
            #expect(error.retryAfter == given.retryAfter)
            #expect(error.path == "/api/v1/payments/1" && error.method == "GET")
            sandbox.sandbox.faults = SandboxFaults()
            #expect(try await sandbox.client().payment(id: 1).id == 1)
        }
    }

    @Test(arguments: [
        Case(
            faults: #"{"error_rate":1,"status":503,"retry_after":9}"#, kind: .status(503), isTransient: true,
            retryAfter: .seconds(9)),
        Case(faults: #"{"error_rate":1,"status":401}"#, kind: .credentialsRefused),
        Case(faults: #"{"cut_rate":1}"#, kind: .connectionLost, isTransient: true),
        Case(faults: #"{"nonsense_rate":1}"#, kind: .undecodable),
        Case(faults: #"{"hang_rate":1}"#, kind: .timeout, isTransient: true, timeout: .milliseconds(50)),
    ])
    func `a call whose token request a fault strikes fails as that fault would`(_ given: Case) async throws {
        try await run(given.faults.dropLast() + #","scope":"token"}"#) { (sandbox, _) async throws in
            let error = try #require(await failure(sandbox.client(timeout: given.timeout)))
            #expect(error.kind == given.kind, "\(error)")
            #expect(error.isTransient == given.isTransient)
            #expect(error.retryAfter == given.retryAfter)
            #expect(error.path == "/api/v1/oauth/token" && error.method == "POST")
        }
    }

    @Test func `about half of the requests fail at a rate of one half`() async throws {
        try await run(#"{"error_rate":0.5,"status":500}"#) { (_, client) async throws in
            var failures = 0
            for _ in 0..<100 where (try? await client.payment(id: 1)) == nil { failures += 1 }
            #expect((20...80).contains(failures))
        }
    }

    @Test func `an answer that is late within the time-out is taken`() async throws {
        try await run(#"{"latency_ms":1}"#) { (_, client) async throws in
            #expect(try await client.payment(id: 1).id == 1)
        }
    }

    @Test func `a revoked token is replaced by a new one, and the call succeeds`() async throws {
        try await run(#"{"revoke_tokens":true}"#) { (sandbox, client) async throws in
            #expect(try await client.payment(id: 1).id == 1)
            // The refresh token went with the rest, so it is tried, refused, and followed by the password.
            #expect(sandbox.sandbox.counts == ["POST /oauth/token": 3, "GET /payments/ID": 2])
        }
    }

    @Test func `a call whose every token is refused ends with 401 after one new token`() async throws {
        try await run(#"{"refuse_tokens":true}"#) { (sandbox, client) async throws in
            let error = await failure(client)
            #expect(error?.kind == .status(401))
            #expect(error?.detail == "answered 401: The access token is invalid")
            #expect(sandbox.sandbox.counts == ["POST /oauth/token": 2, "GET /payments/ID": 2])
        }
    }

    @Test func `reads that lag show a payment as it was, and none before its creation`() async throws {
        try await run("{}") { (sandbox, client) async throws in
            sandbox.sandbox.setState("paid", of: 1)
            #expect(try await client.payment(id: 1).state == "paid")
            // An hour ago there was no such payment.
            #expect(try await sandbox.post("/sandbox/faults", #"{"lag_ms":3600000}"#).status == 200)
            #expect(await failure(client)?.kind == .status(404))
            #expect(try await client.payments().isEmpty)
        }
    }

    @Test func `the API states the amount that a fault says, until it is taken back`() async throws {
        try await run(#"{"amounts":{"1":"1.50"}}"#) { (sandbox, client) async throws in
            #expect(try await client.payment(id: 1).amount == Amount("1.5"))
            #expect(try await client.payments().map(\.amount) == [Amount("1.5")])
            #expect(try await sandbox.post("/sandbox/faults", #"{"amounts":{"1":null}}"#).status == 200)
            #expect(try await client.payment(id: 1).amount == Amount("150"))
        }
    }

    @Test func `a fault's scope says which endpoints it strikes`() async throws {
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
