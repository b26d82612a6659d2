import Glibc
import JSON
import JournalFormat
import POSIX
import TestSupport
import Testing

/// `journal backup` on journals that the real daemon writes.
@Suite(.ownThread) struct JournalBackupTests {
    /// A journal of several short segments. The daemon has ended.
    static func journal(reports: Int64 = 30) async throws -> DaemonUnderTest {
        let daemon = try DaemonUnderTest()
        try daemon.set("ECRYPTOPAY_JOURNAL_SEGMENT_BYTES", "2048")
        try await daemon.start()
        for id in 1...reports { #expect(try daemon.post(DaemonUnderTest.report(id)).status == 200) }
        #expect(try await daemon.end() == .code(0))
        return daemon
    }

    private func backUp(
        _ daemon: DaemonUnderTest, _ to: String = "backup", _ options: [String] = []
    ) async throws -> ChildProcess.Result {
        try await daemon.run(["journal", "backup", to, "--directory", daemon.journalDirectory] + options)
    }

    private func shell(_ command: String, _ daemon: DaemonUnderTest) async throws {
        let result = try await ChildProcess.run(
            "/bin/sh", ["-c", "cd \(daemon.directory.path) && \(command)"], environment: ["PATH": "/usr/bin:/bin"])
        #expect(result.exit == .code(0), "\(command): \(result.errors)")
    }

    /// The bytes of all segments of a directory, by name.
    static func segments(_ daemon: DaemonUnderTest, _ directory: String = "journal") throws -> [String: [UInt8]] {
        var segments: [String: [UInt8]] = [:]
        for name in try daemon.directory.names(in: directory) where name.hasSuffix(".jsonl") {
            segments[name] = try daemon.directory.read("\(directory)/\(name)")
        }
        return segments
    }

    private func manifest(_ daemon: DaemonUnderTest, _ directory: String = "backup") throws -> BackupManifest {
        try #require(BackupManifest.decode(try daemon.directory.read("\(directory)/backup")))
    }

    /// What it needs to be a good backup of the journal as it is.
    private func expectWhole(_ daemon: DaemonUnderTest) async throws {
        #expect(try Self.segments(daemon, "backup") == Self.segments(daemon))
        let result = try await daemon.run(["journal", "verify", "--directory", daemon.directory.path(of: "backup")])
        #expect(result.exit == .code(0) && result.output.contains("the journal is whole"), "\(result)")
    }

    // MARK: What is copied

    @Test func `backups under load have all that was acknowledged before them, and a daemon starts on each`()
        async throws
    {
        let daemon = try DaemonUnderTest()
        try daemon.set("ECRYPTOPAY_JOURNAL_SEGMENT_BYTES", "20000")
        try await daemon.start()
        let load = WebhookLoad(daemon, clients: 2)
        var before: [Set<Int64>] = []
        for number in 0..<4 {
            before.append(load.acknowledged)
            // In turn a first one and one that goes on.
            let result = try await backUp(daemon, number.isMultiple(of: 2) ? "backup\(number)" : "backup")
            #expect(result.exit == .code(0), "\(result)")
            if !number.isMultiple(of: 2) { try await shell("cp -r backup backup\(number)", daemon) }
        }
        load.end()
        #expect(try await daemon.end() == .code(0))
        for (number, acknowledged) in before.enumerated() {
            let restored = daemon.directory.path(of: "restored\(number)")
            let result = try await daemon.run([
                "journal", "restore", "backup\(number)", "--directory", restored,
            ])
            #expect(result.exit == .code(0), "\(result)")
            try await daemon.start(environment: ["ECRYPTOPAY_JOURNAL": restored])
            try await daemon.end()
            #expect(daemon.process?.errors.contains("the journal was restored") == true)
            let received = try daemon.journal(in: "restored\(number)").filter { $0["kind"]?.string == "received" }
            let payments = received.compactMap { $0["payment"]?.integer }
            #expect(acknowledged.subtracting(payments).isEmpty)
        }
    }

    @Test func `what it says, what it notes beside the journal, and what it adds the next time`() async throws {
        let daemon = try await Self.journal()
        let bytes = try Self.segments(daemon).values.reduce(0) { $0 + $1.count }
        let count = try Self.segments(daemon).count
        let seq = Int64(try daemon.journal().count)
        let first = try await backUp(daemon)
        let to = daemon.directory.path(of: "backup")
        #expect(first.exit == .code(0) && first.errors == "")
        #expect(
            first.output
                == "\(seq) records up to \(seq), \(bytes) bytes in \(count) segments; \(bytes) bytes copied to \(to)\n"
        )
        try await expectWhole(daemon)
        try await daemon.start()
        #expect(try daemon.post(DaemonUnderTest.report(31)).status == 200)
        let second = try JSONValue(parsing: Array(try await backUp(daemon, "backup", ["--json"]).output.utf8))
        try await expectWhole(daemon)
        let grown = try Self.segments(daemon).values.reduce(0) { $0 + $1.count }
        let last = Int64(try daemon.journal().count)
        #expect(second["copied_bytes"]?.integer == Int64(grown - bytes))
        #expect(second["bytes"]?.integer == Int64(grown) && second["seq"]?.integer == last)
        #expect(second["records"]?.integer == last && second["to"]?.string == to)
        #expect(second["journal"]?.string == (try manifest(daemon).journal))
        let note = try #require(LastBackup.decode(try daemon.directory.read("journal/backed-up")))
        #expect(try note == LastBackup(seq: last, time: manifest(daemon).time, directory: to))
        #expect(try Place.decode(daemon.directory.read("backup/place")) == Place.none)
        try await daemon.end()
    }

