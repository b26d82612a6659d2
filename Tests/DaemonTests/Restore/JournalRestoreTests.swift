import Glibc
import JSON
import JournalFormat
import POSIX
import TestSupport
import Testing

/// `journal restore` of what `journal backup` or any other tool has copied.
@Suite(.ownThread) struct JournalRestoreTests {
    /// A journal and its backup. The daemon has ended.
    private func backedUp() async throws -> DaemonUnderTest {
        let daemon = try await JournalBackupTests.journal()
        let result = try await daemon.run(["journal", "backup", "backup", "--directory", daemon.journalDirectory])
        #expect(result.exit == .code(0), "\(result)")
        return daemon
    }

    private func restore(
        _ daemon: DaemonUnderTest, _ from: String = "backup", _ to: String = "journal", _ options: [String] = []
    ) async throws -> ChildProcess.Result {
        try await daemon.run(["journal", "restore", from, "--directory", to] + options)
    }

    private func shell(_ command: String, _ daemon: DaemonUnderTest) async throws {
        let result = try await ChildProcess.run(
            "/bin/sh", ["-c", "cd \(daemon.directory.path) && \(command)"], environment: ["PATH": "/usr/bin:/bin"])
        #expect(result.exit == .code(0), "\(command): \(result.errors)")
    }

    /// Names and contents of a directory's files.
    private func content(_ daemon: DaemonUnderTest, _ directory: String) throws -> [String: [UInt8]] {
        var content: [String: [UInt8]] = [:]
        for name in try daemon.directory.names(in: directory) {
            content[name] = try daemon.directory.read("\(directory)/\(name)")
        }
        return content
    }

    /// A daemon goes on with it, and knows that it was restored.
    private func expectGoesOn(_ daemon: DaemonUnderTest, _ directory: String = "journal") async throws {
        try await daemon.start(environment: ["ECRYPTOPAY_JOURNAL": daemon.directory.path(of: directory)])
        #expect(try daemon.post(DaemonUnderTest.report(77)).status == 200)
        try await daemon.end()
        #expect(daemon.process?.errors.contains("the journal was restored") == true)
    }

    @Test func `a journal is put back, told, and what was there is kept aside`() async throws {
        let daemon = try await backedUp()
        let segments = try JournalBackupTests.segments(daemon)
        let (bytes, seq) = (segments.values.reduce(0) { $0 + $1.count }, try daemon.journal().count)
        try await daemon.start()
        #expect(try daemon.post(DaemonUnderTest.report(31)).status == 200)
        let running = try await restore(daemon, "backup", "journal", ["--replace"])
        #expect(running.exit == .code(75), "\(running)")
        try await daemon.end()
        let old = try content(daemon, "journal")
        let refused = try await restore(daemon)
        #expect(refused.exit == .code(64) && refused.errors.contains("hint: with --replace"), "\(refused)")
        #expect(try content(daemon, "journal") == old)

        let result = try await restore(daemon, "backup", "journal", ["--replace"])
        #expect(result.exit == .code(0) && result.errors == "", "\(result)")
        let lines = result.output.split(separator: "\n")
        #expect(lines.first?.hasPrefix("\(seq) records up to \(seq), the last one from 2") == true, "\(result)")
        #expect(lines.first?.hasSuffix("Z, \(bytes) bytes in \(daemon.journalDirectory)") == true)
        let aside = try #require(lines.last?.split(separator: "/").last.map(String.init))
        #expect(aside.hasPrefix("journal.replaced-2") && aside.hasSuffix("Z"))
        #expect(lines.last == "the journal that was there is in \(daemon.directory.path)/\(aside)")
        #expect(try content(daemon, aside) == old)
        #expect(try JournalBackupTests.segments(daemon) == segments)
        #expect(try !daemon.directory.names().contains("journal.new"))
        try await expectGoesOn(daemon)
        // The one that was kept is still itself.
        try await daemon.start(environment: ["ECRYPTOPAY_JOURNAL": daemon.directory.path(of: aside)])
        try await daemon.end()
        #expect(daemon.process?.errors.contains("restored") == false)
    }

    @Test func `it goes where nothing is, where it is configured, and from where nothing may be written`() async throws
    {
        let daemon = try await backedUp()
        try daemon.set("ECRYPTOPAY_JOURNAL", daemon.directory.path(of: "configured"))
        try await shell("chmod -R a-w backup; mkdir empty; mkdir used && touch used/lock", daemon)
        for name in ["empty", "used", "new"] {
            #expect(try await restore(daemon, "backup", name).exit == .code(0))
            try await expectGoesOn(daemon, name)
        }
        let result = try await daemon.run(["journal", "restore", "backup", "--env-file", daemon.envFile])
        #expect(result.exit == .code(0), "\(result)")
        #expect(try JournalBackupTests.segments(daemon, "configured") == JournalBackupTests.segments(daemon, "backup"))
        #expect(try daemon.directory.names().allSatisfy { !$0.contains(".new") && !$0.contains(".replaced") })
    }

    @Test(arguments: [
        "cp -r journal copy", "mkdir copy && tar -C journal -cf - . | tar -C copy -xf -", "cp -r backup copy",
    ])
    func `a plain copy is put in place as it is`(_ command: String) async throws {
        let daemon = try await backedUp()
        try await shell("\(command) && mkdir copy/lost+found && rm -f copy/backup copy/place", daemon)
        let result = try await restore(daemon, "copy", "restored")
        #expect(result.exit == .code(0) && result.output.contains("bytes of a plain copy in"), "\(result)")
        #expect(try JournalBackupTests.segments(daemon, "restored") == JournalBackupTests.segments(daemon))
        try await expectGoesOn(daemon, "restored")
    }

