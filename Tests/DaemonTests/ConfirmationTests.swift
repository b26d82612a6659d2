import Glibc
import JSON
import TestSupport
import Testing

/// The main job: the daemon and the sandbox as two processes, over real sockets.
struct ConfirmationTests {
    private func pair(_ form: DaemonForm) async throws -> (SandboxProcess, DaemonUnderTest) {
        let sandbox = try await SandboxProcess.start()
        return (sandbox, try await DaemonUnderTest.make(form, apiURL: sandbox.apiURL, account: sandbox.settings))
    }

    @Test(arguments: DaemonForm.allCases)
    func `a reported payment is fetched and confirmed`(_ form: DaemonForm) async throws {
        let (sandbox, daemon) = try await pair(form)
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

    @Test(arguments: DaemonForm.allCases)
    func `the API's word is confirmed, not the report's`(_ form: DaemonForm) async throws {
        let (sandbox, daemon) = try await pair(form)
        try await daemon.startWithBaseline()
        let id = try sandbox.create()
        #expect(try daemon.post(#"{"id":\#(id),"state":"paid","currency":"BTC","amount":"150"}"#).status == 200)
        try await eventually("the confirmation") { try daemon.records("confirmed", payment: id).count == 1 }
        let confirmed = try #require(try daemon.records("confirmed").first)
        #expect(confirmed["current"]?["state"]?.string == "pending")
        try await daemon.end()
    }

    @Test(arguments: DaemonForm.allCases)
    func `a forged amount is refuted, and the genuine report beside it confirmed`(_ form: DaemonForm) async throws {
        let (sandbox, daemon) = try await pair(form)
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

    @Test(arguments: DaemonForm.allCases)
    func `an outage is ridden out`(_ form: DaemonForm) async throws {
        let (sandbox, daemon) = try await pair(form)
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

    @Test(
        arguments: DaemonForm.allCases,
        [
            #"{"nonsense_rate":1,"scope":"payments"}"#, #"{"cut_rate":1,"scope":"payments"}"#,
            #"{"refuse_tokens":true}"#,
            #"{"error_rate":1,"status":429}"#, #"{"error_rate":1,"status":403,"scope":"token"}"#,
        ])
    func `an API that answers nonsense yields no verdict`(_ form: DaemonForm, faults: String) async throws {
        let (sandbox, daemon) = try await pair(form)
        let id = try sandbox.create()
        try sandbox.setFaults(faults)
        try daemon.set("ECRYPTOPAY_LOG_LEVEL", "debug")
        try await daemon.start()
        #expect(try daemon.post(DaemonUnderTest.report(id)).status == 200)
        try await daemon.process?.waitForOutput(containing: "payment \(id) unknown")
        #expect(try daemon.journal().map { $0["kind"]?.string } == ["opened", "received"])
        try await daemon.end()
    }

    @Test(arguments: DaemonForm.allCases)
    func `what was unknown at kill -9 is confirmed after the next start`(_ form: DaemonForm) async throws {
        let (sandbox, daemon) = try await pair(form)
        let id = try sandbox.create()
        try sandbox.move(id, to: "paid")
        // What a node has that was killed is free once its calls must have ended.
        try daemon.set("ECRYPTOPAY_API_TIMEOUT", "3s")
        try sandbox.setFaults(#"{"error_rate":1,"status":503}"#)
        try await daemon.start()
        #expect(try daemon.post(DaemonUnderTest.report(id)).status == 200)
        try await daemon.process?.waitForOutput(containing: "API call failed")
        try await daemon.end(SIGKILL)
        try sandbox.clearFaults()
        try await daemon.startWithBaseline(within: form.succession)
        try await eventually("the confirmation", within: form.succession) {
            try daemon.records("confirmed", payment: id).count == 1
        }
        try await daemon.end()
    }

    @Test func `the demo comes out as told`() async throws {
        let directory = try TemporaryDirectory()
        let result = try await ChildProcess.run(
            try builtBinary(named: "ecryptopayd"), ["demo", "--directory", directory.path(of: "journal")],
            within: .seconds(60))
        #expect(result.exit == .code(0), "\(result.errors)")
        for line in [
            "confirmed, record 4", "refuted (amount-mismatch)", "the API answers again", "payment 2 is confirmed",
            "found by reconciling",
        ] {
            #expect(result.output.contains(line), "\(result.output)")
        }
    }
}
