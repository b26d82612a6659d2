import Glibc
import JournalFormat
import POSIX
import TestSupport
import Testing

/// Every way in which a journal can be bad input, on the real binary: what the start says, what `verify` says, and that the
/// mend which `verify` names is one.
@Suite(.serialized) struct DamagedJournalTests {
    private func verify(_ daemon: DaemonUnderTest) async throws -> ChildProcess.Result {
        try await daemon.run(["journal", "verify", "--directory", daemon.journalDirectory])
    }

    private func content(_ daemon: DaemonUnderTest) throws -> [[UInt8]] {
        try daemon.directory.names(in: "journal").filter { $0 != "lock" }.map {
            try daemon.directory.read("journal/\($0)")
        }
    }

    /// A daemon whose journal this is.
    private func daemon(_ journal: CraftedJournal) throws -> DaemonUnderTest {
        let daemon = try DaemonUnderTest()
        try journal.write(to: daemon)
        return daemon
    }

    private func expectRefusal(_ daemon: DaemonUnderTest, _ text: String) async throws {
        let before = try content(daemon)
        try daemon.launch()
        #expect(try await daemon.process?.waitForExit() == .code(65))
        let errors = try #require(daemon.process?.errors)
        #expect(errors.contains("ECRYPTOPAY_JOURNAL=\(daemon.journalDirectory): "), "\(errors)")
        #expect(errors.contains(text), "\(errors)")
        #expect(try content(daemon) == before, "nothing is changed")
    }

    /// Starts it, and has it accept a report.
    private func expectService(_ daemon: DaemonUnderTest) async throws {
        try await daemon.start()
        #expect(try daemon.post(DaemonUnderTest.report(99)).status == 200)
        try await daemon.end()
        #expect(try daemon.payments("received").last == 99)
        let verified = try await verify(daemon)
        #expect(verified.exit == .code(0), "\(verified.errors)")
    }

    @Test func `the crafted journal is whole, and a daemon serves on it, as long as nothing is damaged`() async throws {
        let daemon = try daemon(CraftedJournal())
        #expect(try await verify(daemon).exit == .code(0))
        try await expectService(daemon)
    }

    @Test(arguments: Damage.all)
    func `damage is told with its place, by the start and by verify, and can be mended as they say`(
        damage: Damage
    ) async throws {
        let daemon = try daemon(damage.journal)
        if case .restart = damage.hint {} else { try await expectRefusal(daemon, damage.start) }
        let verified = try await verify(daemon)
        #expect(verified.exit == .code(65))
        #expect(verified.output.contains("the journal is damaged"))
        #expect(verified.errors.hasPrefix(damage.finding), "\(verified.errors)")
        switch damage.hint {
        case .restart:
            #expect(verified.errors.contains("a torn tail, which the next start of the daemon sets aside by itself"))
            try await expectService(daemon)
            #expect(daemon.process?.errors.contains(damage.start) == true)
        case .version:
            #expect(verified.errors.contains("if a later version of ecryptopayd wrote it, use that version"))
            for command in ["cat", "stats"] {
                let result = try await daemon.run(["journal", command, "--directory", daemon.journalDirectory])
                #expect(result.exit == .code(65), "\(command)")
                #expect(result.errors.contains(damage.finding), "\(command): \(result.errors)")
            }
            let before = try content(daemon)
            let pruned = try await daemon.run(
                ["journal", "prune", "--keep", "0d", "--directory", daemon.journalDirectory])
            #expect(pruned.exit == .code(65), "\(pruned.errors)")
            #expect(try content(daemon) == before)
        case .name(let old, let new):
            #expect(verified.errors.contains("give it back the name \(old)"))
            _ = try check("rename") {
                rename("\(daemon.journalDirectory)/\(new)", "\(daemon.journalDirectory)/\(old)")
            }
            try await expectService(daemon)
        case .repair:
            let line = try #require(verified.errors.split(separator: "\n").last)
            let words = line.split(separator: " ").map(String.init)
            #expect(words.starts(with: ["ecryptopayd", "journal", "repair"]))
            let repaired = try await daemon.run(words.dropFirst() + ["--yes"])
            #expect(repaired.exit == .code(0), "\(repaired.errors)")
            #expect(try await verify(daemon).exit == .code(0))
            try await expectService(daemon)
        }
    }

