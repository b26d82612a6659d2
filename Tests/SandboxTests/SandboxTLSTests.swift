import ECryptoPay
import Ledger
import Payments
import Sandbox
import Testing
import TestSupport

/// The client through a real nginx with TLS to the sandbox: the way of a call in production.
@Suite struct SandboxTLSTests {
    private func run(
        name: String, days: Int = 2, _ body: (Client, Certificates) async throws -> Void
    ) async throws {
        let certificates = try await Certificates()
        try await SandboxFixture.run { sandbox in
            let nginx = try await Nginx(
                tls: certificates.issue(for: name, days: days),
                "location / { proxy_pass \(sandbox.sandbox.url); proxy_http_version 1.1; }")
            let configuration = Client.Configuration(
                credentials: SandboxFixture.credentials, apiURL: "\(nginx.url())/api/v1",
                caFile: certificates.authority)
            try await body(Client(configuration), certificates)
        }
    }

    @Test func `payments are created and read over TLS`() async throws {
        try await run(name: "IP:127.0.0.1") { client, _ in
            let created = try await client.createPayment(amount: try #require(.init("150.5")), currency: "btc")
            #expect(try await client.payment(id: created.id).state == "pending")
            #expect(try await client.payments().count == 1)
        }
    }

    @Test func `no password is sent to a server that cannot prove its name`() async throws {
        try await run(name: "DNS:ecryptopay.com") { client, _ in
            let error = await #expect(throws: APIError.self) { try await client.authenticate() }
            #expect(error?.kind == .tls(.wrongName))
            #expect(error.map { "\($0)".contains("for another host name") } == true)
        }
    }

    @Test func `an expired certificate is told as such`() async throws {
        try await run(name: "IP:127.0.0.1", days: -1) { client, _ in
            let error = await #expect(throws: APIError.self) { try await client.payment(id: 1) }
            #expect(error?.kind == .tls(.expired))
            #expect(error.map { "\($0)".contains("has expired") } == true)
        }
    }

    @Test func `an unknown authority is told as such, until it is trusted`() async throws {
        try await run(name: "IP:127.0.0.1") { client, certificates in
            var configuration = client.configuration
            configuration.caFile = nil
            client.update(configuration: configuration)
            let error = await #expect(throws: APIError.self) { try await client.authenticate() }
            #expect(error?.kind == .tls(.unknownAuthority))
            configuration.caFile = certificates.authority
            client.update(configuration: configuration)
            try await client.authenticate()
        }
    }
}
