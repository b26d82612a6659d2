import JSON
import TestSupport
import Testing

/// `journal copy` on journals that the real daemon wrote.
struct JournalCopyCommandTests {
    /// A journal of several short segments, behind which one is long. The daemon has ended.
    private func journal() async throws -> DaemonUnderTest {
        let daemon = try DaemonUnderTest()
        try daemon.set("ECRYPTOPAY_JOURNAL_SEGMENT_BYTES", "1024")
        try await daemon.start()
        for id in 1...20 { #expect(try daemon.post(DaemonUnderTest.report(Int64(id))).status == 200) }
        let note = String(repeating: "x", count: 5000)
        #expect(try daemon.post(#"{"id":21,"state":"paid","qr_image_path":"\#(note)"}"#).status == 200)
        #expect(try daemon.post(DaemonUnderTest.report(22)).status == 200)
        #expect(try await daemon.end() == .code(0))
        return daemon
    }

    private func segments(_ daemon: DaemonUnderTest, _ directory: String) throws -> [String: String] {
        var segments: [String: String] = [:]
        for name in try daemon.directory.names(in: directory) where name.hasSuffix(".jsonl") {
            segments[name] = try daemon.directory.readText("\(directory)/\(name)")
        }
        return segments
    }

    @Test func `a copy that is killed is ended by the next run, and a daemon goes on with it`()
        async throws
    {
        let daemon = try await journal()
        let (from, to) = (daemon.journalDirectory, daemon.directory.path(of: "copy"))
        let dry = try await daemon.run(["journal", "copy", from, to])
        #expect(dry.exit == .code(0) && dry.errors.contains("nothing was changed; add --yes"))
        #expect(try !daemon.directory.names().contains("copy"))
        // The kernel kills whoever writes a longer file.
        let binary = try builtBinary(named: "ecryptopayd")
        let killed = try await ChildProcess.run(
            "/bin/bash", ["-c", "ulimit -c 0 -f 4; exec \(binary) journal copy \(from) \(to) --yes"])
        #expect(killed.exit == .signal(25), "\(killed)")
        let part = try segments(daemon, "copy").count
        let all = try segments(daemon, "journal")
        #expect(part > 1 && part < all.count, "\(part) of \(all.count)")
        try daemon.set("ECRYPTOPAY_JOURNAL", to)
        let start = try await daemon.run(["serve", "--env-file", daemon.envFile])
        #expect(start.exit == .code(65) && start.errors.contains("copying it was interrupted"), "\(start)")

        let whole = try await daemon.run(["journal", "copy", from, to, "--yes"])
        #expect(whole.exit == .code(0), "\(whole)")
        let records = all.values.reduce(0) { $0 + $1.split(separator: "\n").count }
        let bytes = all.values.reduce(0) { $0 + $1.utf8.count }
        #expect(whole.output == "\(records) records, \(bytes) bytes, equal\n")
        #expect(try segments(daemon, "copy") == all)
        #expect(try await daemon.run(["journal", "verify", "--directory", to]).exit == .code(0))
        // Once more it is only compared.
        #expect(try await daemon.run(["journal", "copy", from, to, "--yes"]).output == whole.output)

        try await daemon.start(environment: ["ECRYPTOPAY_JOURNAL": to])
        let refused = try await daemon.run([
            "journal", "copy", "configured", to + "2", "--yes", "--env-file", daemon.envFile,
        ])
        #expect(refused.exit == .code(75), "\(refused)")
        #expect(try daemon.post(DaemonUnderTest.report(23)).status == 200)
        #expect(try await daemon.end() == .code(0))
        let other = try await daemon.run(["journal", "copy", from, to, "--yes"])
        #expect(other.exit == .code(65) && other.errors.contains("has gone on with one of the two"), "\(other)")
    }

    @Test func `copy names a damaged record, and copies nothing over it`() async throws {
        let daemon = try DaemonUnderTest()
        var journal = CraftedJournal()
        journal.segments[CraftedJournal.second]?[2].replace("paid".utf8, with: "pain".utf8)
        try journal.write(to: daemon)
        let to = daemon.directory.path(of: "copy")
        for options in [[], ["--yes"]] {
            let result = try await daemon.run(["journal", "copy", daemon.journalDirectory, to] + options)
            #expect(result.exit == .code(65), "\(result)")
            #expect(result.errors.contains("\(CraftedJournal.second) at byte"), "\(result)")
        }
    }

    @Test func `copy refuses a password on the command line, one place twice, no journal and another journal`()
        async throws
    {
        let daemon = try DaemonUnderTest()
        try CraftedJournal().write(to: daemon)
        let other = try DaemonUnderTest()
        var journal = CraftedJournal()
        for (name, lines) in journal.segments {
            journal.segments[name]?[0] = CraftedJournal.resealed(
                lines[0], replacing: "crafted", with: Array("another".utf8))
        }
        try journal.write(to: other)
        let from = daemon.journalDirectory
        for (arguments, status, word) in [
            ([from, "postgresql://shop:s3cr3t@db/ledger"], 64, "holds a password"),
            ([from, from], 64, "the same place"),
            ([daemon.directory.path(of: "none"), daemon.directory.path(of: "copy")], 66, "none"),
            ([from, other.journalDirectory], 64, "another journal is"),
        ] as [([String], Int32, String)] {
            let result = try await daemon.run(["journal", "copy"] + arguments + ["--yes"])
            #expect(result.exit == .code(status) && result.errors.contains(word), "\(result)")
            #expect(!result.errors.contains("s3cr3t"))
        }
        #expect(try segments(other, "journal") != segments(daemon, "journal"))
    }
}