    @Test func `it needs no secret, which may be a credential of the service's`() async throws {
        let daemon = try await Self.journal()
        for key in ["CLIENT_SECRET", "PASSWORD"] { try daemon.set("ECRYPTOPAY_\(key)", nil) }
        try daemon.set("ECRYPTOPAY_FORWARD_URLS", "http://127.0.0.1:9/hook")
        let result = try await daemon.run(
            ["journal", "backup", "backup", "--env-file", daemon.envFile],
            environment: ["ECRYPTOPAY_JOURNAL": daemon.journalDirectory])
        #expect(result.exit == .code(0), "\(result)")
        try await expectWhole(daemon)
    }

    @Test func `segments that are closed are not read a second time`() async throws {
        let daemon = try await Self.journal()
        #expect(try await backUp(daemon).exit == .code(0))
        try await daemon.start()
        for id in 31...40 as ClosedRange<Int64> { #expect(try daemon.post(DaemonUnderTest.report(id)).status == 200) }
        try await daemon.end()
        let old = try manifest(daemon).segments
        let trace = daemon.directory.path(of: "trace")
        let binary = try builtBinary(named: "ecryptopayd")
        let result = try await ChildProcess.run(
            "/usr/bin/strace",
            ["-f", "-y", "-o", trace, "-e", "trace=pread64", binary, "journal", "backup", "backup", "--directory"]
                + [daemon.journalDirectory], workingDirectory: daemon.directory.path)
        #expect(result.exit == .code(0), "\(result)")
        try await expectWhole(daemon)
        let reads = try daemon.directory.readText("trace")
        for segment in old.dropLast() { #expect(!reads.contains(segment.name), "\(segment.name)") }
        // What grew is read from where it had ended, but for its last lines.
        for name in try Self.segments(daemon).keys where name >= old[old.count - 1].name {
            #expect(reads.contains("\(daemon.journalDirectory)/\(name)>"))
            #expect(reads.contains("/backup/\(name)>"), "what was written is read back")
        }
    }

    @Test func `what was pruned is removed, and what goes while it is read is no failure`() async throws {
        let daemon = try await Self.journal()
        #expect(try await backUp(daemon).exit == .code(0))
        let names = try Self.segments(daemon).keys.sorted()
        // Nothing is settled; so pruning is done as the daemon does it, by hand.
        let beginning = try #require(SegmentName.firstSeq(of: names[2]))
        try daemon.directory.write(DurableMark.encode(beginning), to: "journal/pruned")
        try await shell("rm journal/\(names[0]) journal/\(names[1])", daemon)
        #expect(try await backUp(daemon).exit == .code(0))
        try await expectWhole(daemon)
        #expect(try manifest(daemon).beginning == beginning)
        // The second time that it is opened, it is to be read.
        let command =
            FaultyDisk.wrapper("openat:error=ENOENT:when=2", paths: [names[3]])
            + [try builtBinary(named: "ecryptopayd"), "journal", "backup", "other", "--directory", "journal"]
        let result = try await ChildProcess.run(
            command[0], Array(command.dropFirst()), workingDirectory: daemon.directory.path)
        #expect(result.exit == .code(0), "\(result)")
        #expect(try Self.segments(daemon, "other") == Self.segments(daemon))
    }

    @Test func `what nothing proves is not copied, and what a crash has left behind is taken for none`() async throws {
        let daemon = try await Self.journal()
        let newest = try #require(try Self.segments(daemon).keys.max())
        let whole = try Self.segments(daemon)
        let line = CraftedJournal.received(Int64(try daemon.journal().count) + 1)
        try await shell("printf half >> journal/\(newest)", daemon)
        #expect(try await backUp(daemon).exit == .code(0))
        #expect(try Self.segments(daemon, "backup") == whole)
        // Beside a daemon, also a whole line counts only when it is synced.
        let lock = try check("open") { open("\(daemon.journalDirectory)/lock", O_RDWR) }
        #expect(try FileCalls.lock(lock))
        try daemon.directory.write(whole[newest, default: []] + line, to: "journal/\(newest)")
        #expect(try await backUp(daemon).exit == .code(0))
        #expect(try Self.segments(daemon, "backup") == whole)
        close(lock)
        #expect(try await backUp(daemon).exit == .code(0))
        #expect(try Self.segments(daemon, "backup")[newest] == whole[newest, default: []] + line)
    }

    // MARK: What is refused

    @Test func `a place that is no place for a backup is refused, and nothing in it is changed`() async throws {
        let daemon = try await Self.journal()
        let other = try await Self.journal(reports: 3)
        try await shell("ln -s journal link; mkdir files plain; echo x > files/x; cp journal/0* plain", daemon)
        #expect(
            try await daemon.run(["journal", "backup", "other", "--directory", other.journalDirectory]).exit == .code(0)
        )
        let before = try ["files", "plain", "other", "journal"].map { try daemon.directory.names(in: $0) }
        for (to, status, words) in [
            (daemon.journalDirectory, 64, "TO is the journal's directory"),
            ("link", 64, "TO is the journal's directory"),
            ("journal/backup", 64, "TO is in the journal's directory"),
            (".", 64, "TO contains the journal's directory"),
            ("postgresql://db/ledger", 64, "TO is a directory"),
            ("none/backup", 64, "No such file or directory; hint: create"),
            ("files", 64, "other files are there, such as \"x\"; hint"),
            ("plain", 64, "a journal is there, and no backup"),
            ("other", 65, "the backup of another journal"), ("files/x", 64, "Not a directory"),
        ] as [(String, Int32, String)] {
            let result = try await backUp(daemon, to)
            #expect(result.exit == .code(status) && result.errors.contains(words), "\(to): \(result)")
        }
        #expect(try ["files", "plain", "other", "journal"].map { try daemon.directory.names(in: $0) } == before)
        let none = try await daemon.run(["journal", "backup", "new", "--directory", daemon.directory.path(of: "files")])
        #expect(none.exit == .code(66) && none.errors.contains("there is no journal in"), "\(none)")
        let database = try await daemon.run(
            ["journal", "backup", "new"], environment: ["ECRYPTOPAY_JOURNAL": "postgresql://db/ledger"])
        #expect(database.exit == .code(64) && database.errors.contains("use pg_dump"), "\(database)")
        try daemon.directory.write("", to: "journal/repairing")
        let half = try await backUp(daemon, "new")
        #expect(half.exit == .code(65) && half.errors.contains("half of a journal"), "\(half)")
        try await shell("rm journal/repairing", daemon)
    }

    @Test func `of two at once the second is told to try again`() async throws {
        let daemon = try await Self.journal()
        #expect(try await backUp(daemon).exit == .code(0))
        let lock = try check("open") { open(daemon.directory.path(of: "backup/lock"), O_RDWR) }
        defer { close(lock) }
        #expect(try FileCalls.lock(lock))
        let result = try await backUp(daemon)
        #expect(result.exit == .code(75) && result.errors.contains("such as another backup"), "\(result)")
    }

    @Test func `a backup of what the journal is no more is refused, and kept`() async throws {
        let daemon = try await Self.journal()
        #expect(try await backUp(daemon, "early").exit == .code(0))
        try await daemon.start()
        for id in 31...60 as ClosedRange<Int64> { #expect(try daemon.post(DaemonUnderTest.report(id)).status == 200) }
        try await daemon.end()
        #expect(try await backUp(daemon).exit == .code(0))
        let late = try Self.segments(daemon, "backup")
        // Set back: first as it is, then gone on with.
        let restored = try await daemon.run([
            "journal", "restore", "early", "--directory", daemon.journalDirectory, "--replace",
        ])
        #expect(restored.exit == .code(0))
        for _ in 0..<2 {
            let result = try await backUp(daemon)
            #expect(result.exit == .code(65) && result.errors.contains("hint: name an empty directory"), "\(result)")
            #expect(try Self.segments(daemon, "backup") == late)
            try await daemon.start()
            #expect(try daemon.post(DaemonUnderTest.report(99)).status == 200)
            try await daemon.end()
        }
        // The one that it was restored from goes on.
        #expect(try await backUp(daemon, "early").exit == .code(0))
        #expect(try Self.segments(daemon, "early") == Self.segments(daemon))
    }

    @Test(arguments: [
        "truncate -s 100 %", "rm %", "printf x | dd of=% bs=1 seek=3 conv=notrunc", "printf x > backup/backup",
    ])
    func `a manifest that lies is told`(_ command: String) async throws {
        let daemon = try await Self.journal()
        #expect(try await backUp(daemon).exit == .code(0))
        let newest = try #require(try Self.segments(daemon).keys.max())
        try await shell(command.replacing("%", with: "backup/\(newest)"), daemon)
        let result = try await backUp(daemon)
        #expect(result.exit == .code(65) && result.errors.contains("is not what its file \"backup\" says"), "\(result)")
    }

    @Test func `damage in the journal is named, and the earlier backup stays good`() async throws {
        let daemon = try await Self.journal()
        #expect(try await backUp(daemon).exit == .code(0))
        let good = try Self.segments(daemon, "backup")
        try await daemon.start()
        for id in 31...60 as ClosedRange<Int64> { #expect(try daemon.post(DaemonUnderTest.report(id)).status == 200) }
        try await daemon.end()
        let damaged = try Self.segments(daemon).keys.sorted()[good.count]
        try await shell("printf x | dd of=journal/\(damaged) bs=1 seek=300 conv=notrunc", daemon)
        let result = try await backUp(daemon)
        #expect(result.exit == .code(65) && result.errors.contains("\(damaged) at byte"), "\(result)")
        #expect(result.errors.contains("hint: restore \(damaged) from a backup"))
        let restored = try await daemon.run(["journal", "restore", "backup", "--directory", "restored"])
        #expect(restored.exit == .code(0), "\(restored)")
        for (name, bytes) in good { #expect(try Self.segments(daemon, "restored")[name]?.starts(with: bytes) == true) }
    }

    // MARK: What fails

    @Test(arguments: ["pwrite64:error=ENOSPC:when=2+", "fdatasync:error=EIO:when=3+", "renameat:error=ENOSPC:when=2+"])
    func `a disk that is full or fails is told, and the earlier backup stays good`(_ fault: String) async throws {
        let daemon = try await Self.journal()
        #expect(try await backUp(daemon).exit == .code(0))
        try await daemon.start()
        for id in 31...60 as ClosedRange<Int64> { #expect(try daemon.post(DaemonUnderTest.report(id)).status == 200) }
        try await daemon.end()
        let command =
            FaultyDisk.wrapper(fault, paths: [])
            + [try builtBinary(named: "ecryptopayd"), "journal", "backup", "backup", "--directory", "journal"]
        let result = try await ChildProcess.run(
            command[0], Array(command.dropFirst()), workingDirectory: daemon.directory.path)
        #expect(result.exit == .code(74) && result.errors.contains("; hint: "), "\(result)")
        let held = try manifest(daemon)
        #expect(try Self.segments(daemon, "backup").count <= held.segments.count, "what counts for nothing is removed")
        let restored = try await daemon.run(["journal", "restore", "backup", "--directory", "restored"])
        #expect(restored.exit == .code(0), "\(restored)")
        #expect(try await backUp(daemon).exit == .code(0))
        try await expectWhole(daemon)
    }

    @Test func `what was written wrong is found by reading it back`() async throws {
        let daemon = try await Self.journal()
        #expect(try await backUp(daemon).exit == .code(0))
        let held = try #require(try manifest(daemon).segments.last)
        try await daemon.start()
        #expect(try daemon.post(DaemonUnderTest.report(31)).status == 200)
        try await daemon.end()
        let growth = try daemon.directory.read("journal/\(held.name)").count - Int(held.size)
        // A call that is not made, and answers as if it had been.
        let command =
            FaultyDisk.wrapper("pwrite64:retval=\(growth)", paths: [daemon.directory.path(of: "backup/\(held.name)")])
            + [try builtBinary(named: "ecryptopayd"), "journal", "backup", "backup", "--directory", "journal"]
        let result = try await ChildProcess.run(
            command[0], Array(command.dropFirst()), workingDirectory: daemon.directory.path)
        #expect(
            result.exit == .code(74) && result.errors.contains("\(held.name) does not read as it was written"),
            "\(result)")
        #expect(try manifest(daemon).last == held.last)
    }

    /// Calls that change something.
    static let changes = ["mkdir", "pwrite64", "fdatasync", "fsync", "renameat", "renameat2", "unlinkat", "ftruncate"]

    /// Runs a command of the program that is killed when it makes a call the n-th time; false when it is not.
    static func isKilled(
        _ daemon: DaemonUnderTest, _ arguments: [String], at call: String, _ number: Int
    ) async throws -> Bool {
        let result = try await ChildProcess.run(
            "/usr/bin/strace",
            ["-f", "-qq", "-o", "/dev/null", "-e", "trace=\(call)", "-e", "inject=\(call):signal=KILL:when=\(number)"]
                + [try builtBinary(named: "ecryptopayd")] + arguments, workingDirectory: daemon.directory.path)
        if result.exit == .code(0) { return false }
        #expect(result.exit == .signal(SIGKILL), "\(result)")
        return true
    }

    @Test(arguments: changes)
    func `killed at any call, it leaves the earlier backup good, and the next one is whole`(_ call: String) async throws
    {
        let daemon = try await Self.journal(reports: 20)
        #expect(try await backUp(daemon, "early").exit == .code(0))
        let early = try manifest(daemon, "early").last
        try await daemon.start()
        for id in 31...55 as ClosedRange<Int64> { #expect(try daemon.post(DaemonUnderTest.report(id)).status == 200) }
        try await daemon.end()
        // The second time there is no earlier one.
        for prepare in ["cp -r early backup", "true"] {
            var number = 1
            repeat {
                try await shell("rm -rf backup restored && \(prepare)", daemon)
                let arguments = ["journal", "backup", "backup", "--directory", daemon.journalDirectory]
                guard try await Self.isKilled(daemon, arguments, at: call, number) else { break }
                if prepare != "true" {
                    let restored = try await daemon.run(["journal", "restore", "backup", "--directory", "restored"])
                    #expect(restored.exit == .code(0), "\(call) \(number): \(restored)")
                    let last = try daemon.journal(in: "restored").compactMap { $0["seq"]?.integer }.max() ?? 0
                    #expect(last >= early, "\(call) \(number)")
                }
                #expect(try await backUp(daemon).exit == .code(0), "\(call) \(number)")
                #expect(try Self.segments(daemon, "backup") == Self.segments(daemon), "\(call) \(number)")
                #expect(
                    try !daemon.directory.names(in: "backup").contains { $0.hasSuffix(".new") }, "\(call) \(number)")
                number += 1
            } while true
        }
    }
}
