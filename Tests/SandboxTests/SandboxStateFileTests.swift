import ECryptoPay
import Logging
import Payments
import Sandbox
import TestSupport
import Testing

@Suite struct SandboxStateFileTests {
    @Test func `payments outlive the run, as they were`() async throws {
        let directory = try TemporaryDirectory()
        let file = directory.path(of: "state.json")
        var before: [ConfirmedPayment] = []
        try await SandboxFixture.run({ $0.stateFile = file }) { sandbox in
            let client = sandbox.client()
            for amount in ["150.50", "0.00000001"] {
                _ = try await client.createPayment(amount: try #require(Amount(amount)), currency: "eth")
            }
            sandbox.sandbox.setState("paid", of: 2)
            before = try await client.payments()
        }
        try await SandboxFixture.run({ $0.stateFile = file }) { sandbox in
            let client = sandbox.client()
            let after = try await client.payments()
            #expect(after.map(\.id) == [1, 2])
            #expect(after.map(\.state) == ["pending", "paid"])
            #expect(after.map(\.amount) == before.map(\.amount))
            #expect(after.map(\.createdAt) == before.map(\.createdAt))
            #expect(after.map(\.updatedAt) == before.map(\.updatedAt))
            #expect(try await client.createPayment(amount: try #require(Amount("1")), currency: "btc").id == 3)
        }
        #expect(try directory.names() == ["state.json"])
    }

    @Test(arguments: [
        "", "{}", #"{"payments":[{}]}"#, #"{"payments":[{"id":1,"amount":"1","currency":"b","versions":[]}]}"#,
        #"{"payments":[{"id":1,"amount":"1","currency":"b","versions":[{"state":"a","since":"2022-11-01T18:04:05Z"},{}]}]}"#,
    ])
    func `a file that is none stops the start, and stays as it is`(content: String) throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write(content, to: "state.json")
        let error = #expect(throws: SandboxError.self) {
            try Sandbox(SandboxOptions(stateFile: file), logger: Logger(label: "sandbox"))
        }
        #expect(error?.description.contains(file) == true)
        #expect(try directory.readText("state.json") == content)
    }

    @Test func `a file that cannot be read stops the start`() throws {
        let directory = try TemporaryDirectory()
        let error = #expect(throws: SandboxError.self) {
            try Sandbox(SandboxOptions(stateFile: directory.path), logger: Logger(label: "sandbox"))
        }
        #expect(error?.description.contains(directory.path) == true)
    }
}
