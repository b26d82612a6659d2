import Glibc
import TestSupport
import Testing

/// The systemd units in `deploy/`, judged by systemd itself. What they do is seen in `Tests/System`, where they are installed.
@Suite(.ownThread) struct UnitsTests {
    private let directory: TemporaryDirectory

    /// Writes the units, with the one path in them that leads to a test's binary.
    init() async throws {
        directory = try TemporaryDirectory()
        let result = try await ChildProcess.run("/bin/sh", ["\(repository)/deploy/units", directory.path])
        #expect(result.exit == .code(0), "\(result.errors)")
        for unit in try directory.names() where unit.hasSuffix(".service") {
            let text = try directory.readText(unit)
            let parts = text.split(separator: "=/usr/bin/ecryptopayd ", omittingEmptySubsequences: false)
            #expect(parts.count == 2)
            _ = try directory.write(
                parts.joined(separator: "=\(try builtBinary(named: "ecryptopayd")) "), to: unit)
        }
    }

    private func analyze(_ arguments: [String]) async throws -> ChildProcess.Result {
        try await ChildProcess.run(
            "/usr/bin/systemd-analyze", arguments,
            // The colon at the end: beside the system's own.
            environment: ["SYSTEMD_UNIT_PATH": "\(directory.path):", "SYSTEMD_COLORS": "0", "LC_ALL": "C.UTF-8"])
    }

    @Test func `every unit has a template, and systemd finds no fault with either`() async throws {
        let units = try directory.names().sorted()
        #expect(
            units == [
                "ecryptopayd-admin.socket", "ecryptopayd-admin@.socket", "ecryptopayd-backup.service",
                "ecryptopayd-backup.timer", "ecryptopayd-backup@.service", "ecryptopayd-backup@.timer",
                "ecryptopayd.service", "ecryptopayd.socket", "ecryptopayd@.service", "ecryptopayd@.socket",
            ])
        let result = try await analyze(["verify", "--man=no"] + units.map { directory.path(of: $0) })
        #expect(result.exit == .code(0))
        #expect(result.output + result.errors == "")
    }

    @Test(arguments: ["", "@", "-backup", "-backup@"].map { "ecryptopayd\($0).service" })
    func `systemd rates the units' sandboxing 1.1 or better`(unit: String) async throws {
        let result = try await analyze([
            "security", "--offline=true", "--threshold=11", directory.path(of: unit),
        ])
        #expect(result.exit == .code(0), "\(result.output.split(separator: "\n").last ?? "")\(result.errors)")
        #expect(result.output.contains("Overall exposure level"))
    }

    @Test func `every file, directory and socket of an instance has its name`() throws {
        let single = try places(in: [
            "ecryptopayd.service", "ecryptopayd.socket", "ecryptopayd-admin.socket", "ecryptopayd-backup.service",
        ])
        let template = try places(in: [
            "ecryptopayd@.service", "ecryptopayd@.socket", "ecryptopayd-admin@.socket", "ecryptopayd-backup@.service",
        ])
        #expect(single.count == 13)
        #expect(template.count == single.count)
        #expect(template.allSatisfy { $0.contains("%i") }, "\(template)")
    }

    /// What stands behind each directive that names a file, a directory or another unit.
    private func places(in units: [String]) throws -> [String] {
        try units.flatMap { unit in
            try directory.readText(unit).split(separator: "\n").filter { line in
                ["Sockets=", "Also=", "Service=", "ListenStream=", "StateDirectory=", "Environment=", "After=ecry"]
                    .contains { line.hasPrefix($0) }
                    || line.contains("--env-file")
            }.map(String.init)
        }
    }
}
