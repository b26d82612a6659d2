import Glibc
import POSIX
import TestSupport
import Testing

/// A journal that the file modes keep from the daemon or from a command.
@Suite(.serialized) struct JournalPermissionTests {
    private static let segment = "00000000000000000001.jsonl"

    /// For the superuser, what makes the modes bind: the program keeps the user and loses the right to pass over them.
    private static let bound =
        geteuid() == 0
        ? [
            "/usr/bin/setpriv", "--bounding-set=-dac_override,-dac_read_search",
            "--inh-caps=-dac_override,-dac_read_search",
        ] : []

    private func run(_ daemon: DaemonUnderTest, _ arguments: [String]) async throws -> ChildProcess.Result {
        let command = Self.bound + [try builtBinary(named: "ecryptopayd"), "journal"] + arguments
        return try await ChildProcess.run(
            command[0], command.dropFirst() + ["--directory", daemon.journalDirectory])
    }

    /// A daemon with a journal of one report.
    private func stopped() async throws -> DaemonUnderTest {
        let daemon = try DaemonUnderTest()
        try await daemon.start()
        #expect(try daemon.post(DaemonUnderTest.report(1)).status == 200)
        try await daemon.end()
        return daemon
    }

    private func setMode(_ mode: mode_t, _ path: String) throws {
        _ = try check("chmod", path) { chmod(path, mode) }
    }

    /// Starts the daemon, which must refuse; returns what it said.
    private func refusal(_ daemon: DaemonUnderTest) async throws -> String {
        let listener = try NotifyListener(path: daemon.directory.path(of: "notify"))
        defer { unlink(listener.path) }
        try daemon.launch(environment: ["NOTIFY_SOCKET": listener.path], through: Self.bound)
        #expect(try await daemon.process?.waitForExit() == .code(77))
        #expect(try listener.next().hasPrefix("ERRNO=\(EACCES)\nSTATUS=ECRYPTOPAY_JOURNAL="))
        return try #require(daemon.process?.errors)
    }

    @Test func `a segment that may not be read is named, by the daemon and by every command`() async throws {
        let daemon = try await stopped()
        let path = "\(daemon.journalDirectory)/\(Self.segment)"
        try setMode(0, path)
        let errors = try await refusal(daemon)
        #expect(errors.contains("openat \(path): Permission denied; let this user (id \(geteuid())) read and write"))
        for command in [["verify"], ["cat"], ["stats"], ["follow", "--after", "0"]] {
            let result = try await run(daemon, command)
            #expect(result.exit == .code(77), "\(command): \(result.errors)")
            #expect(result.errors.contains("\(path): Permission denied; run this as a user who may read it"))
            #expect(result.output == "")
        }
        try setMode(0o600, path)
        try await daemon.start(through: Self.bound)
        #expect(try daemon.post(DaemonUnderTest.report(2)).status == 200)
        try await daemon.end()
        #expect(try daemon.payments("received") == [1, 2])
    }

    @Test func `a directory in which no file may be made stops the start, not the next segment`() async throws {
        let daemon = try await stopped()
        try setMode(0o500, daemon.journalDirectory)
        let errors = try await refusal(daemon)
        #expect(errors.contains(" \(daemon.journalDirectory): Permission denied; let this user"), "\(errors)")
        for command in [["prune", "--keep", "0d"], ["repair", "--segment", Self.segment, "--at", "0"]] {
            let result = try await run(daemon, command)
            #expect(result.exit == .code(77), "\(result.errors)")
            #expect(result.errors.contains(" \(daemon.journalDirectory): Permission denied; let this user"))
        }
        #expect(try await run(daemon, ["verify"]).exit == .code(0), "reading is allowed")
        try setMode(0o700, daemon.journalDirectory)
        try await daemon.start(through: Self.bound)
        try await daemon.end()
        #expect(try daemon.payments("received") == [1])
    }

    @Test func `a journal that may not be made says who would have to own it`() async throws {
        let daemon = try DaemonUnderTest()
        let parent = try daemon.directory.makeDirectory("closed")
        try setMode(0o500, parent)
        defer { chmod(parent, 0o700) }
        try daemon.launch(environment: ["ECRYPTOPAY_JOURNAL": "\(parent)/journal"], through: Self.bound)
        #expect(try await daemon.process?.waitForExit() == .code(77))
        let errors = try #require(daemon.process?.errors)
        #expect(errors.contains("mkdir \(parent)/journal: Permission denied; create it, and give it to this user"))
    }

    /// Nobody: in any case another than the one who runs the tests.
    private static let other = (user: uid_t(65_534), group: gid_t(65_534))

    private func expectOwner(_ daemon: DaemonUnderTest, of directory: String = "journal") throws {
        let path = daemon.directory.path(of: directory)
        for name in try daemon.directory.names(in: directory) + ["."] {
            let owner = try Identity.owner(of: "\(path)/\(name)")
            #expect(owner.user == Self.other.user && owner.group == Self.other.group, "\(name) belongs to \(owner)")
        }
    }

    private func give(_ path: String) throws {
        _ = try check("chown", path) { chown(path, Self.other.user, Self.other.group) }
    }

