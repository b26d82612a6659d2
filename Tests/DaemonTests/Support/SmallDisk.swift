import Glibc
import TestSupport
import Testing

/// A file system of a daemon's own for its journal, with the size and the number of files that a test gives it: in a mount namespace of
/// its own, and seen from here through the process's root.
final class SmallDisk {
    private static let path = ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"]

    private let daemon: DaemonUnderTest
    private let options: String
    private let directory: String
    private(set) var process: ChildProcess?

    /// With the options that mount(8) has for a tmpfs.
    init(_ daemon: DaemonUnderTest, options: String) throws {
        self.daemon = daemon
        self.options = options
        directory = try daemon.directory.makeDirectory("small")
        try daemon.set("ECRYPTOPAY_JOURNAL", "\(directory)/journal")
    }

    /// The journal's directory, as this process sees it while the daemon runs.
    var visibleJournal: String { "/proc/\(process?.pid ?? 0)/root\(directory)/journal" }

    /// Starts the daemon on it, behind what a shell is to do there first. Does not wait.
    @discardableResult
    func launch(after command: String = "true", environment: [String: String] = [:]) throws -> ChildProcess {
        let binary = try builtBinary(named: "ecryptopayd")
        let script = """
            mount -t tmpfs -o \(options) none \(directory) && cd \(directory) && \(command) &&
            cd / && exec \(binary) serve --env-file \(daemon.envFile)
            """
        let process = try ChildProcess(
            "/usr/bin/unshare", ["--user", "--map-root-user", "--mount", "/bin/sh", "-c", script],
            environment: environment.merging(Self.path) { $1 },
            sockets: [.init(name: "webhook", descriptor: daemon.listeningDescriptor)])
        self.process = process
        return process
    }

    /// The same, and waits until it listens.
    func start() async throws { try await launch().waitForOutput(containing: "listening on") }

    /// Changes the options while the daemon runs.
    func remount(_ options: String) async throws {
        try await run("mount -o remount,\(options) \(directory)")
    }

    /// Runs a shell's command where the daemon sees the file system.
    func run(_ command: String) async throws {
        let result = try await ChildProcess.run(
            "/usr/bin/nsenter",
            ["--target", "\(process?.pid ?? 0)", "--user", "--mount", "/bin/sh", "-c", command], environment: Self.path)
        #expect(result.exit == .code(0), "\(result.errors)")
    }

    /// Ends the daemon and waits for the end.
    func end() async throws -> ChildProcess.Exit? {
        process?.signal(SIGTERM)
        return try await process?.waitForExit()
    }
}
