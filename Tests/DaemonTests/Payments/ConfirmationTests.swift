import Glibc
import JSON
import TestSupport
import Testing

/// The main job: the daemon and the sandbox as two processes, over real sockets.
struct ConfirmationTests {
    private func pair(_ ledger: TestedLedger) async throws -> (SandboxProcess, DaemonUnderTest) {
        let sandbox = try await SandboxProcess.start()
        return (sandbox, try await ledger.daemon(asking: sandbox))
    }

    @Test(arguments: TestedLedger.allCases)
    func `a reported payment is fetched and confirmed`(on ledger: TestedLedger) async throws {
        let (sandbox, daemon) = try await pair(ledger)
        try await daemon.startWithBaseline()
        let id = try sandbox.create()
        try sandbox.move(id, to: "paid")
        #expect(try daemon.post(DaemonUnderTest.report(id)).status == 200)
        try await eventually("the confirmation") { try daemon.records("confirmed", payment: id).count == 1 }
        let confirmed = try #require(try daemon.records("confirmed").first)
        let received = try #require(try daemon.records("received").first)
        #expect(confirmed["current"]?["state"]?.string == "paid")
        #expect(confirmed["news"] == .bool(true))
        #expect(confirmed["cause"]?.string == "webhook")
        #expect(confirmed["of"] == .array([received["seq"] ?? .null]))
        try await daemon.end()
        #expect(daemon.process?.errors.contains("payment \(id) confirmed: paid") == true)
    }

    @Test(arguments: TestedLedger.allCases)
    func `the API's word is confirmed, not the report's`(on ledger: TestedLedger) async throws {
        let (sandbox, daemon) = try await pair(ledger)
        try await daemon.startWithBaseline()
        let id = try sandbox.create()
        #expect(try daemon.post(#"{"id":\#(id),"state":"paid","currency":"BTC","amount":"150"}"#).status == 200)
        try await eventually("the confirmation") { try daemon.records("confirmed", payment: id).count == 1 }
        let confirmed = try #require(try daemon.records("confirmed").first)
        #expect(confirmed["current"]?["state"]?.string == "pending")
        try await daemon.end()
    }

    @Test(arguments: TestedLedger.allCases)
    func `a forged amount is refuted, and the genuine report beside it confirmed`(on ledger: TestedLedger) async throws
    {
        let (sandbox, daemon) = try await pair(ledger)
        try await daemon.startWithBaseline()
        let id = try sandbox.create()
        try sandbox.move(id, to: "paid")
        #expect(try daemon.post(DaemonUnderTest.report(id, amount: "9999.00")).status == 200)
        #expect(try daemon.post(DaemonUnderTest.report(id)).status == 200)
        try await eventually("the refutation") { try daemon.records("refuted", payment: id).count == 1 }
        try await eventually("the confirmation") { try daemon.records("confirmed", payment: id).count >= 1 }
        #expect(try daemon.records("refuted").first?["reason"]?.string == "amount-mismatch")
        try await daemon.end()
    }

    @Test(arguments: TestedLedger.allCases)
    func `a report that comes during an outage of the API is confirmed after it`(on ledger: TestedLedger) async throws {
        let (sandbox, daemon) = try await pair(ledger)
        try await daemon.startWithBaseline()
        let id = try sandbox.create()
        try sandbox.move(id, to: "paid")
        for faults in [#"{"error_rate":1,"status":503}"#, #"{"error_rate":1,"status":500}"#] {
            try sandbox.setFaults(faults)
        }
        #expect(try daemon.post(DaemonUnderTest.report(id)).status == 200)
        try await daemon.process?.waitForOutput(containing: "API call failed")
        #expect(try daemon.records("confirmed").isEmpty)
        try sandbox.clearFaults()
        try await eventually("the confirmation") { try daemon.records("confirmed", payment: id).count == 1 }
        try await daemon.end()
        #expect(try daemon.records("refuted").isEmpty)
        #expect(daemon.process?.errors.contains("API reachable again") == true)
    }

    @Test(arguments: TestedLedger.allCases)
    func `what was unknown at kill -9 is confirmed after the next start`(on ledger: TestedLedger) async throws {
        let (sandbox, daemon) = try await pair(ledger)
        let id = try sandbox.create()
        try sandbox.move(id, to: "paid")
        try daemon.set("ECRYPTOPAY_API_TIMEOUT", "5s")
        try sandbox.setFaults(#"{"error_rate":1,"status":503}"#)
        try await daemon.start()
        #expect(try daemon.post(DaemonUnderTest.report(id)).status == 200)
        try await daemon.process?.waitForOutput(containing: "API call failed")
        try await daemon.end(SIGKILL)
        try sandbox.clearFaults()
        try await daemon.start()
        // In a database, what the killed node had begun is another's only when its lease has run out.
        try await eventually("the confirmation", within: .seconds(90)) {
            try daemon.records("confirmed", payment: id).count == 1
        }
        try await daemon.end()
    }
}
