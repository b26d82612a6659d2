import ECryptoPay
import Glibc
import JSON
import Payments
import TestSupport
import Testing

/// The sandbox as a person meets it: a program, its page, its file.
struct SandboxProcessTests {
    @Test func `every curl line of the sandbox's page works as it stands`() async throws {
        let shop = try await Nginx("return 200;")
        let sandbox = try await SandboxProcess.start("--webhook-url", shop.url(scheme: "http") + "/webhooks")
        let page = try sandbox.request("GET", "/").body
        let lines = page.split(separator: "\n").compactMap { line -> String? in
            let start = line.firstRange(of: "TOKEN=$(curl ") ?? line.firstRange(of: "curl ")
            return start.map { String(line[$0.lowerBound...]) }
        }
        let password = sandbox.settings["ECRYPTOPAY_PASSWORD"] ?? ""
        let secret = sandbox.settings["ECRYPTOPAY_CLIENT_SECRET"] ?? ""
        let script = lines.joined(separator: "\n")
            .replacing("PASSWORD", with: password).replacing("SECRET", with: secret)
        let result = try await ChildProcess.run(
            "/bin/sh", ["-ec", "curl() { command curl -sS --fail-with-body -m 30 \"$@\"; echo; }\n\(script)"],
            environment: ["PATH": "/usr/bin:/bin"])
        #expect(result.exit == .code(0), "\(result.errors)\(result.output)")
        let answers = try result.output.split(separator: "\n").map { try JSONValue(parsing: Array($0.utf8)) }
        #expect(answers.count == lines.count - 1, "each but the token's prints JSON")
        // Every fault is set by some line, and the last one takes all of them back.
        guard case .object(let well) = answers.last else {
            Issue.record("no faults: \(result.output)")
            return
        }
        for fault in well {
            #expect(answers.contains { $0[fault.name] != nil && $0[fault.name] != fault.value }, "\(fault.name)")
        }
        #expect(well.count > 15 && page.contains("revoke_tokens"))
    }

    @Test(arguments: [("0.0.0.0:0", "http://127.0.0.1:"), ("[::]:0", "http://[::1]:")])
    func `a sandbox on all addresses prints a URL that check takes`(listen: String, prefix: String) async throws {
        let sandbox = try await SandboxProcess.start(listen: listen)
        #expect(sandbox.apiURL.hasPrefix(prefix))
        try await sandbox.process.waitForOutput(containing: "warning: other machines reach this sandbox")
        let result = try await ChildProcess.run(
            try builtBinary(named: "ecryptopayd"), ["check", "--online"], environment: sandbox.settings)
        #expect(result.exit == .code(0), "\(result.errors)")
    }

    @Test func `the sandbox's state file is whole at any time, and has every payment after kill -9`() async throws {
        let directory = try TemporaryDirectory()
        let file = directory.path(of: "state.json")
        var acknowledged: [PaymentID] = []
        for _ in 1...3 {
            let sandbox = try await SandboxProcess.start("--state", file)
            let client = sandbox.client()
            let creations = Task {
                var made: [PaymentID] = []
                while let created = try? await client.createPayment(amount: Amount("5")!, currency: "btc") {
                    made.append(created.id)
                }
                return made
            }
            try await eventually("some payments") {
                // Whoever looks, and whenever, sees a whole file.
                let payments = try JSONValue(parsing: try directory.read("state.json"))["payments"]?.array
                return payments?.last?["id"]?.integer ?? 0 >= acknowledged.count + 20
            }
            sandbox.process.signal(SIGKILL)
            acknowledged += await creations.value
        }
        let last = try await SandboxProcess.start("--state", file)
        let kept = try await last.client().payments().map(\.id)
        #expect(acknowledged.count > 50)
        #expect(Set(kept).isSuperset(of: acknowledged))
    }

    @Test func `a state file that cannot be written stops the start`() async throws {
        let result = try await ChildProcess.run(
            try builtBinary(named: "ecryptopayd"), ["sandbox", "--listen", "127.0.0.1:0", "--state", "/nonexistent/s"])
        #expect(result.exit == .code(66))
        #expect(result.errors.contains("/nonexistent"))
    }

    @Test func `the daemon settles webhooks doubled, out of order, late and oddly labelled`() async throws {
        let sandbox: SandboxProcess
        let daemon = try DaemonUnderTest()
        sandbox = try await SandboxProcess.start("--webhook-url", daemon.webhookURL)
        for (key, value) in sandbox.settings { try daemon.set(key, value) }
        try await daemon.start()
        try sandbox.setFaults(
            """
            {"webhook_doubled_rate":1,"webhook_reordered_rate":1,"webhook_delay_ms":20,\
            "webhook_content_type":"application/x-www-form-urlencoded"}
            """)
        for _ in 1...3 {
            let id = try sandbox.create()
            for state in ["seen", "paid"] { try sandbox.move(id, to: state) }
        }
        try sandbox.clearFaults()
        for id in 1...3 as ClosedRange<Int64> {
            try await eventually("payment \(id) is paid") {
                try daemon.records("confirmed", payment: id).contains { $0["current"]?["state"]?.string == "paid" }
            }
        }
        #expect(try daemon.records("refuted").isEmpty)
        let deviations = try daemon.records("received").map { $0["deviations"]?.array?.count ?? 0 }
        #expect(!deviations.isEmpty && deviations.allSatisfy { $0 == 1 })
        try await daemon.end()
    }
}
