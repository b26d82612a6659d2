import Glibc
import JSON
import TestSupport
import Testing

/// A disk that is set back to a snapshot, with the machine's id and every inode as they were: nothing shows it.
struct SnapshotTests {
    private func shell(_ command: String, _ daemon: DaemonUnderTest) async throws {
        let result = try await ChildProcess.run(
            "/bin/sh", ["-c", "cd \(daemon.directory.path) && \(command)"],
            environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"])
        try #require(result.exit == .code(0), "\(command): \(result.errors)")
    }

    /// What the daemon has confirmed and given a number since a record, by payment.
    private func numbers(_ daemon: DaemonUnderTest) throws -> [Int64: Int64] {
        try daemon.journal(in: "disk/journal").filter { $0["kind"]?.string == "confirmed" }.reduce(into: [:]) {
            $0[$1["payment"]?.integer ?? 0] = $1["seq"]?.integer
        }
    }

    /// Only root mounts a disk.
    @Test(.enabled(if: geteuid() == 0))
    func `a disk image that is set back to a snapshot is gone on with behind all numbers, when an operator says so`()
        async throws
    {
        let sandbox = try await SandboxProcess.start()
        let daemon = try DaemonUnderTest(account: sandbox.settings)
        _ = try daemon.directory.makeDirectory("disk")
        try await shell("truncate -s 64M image && mkfs.ext4 -q image && mount -o loop image disk", daemon)
        do { try await setBack(daemon, sandbox) } catch {
            _ = try? await daemon.end(SIGKILL)
            try? await shell("umount disk", daemon)
            throw error
        }
        try await shell("umount disk", daemon)
    }

    private func setBack(_ daemon: DaemonUnderTest, _ sandbox: SandboxProcess) async throws {
        let environment = ["ECRYPTOPAY_JOURNAL": daemon.directory.path(of: "disk/journal")]
        func pay() async throws -> Int64 {
            let id = try sandbox.create()
            try sandbox.move(id, to: "paid")
            try #require(try daemon.post(DaemonUnderTest.report(id)).status == 200)
            try await eventually("payment \(id) is confirmed") { try numbers(daemon)[id] != nil }
            return id
        }
        try await daemon.start(environment: environment)
        try await eventually("the baseline is complete") {
            try daemon.journal(in: "disk/journal").contains { $0["kind"]?.string == "baseline" }
        }
        let first = try await pay()
        // As of one instant, while the daemon runs.
        try await shell("fsfreeze --freeze disk && cp image snapshot; fsfreeze --unfreeze disk", daemon)
        let lost = try await pay()
        let given = try #require(try numbers(daemon)[lost])
        for options in [["--restored"], []] {
            try await daemon.end()
            // Into another file: the system may let go of the first one later.
            try await shell("umount disk && rm image && cp snapshot image && mount -o loop image disk", daemon)
            try #require(try numbers(daemon).keys.sorted() == [first])
            try await daemon.start(environment: environment, options: options)
            try await eventually("what changed since is found") { try numbers(daemon)[lost] != nil }
            let number = try #require(try numbers(daemon)[lost])
            // Without the word nothing can be seen, which this is to show.
            #expect(options.isEmpty ? number <= given : number > given + 1 << 32)
            #expect(try numbers(daemon)[first].map { $0 < given } == true)
            #expect((try daemon.status()["journal"]?["restored"]?["after"]?.integer != nil) == !options.isEmpty)
            let verified = try await daemon.run([
                "journal", "verify", "--directory", daemon.directory.path(of: "disk/journal"),
            ])
            #expect(verified.exit == .code(0), "\(verified.errors)")
        }
        try await daemon.end()
    }
}
