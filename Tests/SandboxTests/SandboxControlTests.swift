import ECryptoPay
import JSON
import Logging
import Payments
import POSIX
import Sandbox
import TestSupport
import Testing

@Suite struct SandboxControlTests {
    @Test func `the page tells of everything, without the secrets`() async throws {
        try await SandboxFixture.run { sandbox in
            let page = try await sandbox.get("/")
            #expect(page.status == 200)
            #expect(page.value(of: "Content-Type") == "text/plain; charset=utf-8")
            guard case .object(let faults) = try await sandbox.get("/sandbox/faults").json else {
                Issue.record("no faults")
                return
            }
            for name in faults.map(\.name) + ["revoke_tokens"] { #expect(page.text.contains(name), "\(name)") }
            for path in [
                "/sandbox/webhooks", "/sandbox/counts", "/sandbox/overlaps", "/sandbox/payments/1/state",
                "/api/v1/oauth/token",
            ] {
                #expect(page.text.contains("\(sandbox.sandbox.url)\(path)"))
            }
            #expect(!page.text.contains("client-secret"))
        }
    }

    @Test func `faults are taken back with DELETE`() async throws {
        try await SandboxFixture.run { sandbox in
            _ = try await sandbox.post("/sandbox/faults", #"{"lag_ms":5}"#)
            let result = try await ChildProcess.run(
                "/usr/bin/curl", ["-s", "-X", "DELETE", "\(sandbox.sandbox.url)/sandbox/faults"])
            #expect(result.output.contains(#""lag_ms":0"#))
            #expect(sandbox.sandbox.faults == SandboxFaults())
        }
    }

    @Test func `each endpoint is counted`() async throws {
        try await SandboxFixture.run { sandbox in
            let client = sandbox.client()
            let payment = try await client.createPayment(amount: try #require(Amount("1")), currency: "btc")
            _ = try await client.payment(id: payment.id)
            _ = try await client.payments()
            #expect(
                try await sandbox.get("/sandbox/counts").text
                    == #"{"GET /payments":1,"GET /payments/ID":1,"POST /oauth/token":1,"POST /payments":1}"#)
        }
    }

    @Test func `fetches of one payment at once are told, and no others`() async throws {
        try await SandboxFixture.run { sandbox in
            let client = sandbox.client()
            let amount = try #require(Amount("1"))
            let (one, other) = (
                try await client.createPayment(amount: amount, currency: "btc").id,
                try await client.createPayment(amount: amount, currency: "btc").id
            )
            async let first = client.payment(id: one)
            async let second = client.payment(id: other)
            _ = try await (first, second)
            _ = try await client.payment(id: one)
            #expect(try await sandbox.get("/sandbox/overlaps").text == "{}")
            let token = try await sandbox.token()
            _ = try await sandbox.post("/sandbox/faults", #"{"latency_ms":3000}"#)
            async let third = sandbox.get("/api/v1/payments/\(one)", token: token)
            async let fourth = sandbox.get("/api/v1/payments/\(one)", token: token)
            _ = try await (third, fourth)
            #expect(try await sandbox.get("/sandbox/overlaps").text == "{\"\(one)\":2}")
        }
    }

    @Test(arguments: ["/sandbox", "/x", "/sandbox/x", "/sandbox/payments"])
    func `what is not there says where to look`(path: String) async throws {
        try await SandboxFixture.run { sandbox in
            let answer = try await sandbox.get(path)
            #expect(answer.status == 404)
            #expect(answer.json?["error"]?.string?.contains("GET /") == true)
        }
    }

    @Test func `an account is generated from the seed when none is given`() {
        let first = SandboxOptions(seed: 5).credentials
        #expect(first == SandboxOptions(seed: 5).credentials)
        #expect(first != SandboxOptions(seed: 6).credentials)
        #expect(first.password.utf8.count == 20 && first.clientSecret.utf8.count == 43)
        #expect(first.password != first.clientSecret.prefix(20))
    }

    @Test func `an address in use is an error that names it`() async throws {
        try await SandboxFixture.run { sandbox in
            let port = try #require(sandbox.sandbox.url.split(separator: ":").last.flatMap { UInt16($0) })
            let second = try Sandbox(SandboxOptions(), logger: .init(label: "second"))
            let error = #expect(throws: SystemError.self) {
                try second.start(.ipv4(0x7F00_0001, port: port))
            }
            #expect(error.map { "\($0)".contains("\(port)") } == true)
        }
    }
}
