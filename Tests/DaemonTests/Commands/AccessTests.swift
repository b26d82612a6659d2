import Glibc
import TestSupport
import Testing

/// Commands of a user who may not read the configuration, or not ask the daemon.
struct AccessTests {
    private static let bound = [
        "/usr/bin/setpriv", "--bounding-set=-dac_override,-dac_read_search",
        "--inh-caps=-dac_override,-dac_read_search",
    ]

    /// Runs a command beside an installed env file of that mode, whose owner it runs as: in mode 0 it is closed to him too.
    private func run(
        _ arguments: String, mode: String, line: String = "ECRYPTOPAY_ADMIN_LISTEN=unix:/nonexistent/admin",
        preparation: String = ""
    ) async throws -> ChildProcess.Result {
        // In a mount namespace of its own, so that no other program sees the file.
        let script = """
            mount -t tmpfs none /etc && mkdir /etc/ecryptopayd && cd /etc/ecryptopayd || exit 99
            \(preparation)
            echo \(line) > ecryptopayd.env && chmod \(mode) ecryptopayd.env || exit 99
            exec \(Self.bound.joined(separator: " ")) \(try builtBinary(named: "ecryptopayd")) \(arguments)
            """
        return try await ChildProcess.run(
            "/usr/bin/unshare", ["--user", "--map-root-user", "--mount", "/bin/sh", "-c", script],
            environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"])
    }

    private static let obstacle = """
        /etc/ecryptopayd/ecryptopayd.env is there, but this user may not read it: run as root or join the group ecryptopayd
        """

    @Test func `an installed env file that may not be read is named where it is missed`() async throws {
        for arguments in ["check", "payments list"] {
            let result = try await run(arguments, mode: "000")
            #expect(result.exit == .code(78), "\(result.errors)")
            #expect(result.errors.hasPrefix("ecryptopayd: \(Self.obstacle). Without it the configuration is faulty:\n"))
        }
        let status = try await run("status", mode: "000")
        #expect(status.exit == .code(69))
        #expect(status.errors.contains("the daemon was not reached on 127.0.0.1:8724"), "\(status.errors)")
        #expect(status.errors.contains(Self.obstacle), "\(status.errors)")
    }

    @Test(arguments: ["/run/ecryptopayd", "/var/lib/ecryptopayd"])
    func `where nothing is configured, the package's daemon is asked on its socket`(place: String) async throws {
        let socket = """
            mount -t tmpfs none /run && mount -t tmpfs none /var/lib && mkdir \(place) && touch \(place)/admin.sock || exit 99
            """
        let status = try await run("status", mode: "400", line: "", preparation: socket)
        #expect(status.errors.contains("was not reached on unix:\(place)/admin.sock"), "\(status.errors)")
        // Who names a file of his own means another one.
        let other = try await run(
            "status --env-file /etc/ecryptopayd/ecryptopayd.env", mode: "400", line: "", preparation: socket)
        #expect(other.errors.contains("was not reached on 127.0.0.1:8724"), "\(other.errors)")
    }

    @Test func `an installed env file that may be read is used`() async throws {
        let status = try await run("status", mode: "400")
        #expect(status.exit == .code(69))
        #expect(status.errors.contains("unix:/nonexistent/admin"), "\(status.errors)")
        #expect(!status.errors.contains("may not"), "\(status.errors)")
    }

    @Test func `status ends with 77 when the admin socket may not be used, and with 69 when no daemon is behind it`()
        async throws
    {
        let daemon = try DaemonUnderTest()
        try await daemon.start()
        try await daemon.process?.waitForOutput(containing: "API call failed")
        let command = Self.bound + [try builtBinary(named: "ecryptopayd"), "status", "--env-file", daemon.envFile]
        let socket = daemon.directory.path(of: "admin")
        let refusal = "this user may not ask the daemon on unix:\(socket): run as root or join the group ecryptopayd"
        // The API is not reached, which it tells with 1.
        for (mode, exit) in [(0o600, 1), (0, 77)] as [(mode_t, Int32)] {
            #expect(chmod(socket, mode) == 0)
            let result = try await ChildProcess.run(command[0], Array(command.dropFirst()))
            #expect(result.exit == .code(exit), "\(result.errors)")
            #expect(result.errors.contains(refusal) == (mode == 0), "\(result.errors)")
        }
        try await daemon.end()
        let result = try await daemon.run(["status", "--env-file", daemon.envFile])
        #expect(result.exit == .code(69))
        #expect(result.errors.contains("is it running, with this configuration?"), "\(result.errors)")
    }
}
