import Glibc
import POSIX
import TestSupport
import Testing

/// What a compromised daemon account leaves for root: links in its directories, and in their place.
@Suite(.serialized, .enabled(if: geteuid() == 0, "only root can be tricked so"))
struct PlantedLinkTests {
    /// Nobody, in the daemon's place.
    private static let other: uid_t = 65_534
    private let daemon: DaemonUnderTest
    /// Root's own, with nothing in it.
    private let vault: String
    /// The daemon's.
    private let home: String

    init() throws {
        daemon = try DaemonUnderTest()
        chmod(daemon.directory.path, 0o711)
        vault = try daemon.directory.makeDirectory("vault")
        home = try daemon.directory.makeDirectory("home")
        chown(home, Self.other, Self.other)
    }

    private static let prune = ["prune", "--keep", "0d"]

    /// A journal of two segments of which the first can go.
    private func write(to directory: String, owner: uid_t) throws {
        var journal = CraftedJournal()
        for (name, first) in [(CraftedJournal.first, 1), (CraftedJournal.second, 5)] as [(String, Int64)] {
            journal.segments[name] = (first..<first + 4).map {
                $0 == 2 ? CraftedJournal.baseline($0) : CraftedJournal.opened($0)
            }
        }
        try journal.write(to: daemon)
        _ = try check("rename") { rename(daemon.journalDirectory, directory) }
        for name in try FileCalls.names(in: directory).map({ "\(directory)/\($0)" }) + [directory] {
            _ = try check("chown", name) { chown(name, owner, owner) }
        }
    }

    private func plant(_ link: String, to target: String) throws {
        _ = try check("symlink", link) { symlink(target, link) }
        _ = try check("lchown", link) { lchown(link, Self.other, Self.other) }
    }

    private func journal(_ arguments: [String], _ directory: String) async throws -> ChildProcess.Result {
        try await daemon.run(["journal"] + arguments + ["--directory", directory])
    }

    private func expectRefused(_ result: ChildProcess.Result, _ what: String) {
        #expect(result.exit == .code(77) || result.exit == .code(74), "\(what): \(result)")
        #expect(result.errors.contains("Too many levels of symbolic links"), "\(what): \(result)")
        #expect(result.errors.contains("a symbolic link is not followed here"), "\(what): \(result)")
    }

    private static let files = [
        "lock", "place", "durable", "checkpoint", "segments", "pruned", "dropped", "gaps", "repairing", "copying",
        "backed-up",
        "backup", "scrub", "segments.new", "pruned.new", "backed-up.new", "checkpoint.new",
    ]

    @Test(arguments: files)
    func `no file that root would write is reached through a link`(name: String) async throws {
        // Where it acts as nobody else, root could write anywhere.
        let directory = "\(home)/journal"
        try write(to: directory, owner: 0)
        let file = "\(directory)/\(name)"
        unlink(file)
        try plant(file, to: "\(vault)/made")
        let cut = ["repair", "--accept-gaps", "--yes"]
        for arguments in [Self.prune, cut, ["backup", "\(home)/backup"], ["copy"]] {
            let result =
                arguments == ["copy"]
                ? try await daemon.run(["journal", "copy", directory, "\(home)/copy", "--yes"])
                : try await journal(arguments, directory)
            #expect(try FileCalls.names(in: vault) == [], "\(arguments): \(result)")
        }
        if name == "lock" { expectRefused(try await journal(Self.prune, directory), name) }
    }

    @Test func `a link in the place of a directory is not followed by root`() async throws {
        let (directory, other) = ("\(home)/journal", "\(daemon.directory.path)/elsewhere")
        let spare = "\(daemon.directory.path)/spare"
        for place in [other, spare] { try write(to: place, owner: 0) }
        try plant(directory, to: other)
        try plant("\(home)/backup", to: vault)
        let before = try FileCalls.names(in: other)
        for arguments in [
            Self.prune, ["repair", "--accept-gaps", "--yes"], ["backup", "\(vault)/backup"],
            ["restore", spare, "--replace"],
        ] {
            // A slash behind it has the kernel follow it.
            for directory in [directory, "\(directory)/"] {
                expectRefused(try await journal(arguments, directory), "\(arguments)")
            }
        }
        expectRefused(try await journal(["backup", "\(home)/backup"], other), "a backup")
        #expect(try FileCalls.names(in: other) == before)
        expectRefused(try await daemon.run(["journal", "copy", directory, "\(vault)/copy", "--yes"]), "a copy")
        expectRefused(try await daemon.run(["journal", "copy", other, "\(home)/backup/", "--yes"]), "a copy's target")
        try plant("\(home)/new.new", to: vault)
        expectRefused(try await journal(["restore", other], "\(home)/new"), "what a restore makes")
        #expect(try FileCalls.names(in: vault) == [])
        // Whoever only reads may.
        #expect(try await journal(["verify"], directory).exit == .code(0))
    }

    @Test func `what root does in somebody's directory goes by the directory that it has opened, as its owner`()
        async throws
    {
        let directory = "\(home)/journal"
        try write(to: directory, owner: Self.other)
        for arguments in [
            Self.prune + ["--directory", directory], ["backup", "\(home)/backup", "--directory", directory],
            ["copy", directory, "\(home)/copy", "--yes"],
            ["restore", "\(home)/backup", "--directory", "\(home)/new"],
        ] {
            let trace = daemon.directory.path(of: "trace")
            let result = try await daemon.run(
                through: ["/usr/bin/strace", "-f", "-o", trace, "-e", "trace=%file,setresuid,fchown"],
                ["journal"] + arguments)
            #expect(result.exit == .code(0), "\(arguments): \(result)")
            var isRoot = true
            var opened = false
            for line in String(decoding: try readFile(trace), as: UTF8.self).split(separator: "\n") {
                if line.contains("setresuid(") { isRoot = line.contains("setresuid(-1, 0, -1)") }
                guard isRoot, line.contains("\"\(home)/") else { continue }
                // Looking is no harm; what is opened is, unless it cannot be a link.
                if line.contains("open(") || line.contains("openat(") {
                    opened = true
                    #expect(line.contains("O_NOFOLLOW") && !line.contains("O_CREAT"), "\(arguments): \(line)")
                }
                for call in ["mkdir", "chown", "chmod", "creat", "link", "symlink"] {
                    #expect(!line.contains(" \(call)"), "\(arguments): \(line)")
                }
            }
            #expect(opened, "\(arguments)")
        }
    }
}
