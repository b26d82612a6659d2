import ArgumentParser
import Configuration
import Glibc
import HTTP1
import HTTPServer
import Testing
import TestSupport

@testable import ecryptopayd

/// The configuration as it is read from real files.
struct ConfigurationLoaderTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    /// What an env file with an account and these keys comes to.
    private func load(_ keys: [String: String] = [:], mode: mode_t = 0o600) throws -> Settings {
        let account = [
            "CLIENT_ID": "client", "CLIENT_SECRET": "hush-client", "EMAIL": "a@b.mx", "PASSWORD": "hush-password",
        ]
        let text = account.merging(keys) { $1 }.map { "ECRYPTOPAY_\($0.key)=\($0.value)\n" }.joined()
        let file = try directory.write(text, to: "env", mode: mode)
        #expect(chmod(file, mode) == 0)
        return try ConfigurationLoader(envFile: file, isDaemon: true).load(account: .required)
    }

    @Test func `an env file with secrets that every user may read is warned of`() throws {
        for (mode, isReadable) in [(0o640, false), (0o644, true)] as [(mode_t, Bool)] {
            let warnings = try load(mode: mode).warnings
            let warning = "every user of this machine may read \(directory.path(of: "env"))"
            #expect(warnings.contains { $0.contains(warning) } == isReadable, "\(warnings)")
            #expect(!"\(warnings)".contains("hush"))
        }
    }

    @Test func `a program that cannot be run is warned of, with the system's reason`() throws {
        let folder = try directory.makeDirectory("directory")
        let plain = try directory.write("#!/bin/sh\n", to: "plain", mode: 0o644)
        let program = try directory.write("#!/bin/sh\n", to: "program", mode: 0o755)
        for (path, fault) in [
            ("\(folder)/none", "No such file or directory"), (folder, "Is a directory"), (plain, "Permission denied"),
            (program, nil),
        ] {
            let warnings = try load(["FORWARD_EXEC": path]).warnings
            let warning = "ECRYPTOPAY_FORWARD_EXEC: \(path) cannot be run (\(fault ?? ""))"
            #expect(warnings.contains { $0.hasPrefix(warning) } == (fault != nil), "\(warnings)")
        }
    }

    @Test func `an env file that is not there is a fault of the configuration, and named`() throws {
        let failure = #expect(throws: CommandFailure.self) {
            try ConfigurationLoader(envFile: "/nonexistent/env", isDaemon: true).load(account: .required)
        }
        #expect(failure?.status == .configuration)
        #expect(failure?.message.contains("--env-file /nonexistent/env cannot be read") == true)
    }

    @Test func `the bounds that an operator sets are those of the public server`() throws {
        let options = HTTPServer.Options(
            try load([
                "MAX_BODY_BYTES": "200", "MAX_CONNECTIONS": "2", "REQUEST_TIMEOUT": "1s", "IDLE_TIMEOUT": "200ms",
            ]))
        #expect(options.limits.bodyBytes == 200)
        #expect(options.maxConnections == 2)
        #expect(options.requestTimeout == .seconds(1))
        #expect(options.idleTimeout == .milliseconds(200))
    }

    // MARK: The daemon, as a command finds it

    private func client(_ listen: String) throws -> AdminClient {
        let file = try directory.write("ECRYPTOPAY_ADMIN_LISTEN=\(listen)\n", to: "env")
        return try AdminClient(try ConfigurationOptions.parse(["--env-file", file]))
    }

    @Test func `a daemon without an admin side is a fault of the configuration`() {
        let failure = #expect(throws: CommandFailure.self) { try client("off") }
        #expect(failure?.status == .configuration)
        #expect(failure?.message.contains("ECRYPTOPAY_ADMIN_LISTEN=off") == true)
    }

    @Test(.ownThread, arguments: ["unix", "127.0.0.1:9"])
    func `a daemon that does not run is named by its address, with the mend`(listen: String) throws {
        let address = listen == "unix" ? "unix:\(directory.path(of: "admin"))" : listen
        let client = try client(address)
        let failure = #expect(throws: CommandFailure.self) { try client.get("/status") }
        #expect(failure?.status == .unavailable)
        #expect(failure?.message.contains("the daemon was not reached on \(address)") == true)
        #expect(failure?.message.contains("is it running, with this configuration?") == true)
    }
}