    @Test func `a backup that is put in place by hand is a restore too, and a backup no more`() async throws {
        let daemon = try await backedUp()
        try await shell("cp -r backup restored", daemon)
        try await expectGoesOn(daemon, "restored")
        #expect(try !daemon.directory.names(in: "restored").contains("backup"))
        // Also not where an older program has left the file: what came since counts.
        try await shell("cp -r restored copy && cp backup/backup copy/", daemon)
        let result = try await restore(daemon, "copy", "again")
        #expect(result.exit == .code(0) && result.output.contains("bytes of a plain copy in"), "\(result)")
        #expect(try JournalBackupTests.segments(daemon, "again") == JournalBackupTests.segments(daemon, "restored"))
        try await expectGoesOn(daemon, "again")
    }

    @Test(arguments: [
        ("truncate -s 100 %", "has 100 bytes, and not"), ("rm %", "is missing"),
        ("printf x | dd of=% bs=1 seek=3 conv=notrunc", "has other bytes"),
        ("printf x > backup/backup", "that file is damaged"),
    ])
    func `a backup that lies changes nothing`(_ command: String, _ words: String) async throws {
        let daemon = try await backedUp()
        let newest = try #require(try JournalBackupTests.segments(daemon).keys.max())
        try await shell(command.replacing("%", with: "backup/\(newest)"), daemon)
        let (before, names) = (try content(daemon, "journal"), try daemon.directory.names())
        for (to, options) in [("journal", ["--replace"]), ("other", [])] {
            let result = try await restore(daemon, "backup", to, options)
            #expect(result.exit == .code(65) && result.errors.contains(words), "\(result)")
        }
        #expect(try content(daemon, "journal") == before)
        #expect(try daemon.directory.names() == names)
    }

    @Test func `what cannot be restored, or not there, is refused, and nothing is changed`() async throws {
        let daemon = try await backedUp()
        try await shell(
            "mkdir files unfinished half; echo x > files/x; cp backup/0* half; echo x > half/copying", daemon)
        try daemon.directory.write(BackupManifest(journal: "x", time: 0).encode(), to: "unfinished/backup")
        try await shell("mkdir -p in/the/way.new && touch in/the/way.new/x", daemon)
        let names = try daemon.directory.names()
        for (from, to, status, words) in [
            ("none", "new", 66, "No such file"), ("files", "new", 66, "there is no journal"),
            ("unfinished", "new", 65, "the first backup did not come to its end"),
            ("half", "new", 65, "copying it was interrupted"),
            ("backup", "backup", 64, "FROM is the journal's directory"), ("backup", "backup/x", 64, "FROM contains"),
            ("journal/x", "journal", 64, "FROM is in the journal's directory"),
            ("backup", "files", 64, "files of something else"), ("backup", "none/new", 64, "No such file"),
            ("backup", "in/the/way", 64, "way.new is needed"),
        ] as [(String, String, Int32, String)] {
            let result = try await restore(daemon, from, to, ["--replace"])
            #expect(result.exit == .code(status) && result.errors.contains(words), "\(from) to \(to): \(result)")
        }
        let database = try await daemon.run(
            ["journal", "restore", "backup"], environment: ["ECRYPTOPAY_JOURNAL": "postgresql://db/ledger"])
        #expect(database.exit == .code(64) && database.errors.contains("use pg_restore"), "\(database)")
        #expect(try daemon.directory.names() == names)
    }

    @Test(arguments: JournalBackupTests.changes)
    func `killed at any call, it leaves the old journal, a marked one or the new one, and the same again ends it`(
        _ call: String
    ) async throws {
        let daemon = try await backedUp()
        try await daemon.start()
        #expect(try daemon.post(DaemonUnderTest.report(31)).status == 200)
        try await daemon.end()
        let (old, new) = (try JournalBackupTests.segments(daemon), try JournalBackupTests.segments(daemon, "backup"))
        for prepare in ["cp -r journal place", "true"] {
            var number = 1
            while true {
                try await shell("rm -rf place* && \(prepare)", daemon)
                let arguments = ["journal", "restore", "backup", "--directory", "place", "--replace"]
                guard try await JournalBackupTests.isKilled(daemon, arguments, at: call, number) else { break }
                var isEnded = false
                if try daemon.directory.names().contains("place"),
                    try !daemon.directory.names(in: "place").contains("copying")
                {
                    let there = try JournalBackupTests.segments(daemon, "place")
                    #expect(there == old || there == new || there.isEmpty && prepare == "true", "\(call) \(number)")
                    isEnded = there == new
                }
                let again = try await daemon.run(arguments)
                #expect(again.exit == .code(0), "\(call) \(number): \(again)")
                #expect(try JournalBackupTests.segments(daemon, "place") == new, "\(call) \(number)")
                let kept = try daemon.directory.names().filter { $0.hasPrefix("place.") }
                // Killed behind its end, it is one journal more that is replaced.
                #expect(kept.count == (prepare == "true" ? 0 : 1) + (isEnded ? 1 : 0), "\(call) \(number): \(kept)")
                for name in kept {
                    let there = try JournalBackupTests.segments(daemon, name)
                    #expect(name.hasPrefix("place.replaced-") && (there == old || there == new), "\(call) \(number)")
                }
                #expect(try !daemon.directory.names(in: "place").contains("copying"))
                number += 1
            }
        }
    }
}
