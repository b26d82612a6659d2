import Glibc
import JSON
import POSIX
import TestSupport
import Testing

/// `/metrics` and `/status` of the real binary, and the command that reads them.
struct MetricsTests {
    /// A daemon whose sandbox has one payment that a true report told of, and that got a forged one about another amount.
    private func busy(_ ledger: TestedLedger) async throws -> (SandboxProcess, DaemonUnderTest, Int64) {
        let sandbox = try await SandboxProcess.start()
        let daemon = try await ledger.daemon(asking: sandbox)
        try daemon.set("ECRYPTOPAY_RECONCILE_INTERVAL", "0")
        try await daemon.startWithBaseline()
        let id = try sandbox.create()
        try sandbox.move(id, to: "paid")
        #expect(try daemon.post(DaemonUnderTest.report(id, amount: "1")).status == 200)
        try await eventually("the verdict") { try daemon.status()["refuted"]?.integer == 1 }
        return (sandbox, daemon, id)
    }

    @Test(arguments: TestedLedger.allCases)
    func `metrics count what came and what became of it, and promtool finds no fault`(on ledger: TestedLedger)
        async throws
    {
        let (_, daemon, id) = try await busy(ledger)
        #expect(try daemon.post("{}").status == 400)
        try await daemon.process?.waitForOutput(containing: "was answered 400: ")
        try await eventually("all is counted") {
            try daemon.metric(#"ecryptopayd_confirmations_total{outcome="refuted"}"#) == 1
        }
        #expect(try daemon.metric(#"ecryptopayd_confirmations_total{outcome="confirmed"}"#) == 1)
        #expect(try daemon.metric(#"ecryptopayd_refutations_total{reason="amount-mismatch"}"#) == 1)
        #expect(try daemon.metric(#"ecryptopayd_webhooks_total{result="accepted"}"#) == 1)
        #expect(try daemon.metric(#"ecryptopayd_webhooks_total{result="invalid"}"#) == 1)
        #expect(try daemon.metric("ecryptopayd_pending_payments") == 0)
        #expect(try daemon.metric("ecryptopayd_oldest_pending_age_seconds") == 0)
        #expect(try daemon.metric("ecryptopayd_ready") == 1)
        #expect(try daemon.metric("ecryptopayd_api_reachable") == 1)
        #expect(try daemon.metric(#"ecryptopayd_api_call_duration_seconds_count{call="payment"}"#) == 1)
        #expect(try daemon.metric(#"ecryptopayd_api_call_duration_seconds_count{call="list"}"#) == 1)
        #expect(try #require(try daemon.metric("ecryptopayd_journal_sync_duration_seconds_count")) >= 3)
        #expect(try daemon.metric("ecryptopayd_journal_size_bytes") == Double(try daemon.journalBytes()))
        let text = try daemon.ask("/metrics").body
        #expect(!text.contains("hush-") && !text.contains("\"\(id)\""))
        let file = try daemon.directory.write(text, to: "metrics")
        let check = try await ChildProcess.run("/bin/sh", ["-c", "promtool check metrics <\(file)"])
        #expect(check.exit == .code(0) && check.errors == "", "\(check.output)\(check.errors)")
        try await daemon.end()
    }

    @Test(arguments: TestedLedger.allCases)
    func `status tells how it stands, and what is known survives a restart`(on ledger: TestedLedger) async throws {
        let (sandbox, daemon, id) = try await busy(ledger)
        let status = try daemon.status()
        #expect(status["well"] == .bool(true))
        #expect(status["ready"] == .bool(true))
        #expect(status["refuted"]?.integer == 1)
        #expect(status["pending"]?.integer == 0)
        #expect(status["abandoned"]?.integer == 0)
        #expect(status["api"]?["reachable"] == .bool(true))
        #expect(status["journal"]?["seq"]?.integer == Int64(try daemon.journal().count))
        #expect(status["journal"]?["segments"]?.integer == 1)
        #expect(status["last_reconcile_at"]?.string?.hasSuffix("Z") == true)
        let received = try #require(try daemon.records("received", payment: id).first?["time"]?.string)
        try await daemon.end()
        try await daemon.start()
        // To the second: the record's time has microseconds.
        let again = try daemon.status()
        #expect(again["last_webhook_at"]?.string == received.prefix(19) + "Z")
        #expect(again["last_confirmed_at"]?.string?.count == 20)
        try await daemon.end()
        withExtendedLifetime(sandbox) {}
    }

    @Test(arguments: TestedLedger.allCases)
    func `what waits is listed with its reason, and the status command ends with 1`(on ledger: TestedLedger)
        async throws
    {
        let daemon = try await ledger.daemon()
        try await daemon.start()
        #expect(try daemon.post(DaemonUnderTest.report(42)).status == 200)
        try await eventually("the first call has failed") {
            try daemon.status()["waiting"]?.array?.first?["reason"]?.string?.contains("connect") == true
        }
        let status = try daemon.status()
        #expect(status["well"] == .bool(false))
        #expect(status["pending"]?.integer == 1)
        #expect(status["waiting"]?.array?.first?["payment"]?.integer == 42)
        #expect(status["waiting"]?.array?.first?["since"]?.string != nil)
        let text = try await daemon.run(["status", "--env-file", daemon.envFile])
        #expect(text.exit == .code(1), "\(text.errors)")
        #expect(text.output.hasPrefix("! the API is not reached"))
        #expect(text.output.contains("\n     42  "))
        let json = try await daemon.run(["status", "--json", "--env-file", daemon.envFile])
        #expect(json.exit == .code(1))
        #expect(try JSONValue(parsing: Array(json.output.utf8))["pending"]?.integer == 1)
        try await daemon.end()
        let absent = try await daemon.run(["status", "--env-file", daemon.envFile])
        #expect(absent.exit == .code(69))
        #expect(absent.errors.contains("is it running"))
    }

    @Test(arguments: TestedLedger.allCases)
    func `the status command ends with 0 when all is well`(on ledger: TestedLedger) async throws {
        let (sandbox, daemon, _) = try await busy(ledger)
        let result = try await daemon.run(["status", "--env-file", daemon.envFile])
        #expect(result.exit == .code(0), "\(result.output)\(result.errors)")
        #expect(result.output.hasPrefix("all is well\n"))
        #expect(!result.output.contains("hush-"))
        try await daemon.end()
        withExtendedLifetime(sandbox) {}
    }
}
