import Glibc
import TestSupport
import Testing

/// The commands as a user meets them.
struct CommandTests {
    @Test func `help goes to standard output and ends with 0`() async throws {
        let result = try await ChildProcess.run(try builtBinary(named: "ecryptopayd"), ["journal", "cat", "--help"])
        #expect(result.exit == .code(0) && result.errors == "")
        #expect(result.output.contains("USAGE: ecryptopayd journal cat"))
    }

    @Test func `why the program ends is logged to the system's journal as an error, each line of it`() async throws {
        let directory = try TemporaryDirectory()
        let log = directory.path(of: "log")
        let env = try directory.write("ECRYPTOPAY_NONE=1\nECRYPTOPAY_NEITHER=2\n", to: "env")
        let binary = try builtBinary(named: "ecryptopayd")
        let script = "exec 2>\(log); JOURNAL_STREAM=$(stat -c %d:%i \(log)) exec \(binary) serve --env-file \(env)"
        let result = try await ChildProcess.run("/bin/sh", ["-c", script], environment: ["PATH": "/usr/bin:/bin"])
        #expect(result.exit == .code(78))
        let lines = String(decoding: try readFile(log), as: UTF8.self).split(separator: "\n")
        #expect(lines.count >= 3 && lines.allSatisfy { $0.hasPrefix("<3>") }, "\(lines)")
    }

    @Test func `check and the start tell what the configuration has warnings of`() async throws {
        let daemon = try DaemonUnderTest()
        let plain = try daemon.directory.write("#!/bin/sh\n", to: "plain", mode: 0o644)
        try daemon.set("ECRYPTOPAY_FORWARD_EXEC", plain)
        let warning = "ECRYPTOPAY_FORWARD_EXEC: \(plain) cannot be run (Permission denied)"
        let result = try await daemon.run(["check", "--env-file", daemon.envFile])
        #expect(result.exit == .code(0) && result.errors.contains("warning: \(warning)"), "\(result)")
        try await daemon.start()
        try await daemon.end()
        #expect(daemon.process?.errors.contains(warning) == true)
    }

    @Test func `a wrong option ends with 64 and names the option that was meant, on standard error`() async throws {
        let result = try await ChildProcess.run(try builtBinary(named: "ecryptopayd"), ["check", "--onlin"])
        #expect(result.exit == .code(64))
        #expect(result.errors.contains("--online") && result.output == "")
    }

    @Test func `check prints the configuration without secrets`() async throws {
        let daemon = try DaemonUnderTest()
        try daemon.set("ECRYPTOPAY_LISTEN", "127.0.0.1:8723")
        for arguments in [["check"], ["check", "--json"]] {
            let result = try await daemon.run(arguments + ["--env-file", daemon.envFile])
            #expect(result.exit == .code(0))
            #expect(result.output.contains("ECRYPTOPAY_PASSWORD"))
            #expect(!(result.output + result.errors).contains("hush"))
            #expect(!(result.output + result.errors).contains("5f3a9c0e7d1b42a6"))
        }
    }

    @Test func `a faulty configuration stops the start, and every fault is named`() async throws {
        let daemon = try DaemonUnderTest()
        try daemon.set("ECRYPTOPAY_PASWORD", "hush-typo")
        try daemon.set("ECRYPTOPAY_IDLE_TIMEOUT", "10")
        for command in ["serve", "check"] {
            let result = try await daemon.run([command, "--env-file", daemon.envFile])
            #expect(result.exit == .code(78))
            #expect(result.errors.contains("ECRYPTOPAY_PASWORD"))
            #expect(result.errors.contains("ECRYPTOPAY_PASSWORD"), "the nearest known key")
            #expect(result.errors.contains("ECRYPTOPAY_IDLE_TIMEOUT"))
            #expect(!result.errors.contains("hush"))
        }
        #expect(try !daemon.directory.names().contains("journal"))
    }

    @Test func `check --online says when the API does not answer`() async throws {
        let daemon = try DaemonUnderTest()
        try daemon.set("ECRYPTOPAY_LISTEN", "127.0.0.1:8723")
        let result = try await daemon.run(["check", "--online", "--env-file", daemon.envFile])
        #expect(result.exit == .code(69))
        #expect(result.errors.contains("127.0.0.1"))
    }

    @Test func `an address that is taken ends the start with 69 and names the key`() async throws {
        let daemon = try DaemonUnderTest()
        try daemon.set("ECRYPTOPAY_LISTEN", "\(daemon.address)")
        let result = try await daemon.run(["serve", "--env-file", daemon.envFile])
        #expect(result.exit == .code(69))
        #expect(result.errors.contains("ECRYPTOPAY_LISTEN"))
    }

    @Test func `a journal that cannot be there names its key, in check and in serve`() async throws {
        let daemon = try DaemonUnderTest()
        try daemon.set("ECRYPTOPAY_LISTEN", "127.0.0.1:0")
        for path in ["/nonexistent/journal", "\(daemon.envFile)"] {
            try daemon.set("ECRYPTOPAY_JOURNAL", path)
            for command in ["check", "serve"] {
                let result = try await daemon.run([command, "--env-file", daemon.envFile])
                #expect(result.exit == .code(78), "\(result.errors)")
                #expect(result.errors.contains("ECRYPTOPAY_JOURNAL=\(path)"))
            }
        }
    }

    @Test func `the demo ends with 0, and every step of its story has happened`() async throws {
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