    @Test func `a journal of which nothing is left but what it had synced is not taken for a new one`() async throws {
        var journal = CraftedJournal()
        journal.segments = [:]
        let daemon = try daemon(journal)
        try await expectRefusal(
            daemon, "\(CraftedJournal.first) at byte 0: record 1 is missing")
        for command in ["verify", "cat", "stats"] {
            let result = try await daemon.run(["journal", command, "--directory", daemon.journalDirectory])
            #expect(result.exit == .code(65))
            #expect(result.errors.contains("every segment of the journal in \(daemon.journalDirectory) is gone"))
            #expect(result.errors.contains("records up to 12 had been synced; restore them from a backup"))
        }
        // As the last resort that the start has named.
        #expect(daemon.process?.errors.contains("journal repair --segment \(CraftedJournal.first) --at 0") == true)
        let repaired = try await daemon.run([
            "journal", "repair", "--directory", daemon.journalDirectory, "--segment", CraftedJournal.first, "--at", "0",
            "--yes",
        ])
        #expect(repaired.exit == .code(0), "\(repaired.errors)")
        try await expectService(daemon)
    }

    @Test(arguments: [CraftedJournal.second, CraftedJournal.last])
    func `a directory with a segment's name is named, by the start and by verify`(name: String) async throws {
        var journal = CraftedJournal()
        journal.segments[name] = nil
        let daemon = try daemon(journal)
        try daemon.directory.makeDirectory("journal/\(name)")
        try daemon.launch()
        #expect(try await daemon.process?.waitForExit() == .code(74))
        let finding =
            "\(daemon.journalDirectory)/\(name): Is a directory; a directory has the name of a file: move it away"
        #expect(daemon.process?.errors.contains(finding) == true)
        let verified = try await verify(daemon)
        #expect(verified.exit == .code(74))
        #expect(verified.errors.contains(finding), "\(verified.errors)")
    }

    @Test(.timeLimit(.minutes(5)), arguments: [CraftedJournal.second, CraftedJournal.last])
    func `a named pipe with a segment's name is named, and nobody waits for it`(name: String) async throws {
        var journal = CraftedJournal()
        journal.segments[name] = nil
        let daemon = try daemon(journal)
        #expect(mkfifo("\(daemon.journalDirectory)/\(name)", 0o600) == 0)
        try daemon.launch()
        #expect(try await daemon.process?.waitForExit() == .code(74))
        let finding = "\(daemon.journalDirectory)/\(name): Illegal seek; what has the name of a file is none"
        #expect(daemon.process?.errors.contains(finding) == true, "\(daemon.process?.errors ?? "")")
        let verified = try await verify(daemon)
        #expect(verified.exit == .code(74))
        #expect(verified.errors.contains(finding), "\(verified.errors)")
    }

    @Test func `on a read-only file system a journal can be read, and not be written`() async throws {
        let daemon = try daemon(CraftedJournal())
        let small = try daemon.directory.makeDirectory("small")
        try daemon.set("ECRYPTOPAY_JOURNAL", "\(small)/journal")
        let binary = try builtBinary(named: "ecryptopayd")
        // A file system of its own, in a mount namespace of its own.
        let script = """
            mount -t tmpfs none \(small) && cp -r \(daemon.journalDirectory) \(small) && mount -o remount,ro \(small) || exit 99
            for command in verify "cat --kind received" stats "prune --keep 0d"; do
                \(binary) journal $command --directory \(small)/journal
                echo "exit $?"
            done
            exec \(binary) serve --env-file \(daemon.envFile)
            """
        let process = try ChildProcess(
            "/usr/bin/unshare", ["--user", "--map-root-user", "--mount", "/bin/sh", "-c", script],
            environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"])
        #expect(try await process.waitForExit() == .code(74))
        let lines = process.output.split(separator: "\n")
        #expect(lines.filter { $0.hasPrefix("exit ") } == ["exit 0", "exit 0", "exit 0", "exit 74"])
        #expect(lines.count { $0.contains(#""kind":"received""#) } == 9)
        let finding =
            "\(small)/journal: Read-only file system; mount the file system for writing, or name a directory elsewhere"
        #expect(process.errors.split(separator: "\n").count { $0.contains(finding) } == 2, "\(process.errors)")
        #expect(process.errors.contains("ECRYPTOPAY_JOURNAL=\(small)/journal cannot be used: "))
    }
}
