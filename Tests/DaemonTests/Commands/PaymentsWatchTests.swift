import Glibc
import JSON
import TestSupport
import Testing

/// `payments watch` on the real binary, against the sandbox as a process of its own.
struct PaymentsWatchTests {
    private func watch(_ sandbox: SandboxProcess, _ arguments: String...) throws -> ChildProcess {
        try ChildProcess(
            try builtBinary(named: "ecryptopayd"), ["payments", "watch", "1", "--interval", "1ms"] + arguments,
            environment: sandbox.settings)
    }

    @Test(arguments: [SIGINT, SIGTERM, SIGHUP])
    func `watch shows changes of state and price, goes on after an outage, and ends with 0 at a signal`(
        signal: Int32
    ) async throws {
        let sandbox = try await SandboxProcess.start()
        _ = try sandbox.create()
        let watch = try watch(sandbox)
        try await watch.waitForOutput(containing: "  payment 1  pending  150.00 MXN  0.0000")
        try await eventually("the price changes") { watch.output.split(separator: "\n").count > 3 }
        try sandbox.move(1, to: "paid")
        try await watch.waitForOutput(containing: "  payment 1  paid  ")
        try sandbox.setFaults(#"{"error_rate":1,"status":502}"#)
        try await watch.waitForOutput(containing: "asking again with growing pauses\n")
        try sandbox.move(1, to: "settled")
        #expect(!watch.output.contains("settled"))
        try sandbox.clearFaults()
        try await watch.waitForOutput(containing: "  payment 1  settled  ")
        watch.signal(signal)
        #expect(try await watch.waitForExit() == .code(0))
        let errors = watch.errors.split(separator: "\n")
        #expect(errors.count == 2, "an outage is told once: \(errors)")
        #expect(errors.first?.contains("502 Bad Gateway") == true)
        #expect(errors.last == "ecryptopayd: the API answers again")
        let prices = watch.output.split(separator: "\n").map { $0.split(separator: "  ").dropFirst().joined() }
        #expect(zip(prices, prices.dropFirst()).allSatisfy { $0 != $1 }, "only changes are told")
    }

    @Test func `watch --json prints the API's own JSON for each change, on a line`() async throws {
        let sandbox = try await SandboxProcess.start()
        _ = try sandbox.create()
        let watch = try watch(sandbox, "--json")
        try await eventually("some lines") { watch.output.split(separator: "\n").count > 2 }
        #expect(try await watch.end() == .code(0))
        for line in watch.output.split(separator: "\n") {
            let payment = try JSONValue(parsing: Array(line.utf8))
            #expect(payment["id"]?.integer == 1 && payment["qr_image_path"]?.string != nil)
        }
    }

    @Test func `on a terminal watch writes a new price over the old one, and a new state on a new line`() async throws {
        let sandbox = try await SandboxProcess.start()
        _ = try sandbox.create()
        let binary = try builtBinary(named: "ecryptopayd")
        let directory = try TemporaryDirectory()
        let command = "stty cols 60; echo $$ > \(directory.path)/pid; exec \(binary) payments watch 1 --interval 1ms"
        let watch = try ChildProcess(
            "/usr/bin/script", ["-qec", "sh -c '\(command)'", "/dev/null"],
            environment: sandbox.settings.merging(["PATH": "/usr/bin:/bin", "SHELL": "/bin/sh"]) { $1 })
        try await eventually("the price changes") { watch.output.split(separator: "\r").count > 3 }
        #expect(!watch.output.contains("\n"))
        try sandbox.move(1, to: "paid")
        try await watch.waitForOutput(containing: "payment 1  paid")
        let pid = try #require(pid_t(try directory.readText("pid").dropLast()))
        kill(pid, SIGINT)
        #expect(try await watch.waitForExit() == .code(0))
        let lines = watch.output.split(separator: "\r\n")
        #expect(lines.count == 2)
        for shown in watch.output.split(whereSeparator: { $0 == "\r" || $0 == "\r\n" }) {
            #expect(shown.hasSuffix("\u{1b}[K"))
            #expect(shown.count - 3 < 60, "a line that wraps cannot be written over")
        }
    }

    @Test(arguments: [
        (#"{}"#, "99", 66, "there is no payment 99"), (#"{"refuse_tokens":true}"#, "1", 77, "answered 401"),
        (#"{"error_rate":1,"status":403}"#, "1", 77, "answered 403"),
    ])
    func `watch ends with the error's exit code when waiting is of no use`(
        faults: String, id: String, exit: Int, message: String
    ) async throws {
        let sandbox = try await SandboxProcess.start()
        _ = try sandbox.create()
        try sandbox.setFaults(faults)
        let result = try await ChildProcess.run(
            try builtBinary(named: "ecryptopayd"), ["payments", "watch", id], environment: sandbox.settings)
        #expect(result.exit == .code(Int32(exit)))
        #expect(result.errors.contains(message), "\(result.errors)")
    }

    @Test func `watch ends with 66 when the payment is gone`() async throws {
        let sandbox = try await SandboxProcess.start()
        _ = try sandbox.create()
        let watch = try watch(sandbox)
        try await watch.waitForOutput(containing: "pending")
        // As far behind as this, the sandbox does not know the payment yet.
        try sandbox.setFaults(#"{"lag_ms":86400000}"#)
        #expect(try await watch.waitForExit() == .code(66))
        #expect(watch.errors.contains("there is no payment 1"))
    }

    @Test func `watch keeps the pause that Retry-After asks for, and tells of it`() async throws {
        let sandbox = try await SandboxProcess.start()
        _ = try sandbox.create()
        try sandbox.setFaults(#"{"error_rate":1,"status":429,"retry_after":3600,"scope":"payments"}"#)
        let watch = try watch(sandbox)
        // A quarter of an hour at most.
        try await watch.waitForOutput(containing: "asking again in 900 s")
        #expect(try sandbox.request("GET", "/sandbox/counts").body.contains(#""GET /payments/ID":1"#))
        #expect(try await watch.end() == .code(0))
    }
}
