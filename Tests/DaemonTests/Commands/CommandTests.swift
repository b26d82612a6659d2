import Glibc
import TestSupport
import Testing

/// The commands as a user meets them.
struct CommandTests {
    @Test(arguments: [
        [], ["serve"], ["check"], ["demo"], ["sandbox"], ["journal"], ["journal", "cat"], ["journal", "verify"],
        ["reconcile"], ["payments"], ["payments", "list"], ["payments", "get"], ["payments", "watch"],
        ["payments", "create"],
    ])
    func `every command has help`(command: [String]) async throws {
        let result = try await ChildProcess.run(try builtBinary(named: "ecryptopayd"), command + ["--help"])
        #expect(result.exit == .code(0))
        #expect(result.output.contains("USAGE: "))
        #expect(result.output.contains("OVERVIEW: "))
    }

    @Test func `the manual names every command`() async throws {
        let page = String(decoding: try readFile("\(repository)/deploy/man/ecryptopayd.8"), as: UTF8.self)
        let help = try await ChildProcess.run(try builtBinary(named: "ecryptopayd"), ["--help"]).output
        let list = help.split(separator: "SUBCOMMANDS:\n").last?.split(separator: "\n\n").first ?? ""
        let commands = list.split(separator: "\n").filter { $0.hasPrefix("  ") && !$0.hasPrefix("   ") }
            .compactMap { $0.split(separator: " ").first }
        #expect(commands.contains("serve") && commands.count >= 7)
        for command in commands {
            #expect(page.contains("\n.B \(command)") || page.contains("\n.BR \(command) "), "no word of \(command)")
        }
    }

    @Test func `why it ends is an error to the system's journal, each line of it`() async throws {
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

    @Test func `check warns of secrets that every user may read`() async throws {
        let daemon = try DaemonUnderTest()
        try daemon.set("ECRYPTOPAY_LISTEN", "127.0.0.1:8723")
        for (mode, isReadable) in [(0o640, false), (0o644, true)] as [(mode_t, Bool)] {
            #expect(chmod(daemon.envFile, mode) == 0)
            let result = try await daemon.run(["check", "--env-file", daemon.envFile])
            #expect(result.exit == .code(0))
            #expect(result.errors.contains("every user of this machine may read \(daemon.envFile)") == isReadable)
            #expect(!result.errors.contains("hush"))
        }
    }

    @Test func `check and the start warn of a program that cannot be run`() async throws {
        let daemon = try DaemonUnderTest()
        let directory = try daemon.directory.makeDirectory("directory")
        let plain = try daemon.directory.write("#!/bin/sh\n", to: "plain", mode: 0o644)
        let program = try daemon.directory.write("#!/bin/sh\n", to: "program", mode: 0o755)
        for (path, fault) in [
            ("\(directory)/none", "No such file or directory"), (directory, "Is a directory"),
            (plain, "Permission denied"), (program, nil),
        ] {
            try daemon.set("ECRYPTOPAY_FORWARD_EXEC", path)
            let result = try await daemon.run(["check", "--env-file", daemon.envFile])
            #expect(result.exit == .code(0))
            let warning = "warning: ECRYPTOPAY_FORWARD_EXEC: \(path) cannot be run (\(fault ?? ""))"
            #expect(result.errors.contains(warning) == (fault != nil), "\(result.errors)")
        }
        try daemon.set("ECRYPTOPAY_FORWARD_EXEC", plain)
        try await daemon.start()
        try await daemon.end()
        #expect(daemon.process?.errors.contains("\(plain) cannot be run (Permission denied)") == true)
    }

    @Test func `a wrong option is a usage error`() async throws {
        let result = try await ChildProcess.run(try builtBinary(named: "ecryptopayd"), ["check", "--onlin"])
        #expect(result.exit == .code(64))
        #expect(result.errors.contains("--online"))
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

    @Test func `an address that is taken is told`() async throws {
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

    @Test func `a directory that is not there is named`() async throws {
        let result = try await ChildProcess.run(
            try builtBinary(named: "ecryptopayd"), ["journal", "cat", "--directory", "/nonexistent"])
        #expect(result.exit == .code(66))
        #expect(result.errors.contains("/nonexistent"))
    }
}
