import Glibc
import JSON
import POSIX
import TestSupport
import Testing

/// The README's section about backups, as an operator follows it: the commands run one after the other, where nothing is but they. systemd's part
/// is played by a script; `Tests/System` has the real one.
@Suite(.ownThread) struct ReadmeTests {
    /// The lines of all its shell blocks.
    private func commands() throws -> [String] {
        let readme = String(decoding: try readFile("\(repository)/README.md"), as: UTF8.self)
        let section = try #require(
            readme.text(between: "## Back up, restore, move to another server\n", and: "\n## "))
        return section.split(separator: "```sh\n").dropFirst().flatMap { block in
            block.prefix(upTo: block.ranges(of: "```").first?.lowerBound ?? block.endIndex).split(separator: "\n")
        }.map(String.init)
    }

    @Test func `every command of the section on backups does what it says`() async throws {
        let daemon = try await JournalBackupTests.journal()
        let binary = try builtBinary(named: "ecryptopayd")
        let commands = try commands()
        #expect(commands.count > 12 && commands.contains { $0.hasPrefix("ecryptopayd journal restore") })
        let programs = try daemon.directory.makeDirectory("programs")
        // Each is another user's or another machine's.
        for name in ["systemctl", "chown"] {
            try daemon.directory.write("#!/bin/sh\n", to: "programs/\(name)", mode: 0o755)
        }
        try daemon.directory.write(
            "#!/bin/sh\nexec mkdir -p -m 700 /var/lib/ecryptopayd\n", to: "programs/install", mode: 0o755)
        try daemon.directory.write("#!/bin/sh\nexec \(binary) \"$@\"\n", to: "programs/ecryptopayd", mode: 0o755)
        var script = """
            set -ex
            for place in /var/lib /mnt /run; do mount -t tmpfs none $place; done
            mkdir -p /var/lib/ecryptopayd && cp -a \(daemon.journalDirectory) /var/lib/ecryptopayd/journal
            export PATH=\(programs):$PATH

            """
        for command in commands {
            // The other server has nothing yet.
            if command.hasPrefix("install ") { script += "rm -r /var/lib/ecryptopayd\n" }
            script += "\(command)\n"
            if command.contains("restored.conf") && command.hasPrefix("printf") {
                script += "cat /run/systemd/system/ecryptopayd.service.d/restored.conf\n"
            }
        }
        script += "ecryptopayd journal verify --directory /var/lib/ecryptopayd/journal"
        let result = try await ChildProcess.run(
            "/usr/bin/unshare", ["--user", "--map-root-user", "--mount", "/bin/sh", "-c", script],
            environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"], workingDirectory: daemon.directory.path)
        #expect(result.exit == .code(0), "\(result)")
        let lines = result.output.split(separator: "\n")
        let records = try daemon.journal().count
        #expect(lines.first?.hasPrefix("\(records) records up to \(records), ") == true, "\(result)")
        #expect(lines.last?.hasPrefix("\(records) good records") == true, "\(result)")
        #expect(
            lines.contains { $0.hasPrefix("the journal that was there is in /var/lib/ecryptopayd/journal.replaced-") })
        // What the daemon is started with once is a command line that it knows.
        let start = try #require(lines.first { $0.hasPrefix("ExecStart=/usr/bin/ecryptopayd ") })
        let arguments = start.split(separator: " ").dropFirst().map(String.init)
        #expect(arguments.contains("--restored"))
        let known = try await daemon.run(arguments + ["--help"])
        #expect(known.exit == .code(0), "\(known)")
    }

    @Test func `the drop-in for another directory is one that the unit takes`() async throws {
        let readme = String(decoding: try readFile("\(repository)/README.md"), as: UTF8.self)
        let dropIn = try #require(readme.text(between: "```ini\n[Service]\nEnvironment=ECRYPTOPAYD_BACKUP", and: "```"))
        #expect(dropIn == "=/mnt/backup\nReadWritePaths=/mnt/backup\n")
        let unit = String(
            decoding: try readFile("\(repository)/deploy/systemd/ecryptopayd-backup.service"), as: UTF8.self)
        #expect(unit.contains("\nEnvironment=ECRYPTOPAYD_BACKUP=/var/lib/ecryptopayd-backup\n"))
        #expect(unit.contains(" journal backup ${ECRYPTOPAYD_BACKUP} "))
    }
}

extension String {
    /// What stands between two texts, the first time.
    fileprivate func text(between start: String, and end: String) -> String? {
        guard let first = ranges(of: start).first, let last = self[first.upperBound...].ranges(of: end).first else {
            return nil
        }
        return String(self[first.upperBound..<last.lowerBound])
    }
}