    @Test(.enabled(if: geteuid() == 0, "only root can act as another user"))
    func `what root copies belongs to the owner of the directory, or of the one that it is made in`() async throws {
        let daemon = try DaemonUnderTest()
        try CraftedJournal().write(to: daemon)
        try setMode(0o711, daemon.directory.path)
        for name in ["there", "parent"] { try give(daemon.directory.makeDirectory(name)) }
        let copy = { (from: String, to: String) in
            ["journal", "copy", daemon.directory.path(of: from), daemon.directory.path(of: to), "--yes"]
        }
        // From root's own, to theirs; and from theirs, to root's directory.
        for (from, to) in [("journal", "there"), ("journal", "parent/new"), ("there", "new")] {
            let result = try await daemon.run(copy(from, to))
            #expect(result.exit == .code(0), "\(from) to \(to): \(result.errors)")
            try expectOwner(daemon, of: to)
        }
        #expect(try Identity.owner(of: daemon.journalDirectory).user == 0)
        for name in try daemon.directory.names(in: "journal") {
            #expect(try Identity.owner(of: "\(daemon.journalDirectory)/\(name)").user == 0)
        }
        #if PostgreSQL
            let server = try await PostgreSQLServer()
            for name in ["there again", "parent again"] { try give(daemon.directory.makeDirectory(name)) }
            let filled = try await daemon.run(["journal", "copy", daemon.journalDirectory, server.url(), "--yes"])
            #expect(filled.exit == .code(0), "\(filled)")
            for to in ["there again", "parent again/new"] {
                let result = try await daemon.run([
                    "journal", "copy", server.url(), daemon.directory.path(of: to), "--yes",
                ])
                #expect(result.exit == .code(0), "\(to): \(result.errors)")
                try expectOwner(daemon, of: to)
            }
        #endif
    }

    @Test(.enabled(if: geteuid() == 0, "only root can act as another user"))
    func `what root backs up and restores belongs to the owner of the directory, or of the one that it is made in`()
        async throws
    {
        let daemon = try DaemonUnderTest()
        try CraftedJournal().write(to: daemon)
        try setMode(0o711, daemon.directory.path)
        for name in ["there", "parent"] { try give(daemon.directory.makeDirectory(name)) }
        for (arguments, to) in [
            (["backup", "there", "--directory", "journal"], "there"),
            (["backup", "parent/new", "--directory", "journal"], "parent/new"),
            (["restore", "there", "--directory", "parent/journal"], "parent/journal"),
            // From theirs, to root's directory.
            (["backup", "backup", "--directory", "parent/journal"], "backup"),
            (["restore", "backup", "--directory", "parent/journal", "--replace"], "parent/journal"),
        ] {
            let result = try await daemon.run(["journal"] + arguments)
            #expect(result.exit == .code(0) && result.errors == "", "\(arguments): \(result)")
            try expectOwner(daemon, of: to)
        }
        #expect(try Identity.owner(of: "\(daemon.journalDirectory)/backed-up").user == 0)
    }

    @Test func `a backup to where nothing may be written is refused`() async throws {
        let daemon = try await stopped()
        for (mode, name) in [(0o700, "backup"), (0o500, "backup"), (0o500, "closed")] as [(mode_t, String)] {
            if name == "closed" { try daemon.directory.makeDirectory(name) }
            if mode == 0o500 { try setMode(mode, daemon.directory.path(of: name)) }
            let result = try await run(daemon, ["backup", daemon.directory.path(of: name)])
            #expect(result.exit == .code(mode == 0o700 ? 0 : 77), "\(result)")
            if mode == 0o500 { #expect(result.errors.contains("Permission denied; hint: let this user")) }
        }
        try setMode(0o700, daemon.directory.path(of: "backup"))
    }

    @Test(.enabled(if: geteuid() == 0, "only root can act as another user"))
    func `what root prunes and repairs still belongs to the journal's owner`() async throws {
        let daemon = try DaemonUnderTest()
        var journal = CraftedJournal()
        // Segments in which nothing waits, so that they can go.
        for (name, first) in [(CraftedJournal.first, 1), (CraftedJournal.second, 5)] as [(String, Int64)] {
            journal.segments[name] = (first..<first + 4).map {
                $0 == 2 ? CraftedJournal.baseline($0) : CraftedJournal.opened($0)
            }
        }
        try journal.write(to: daemon)
        // Whoever comes from elsewhere must get there.
        try setMode(0o711, daemon.directory.path)
        for path in [daemon.journalDirectory]
            + (try daemon.directory.names(in: "journal").map { "\(daemon.journalDirectory)/\($0)" })
        {
            _ = try check("chown", path) { chown(path, Self.other.user, Self.other.group) }
        }
        let cut = ["repair", "--segment", CraftedJournal.last, "--at", "\(journal.offset(CraftedJournal.last, 3))"]
        for arguments in [["prune", "--keep", "0d"], cut + ["--yes"]] {
            let result = try await daemon.run(["journal"] + arguments + ["--directory", daemon.journalDirectory])
            #expect(result.exit == .code(0) && !result.output.isEmpty, "\(arguments): \(result.errors)")
            try expectOwner(daemon)
        }
        let names = try daemon.directory.names(in: "journal")
        #expect(names.contains("lock") && names.contains { $0.contains(".cut-") }, "\(names)")
        #expect(!names.contains(CraftedJournal.first), "\(names)")
    }

    @Test(.enabled(if: geteuid() == 0, "only root can act as another user"))
    func `root without the right to act as the journal's owner is told so, and changes nothing`() async throws {
        let daemon = try DaemonUnderTest()
        try CraftedJournal().write(to: daemon)
        let path = daemon.journalDirectory
        _ = try check("chown", path) { chown(path, Self.other.user, Self.other.group) }
        let before = try daemon.directory.names(in: "journal")
        let result = try await ChildProcess.run(
            "/usr/bin/setpriv",
            [
                "--bounding-set=-setuid,-setgid", "--inh-caps=-setuid,-setgid", try builtBinary(named: "ecryptopayd"),
                "journal", "prune", "--keep", "0d", "--directory", path,
            ])
        #expect(result.exit == .code(77))
        #expect(result.errors.contains("belongs to the user with the id 65534"), "\(result.errors)")
        #expect(try daemon.directory.names(in: "journal") == before)
    }
}
