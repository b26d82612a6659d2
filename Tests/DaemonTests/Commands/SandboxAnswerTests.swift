import ECryptoPay
import Payments
import TestSupport
import Testing

/// Each fault of the sandbox's answers, as a process of its own, and what the library's client makes of it.
struct SandboxAnswerTests {
    /// A fault, and the error that a call ends with.
    struct Case: Sendable, CustomTestStringConvertible {
        let faults: String
        let kind: APIError.Kind
        let isTransient: Bool
        var retryAfter: Duration?
        var timeout = Duration.seconds(30)

        var testDescription: String { faults }
    }

    /// A client that holds a token already, and payment 1.
    private func pair(timeout: Duration = .seconds(30)) async throws -> (SandboxProcess, Client) {
        let sandbox = try await SandboxProcess.start()
        _ = try sandbox.create()
        let client = sandbox.client()
        try await client.authenticate()
        // Only now: a crowded machine may be slow to bring the token.
        client.update(configuration: sandbox.client(timeout: timeout).configuration)
        return (sandbox, client)
    }

    @Test(arguments: [
        Case(faults: #"{"error_rate":1,"status":500}"#, kind: .status(500), isTransient: true),
        Case(faults: #"{"error_rate":1,"status":502}"#, kind: .status(502), isTransient: true),
        Case(faults: #"{"error_rate":1,"status":503}"#, kind: .status(503), isTransient: true),
        Case(
            faults: #"{"error_rate":1,"status":503,"retry_after":17}"#, kind: .status(503), isTransient: true,
            retryAfter: .seconds(17)),
        Case(faults: #"{"error_rate":1,"status":429}"#, kind: .status(429), isTransient: true),
        Case(
            faults: #"{"error_rate":1,"status":429,"retry_after":86400}"#, kind: .status(429), isTransient: true,
            retryAfter: .seconds(86_400)),
        Case(faults: #"{"error_rate":1,"status":403}"#, kind: .status(403), isTransient: false),
        Case(
            faults: #"{"latency_ms":86400000}"#, kind: .timeout, isTransient: true, timeout: .milliseconds(100)),
        Case(faults: #"{"hang_rate":1}"#, kind: .timeout, isTransient: true, timeout: .milliseconds(100)),
        Case(faults: #"{"cut_rate":1}"#, kind: .connectionLost, isTransient: true),
        Case(faults: #"{"nonsense_rate":1}"#, kind: .undecodable, isTransient: false),
        Case(faults: #"{"refuse_tokens":true}"#, kind: .status(401), isTransient: false),
        // The token that is given for the one revoked has ended before it is used.
        Case(faults: #"{"token_lifetime_s":0,"revoke_tokens":true}"#, kind: .status(401), isTransient: false),
        // Long ago there was no such payment.
        Case(faults: #"{"lag_ms":86400000}"#, kind: .status(404), isTransient: false),
    ])
    func `a fault of the answers is told apart`(_ given: Case) async throws {
        let (sandbox, client) = try await pair(timeout: given.timeout)
        try sandbox.setFaults(given.faults)
        let error = try #require(await #expect(throws: APIError.self) { try await client.payment(id: 1) })
        #expect(error.kind == given.kind, "\(error)")
        #expect(error.isTransient == given.isTransient)
        #expect(error.retryAfter == given.retryAfter)
        #expect(error.path == "/api/v1/payments/1" && error.method == "GET")
        try sandbox.clearFaults()
        client.update(configuration: sandbox.client().configuration)
        #expect(try await client.payment(id: 1).id == 1, "and all is well again")
    }

    @Test(arguments: [
        Case(
            faults: #"{"error_rate":1,"status":503,"retry_after":9}"#, kind: .status(503), isTransient: true,
            retryAfter: .seconds(9)),
        Case(faults: #"{"error_rate":1,"status":401}"#, kind: .credentialsRefused, isTransient: false),
        Case(faults: #"{"cut_rate":1}"#, kind: .connectionLost, isTransient: true),
        Case(faults: #"{"nonsense_rate":1}"#, kind: .undecodable, isTransient: false),
        Case(faults: #"{"hang_rate":1}"#, kind: .timeout, isTransient: true, timeout: .milliseconds(100)),
    ])
    func `a fault of the token endpoint is told apart`(_ given: Case) async throws {
        let sandbox = try await SandboxProcess.start()
        try sandbox.setFaults(given.faults.dropLast() + #","scope":"token"}"#)
        let client = sandbox.client(timeout: given.timeout)
        let error = try #require(await #expect(throws: APIError.self) { try await client.payments() })
        #expect(error.kind == given.kind, "\(error)")
        #expect(error.isTransient == given.isTransient)
        #expect(error.retryAfter == given.retryAfter)
        #expect(error.path == "/api/v1/oauth/token" && error.method == "POST")
    }

    @Test func `tokens revoked once are no fault to see`() async throws {
        let (sandbox, client) = try await pair()
        try sandbox.setFaults(#"{"revoke_tokens":true}"#)
        #expect(try await client.payment(id: 1).state == "pending")
    }

    @Test func `another amount and a lag are answers like any other`() async throws {
        let (sandbox, client) = try await pair()
        try sandbox.setFaults(#"{"amounts":{"1":"1.00"}}"#)
        #expect(try await client.payment(id: 1).amount == Amount("1"))
        #expect(try await client.payments().map(\.amount) == [Amount("1")])
        try sandbox.setFaults(#"{"amounts":{"1":null},"lag_ms":86400000}"#)
        #expect(try await client.payments().isEmpty)
    }
}
