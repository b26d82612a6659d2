import Glibc
import JSON
import TestSupport
import Testing

/// What no webhook told, found by the daemon in the sandbox's list: two processes, over real sockets.
struct ReconcilingTests {
    private func pair(_ ledger: TestedLedger) async throws -> (SandboxProcess, DaemonUnderTest) {
        let sandbox = try await SandboxProcess.start()
        return (sandbox, try await ledger.daemon(asking: sandbox))
    }

    private func cause(_ daemon: DaemonUnderTest, _ id: Int64) throws -> [String?] {
        try daemon.records("confirmed", payment: id).map { $0["cause"]?.string }
    }

    @Test(arguments: TestedLedger.allCases)
    func `what was there before is the baseline, and what changed since is found at the next start`(
        on ledger: TestedLedger
    ) async throws {
        let (sandbox, daemon) = try await pair(ledger)
        let (old, changed) = (try sandbox.create(), try sandbox.create())
        try daemon.set("ECRYPTOPAY_RECONCILE_INTERVAL", "1h")
        try await daemon.startWithBaseline()
        #expect(try daemon.records("baseline").first?["count"]?.integer == 2)
        #expect(try cause(daemon, old) == ["baseline"])
        #expect(try daemon.records("confirmed").allSatisfy { $0["news"] == .bool(false) })
        try await daemon.end()
        try sandbox.move(changed, to: "paid")
        try await daemon.start()
        try await eventually("the change is found") { try cause(daemon, changed) == ["baseline", "reconcile"] }
        try await daemon.end()
        #expect(daemon.process?.errors.contains("no webhook came for payment \(changed) (→ paid") == true)
        #expect(try cause(daemon, old) == ["baseline"])
        #expect(try daemon.records("baseline").count == 1)
    }

    @Test(arguments: TestedLedger.allCases)
    func `SIGUSR1 lists now, and three unannounced in a row are told to systemd`(on ledger: TestedLedger) async throws {
        let (sandbox, daemon) = try await pair(ledger)
        try daemon.set("ECRYPTOPAY_RECONCILE_INTERVAL", "0")
        let listener = try NotifyListener(path: daemon.directory.path(of: "notify"))
        try await daemon.startWithBaseline(environment: ["NOTIFY_SOCKET": listener.path])
        let ids = try (0..<3).map { _ in try sandbox.create() }
        try await eventually("a listing finds them") {
            daemon.process?.signal(SIGUSR1)
            return try ids.allSatisfy { try cause(daemon, $0) == ["reconcile"] }
        }
        _ = try listener.next { $0.contains("webhooks seem not to arrive") }
        // A webhook that comes after all takes it back.
        try sandbox.move(ids[0], to: "paid")
        #expect(try daemon.post(DaemonUnderTest.report(ids[0])).status == 200)
        // Its report need not be journaled: the last listing may have been under way, and have seen the same.
        _ = try listener.next { !$0.contains("webhooks seem not to arrive") && $0.contains("journaled") }
        try await daemon.end()
    }

    @Test(arguments: TestedLedger.allCases)
    func `an API that was down at the start has its baseline taken when it answers`(on ledger: TestedLedger)
        async throws
    {
        let (sandbox, daemon) = try await pair(ledger)
        let id = try sandbox.create()
        try sandbox.setFaults(#"{"error_rate":1,"status":503}"#)
        try daemon.set("ECRYPTOPAY_RECONCILE_INTERVAL", "0")
        try await daemon.start()
        try await daemon.process?.waitForOutput(containing: "API call failed")
        try sandbox.clearFaults()
        try await eventually("the baseline") { try daemon.records("baseline").count == 1 }
        #expect(try cause(daemon, id) == ["baseline"])
        try await daemon.end()
    }
}
