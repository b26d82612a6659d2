import Glibc
import JSON
import TestSupport
import Testing

/// The journal's commands on journals that the real daemon wrote.
struct JournalCommandTests {
    private func command(_ name: String, _ daemon: DaemonUnderTest, _ arguments: String...) async throws
        -> ChildProcess.Result
    {
        try await daemon.run(["journal", name, "--directory", daemon.journalDirectory] + arguments)
    }

    /// A journal of several segments in which payments 1 to `count` are settled.
    private func settledJournal(_ count: Int) async throws -> DaemonUnderTest {
        let sandbox = try await SandboxProcess.start()
        let daemon = try DaemonUnderTest(apiURL: sandbox.apiURL, account: sandbox.settings)
        try daemon.set("ECRYPTOPAY_JOURNAL_SEGMENT_BYTES", "1024")
        try await daemon.startWithBaseline()
        for _ in 0..<count {
            let id = try sandbox.create()
            try sandbox.move(id, to: "paid")
            #expect(try daemon.post(#"{"id":\#(id),"state":"paid"}"#).status == 200)
        }
        try await eventually("all are confirmed") { Set(try daemon.payments("confirmed")).count == count }
        return daemon
    }

    // MARK: follow

    @Test func `follow shows each record once, over rotations, and ends when nobody reads`() async throws {
        let daemon = try DaemonUnderTest()
        try daemon.set("ECRYPTOPAY_JOURNAL_SEGMENT_BYTES", "1024")
        try await daemon.start()
        let follow = try ChildProcess(
            try builtBinary(named: "ecryptopayd"),
            ["journal", "follow", "--after", "0", "--kind", "received", "--directory", daemon.journalDirectory])
        for id in 1...20 { #expect(try daemon.post(DaemonUnderTest.report(Int64(id))).status == 200) }
        try await follow.waitForOutput(containing: #""payment":20,"#)
        try await daemon.end()
        try await daemon.start()
        #expect(try daemon.post(DaemonUnderTest.report(21)).status == 200)
        try await follow.waitForOutput(containing: #""payment":21,"#)
        let shown = try follow.output.split(separator: "\n").map { line in
            try JSONValue(parsing: Array(line.utf8))["payment"]?.integer
        }
        #expect(shown == (1...21).map { Int64($0) })
        #expect(try daemon.directory.names(in: "journal").filter { $0.hasSuffix(".jsonl") }.count > 3)
        try await follow.end()
        let binary = try builtBinary(named: "ecryptopayd")
        let piped = try await ChildProcess.run(
            "/bin/sh", ["-c", "\(binary) journal follow --after 0 --directory \(daemon.journalDirectory) | head -n 1"])
        #expect(piped.exit == .code(0))
        #expect(piped.output.split(separator: "\n").count == 1)
        #expect(piped.errors == "")
        try await daemon.end()
    }

    // MARK: verify

    @Test func `verify draws its progress on a terminal and wipes it off, and draws none elsewhere`() async throws {
        let daemon = try DaemonUnderTest()
        var segment = CraftedJournal.opened(1)
        for seq in 2...9_000 { segment += CraftedJournal.received(Int64(seq)) }
        try daemon.directory.makeDirectory("journal")
        try daemon.directory.write(segment, to: "journal/\(CraftedJournal.first)")
        let plain = try await command("verify", daemon)
        #expect(plain.exit == .code(0))
        #expect(plain.errors == "")
        let verify = "\(try builtBinary(named: "ecryptopayd")) journal verify --directory \(daemon.journalDirectory)"
        let onTerminal = try await ChildProcess.run("/usr/bin/script", ["-q", "-e", "-c", verify, "/dev/null"])
        #expect(onTerminal.exit == .code(0))
        // What a terminal makes of a newline.
        let shown = onTerminal.output.replacing("\r\n", with: "\n")
        #expect(
            shown.hasSuffix("\r\u{1b}[K\(plain.output)"), "the line is wiped before anything else is written: \(shown)")
        let drawn = shown.split(separator: "\r").filter { $0.hasPrefix("verifying [") }
        #expect(drawn.count > 1, "\(shown)")
        #expect(drawn.allSatisfy { $0.contains("#") && $0.contains(".] ") && $0.hasSuffix(" %") }, "\(drawn)")

        // Also when it ends in an error.
        try daemon.directory.makeDirectory("journal/00000000000000009001.jsonl")
        let failed = try await ChildProcess.run("/usr/bin/script", ["-q", "-e", "-c", verify, "/dev/null"])
        #expect(failed.exit == .code(74))
        #expect(failed.output.contains("\r\u{1b}[Kecryptopayd: the journal cannot be read"), "\(failed.output)")
    }

    @Test func `verify lists every problem and goes on behind it`() async throws {
        let daemon = try DaemonUnderTest()
        try await daemon.start()
        for id in 1...6 { _ = try daemon.post(DaemonUnderTest.report(Int64(id))) }
        try await daemon.end()
        let segment = "journal/00000000000000000001.jsonl"
        var lines = try daemon.directory.readText(segment).split(separator: "\n").map(String.init)
        lines[2] = lines[2].replacing("paid", with: "pais")
        lines.remove(at: 4)
        _ = try daemon.directory.write(lines.joined(separator: "\n") + "\n", to: segment)
        let result = try await command("verify", daemon)
        #expect(result.exit == .code(65))
        #expect(result.errors.contains("its checksum says"))
        #expect(result.errors.contains("record 5 should stand there, but it is record 6"))
        let json = try await command("verify", daemon, "--json")
        #expect(try JSONValue(parsing: Array(json.output.utf8))["problems"]?.integer == 2)
    }

    // MARK: stats

    @Test func `stats counts records by kind and finds the oldest that waits`() async throws {
        let daemon = try DaemonUnderTest()
        try await daemon.start()
        for id in [7, 8] as [Int64] { _ = try daemon.post(DaemonUnderTest.report(id)) }
        try await daemon.end()
        let statistics = try JSONValue(parsing: Array(try await command("stats", daemon, "--json").output.utf8))
        #expect(statistics["kinds"]?["received"]?.integer == 2)
        #expect(statistics["unsettled"]?.integer == 2)
        #expect(statistics["oldest_unsettled"]?["payment"]?.integer == 7)
        #expect(try await command("stats", daemon).output.contains("about payment 7"))
    }

    // MARK: prune

    @Test func `prune drops settled segments, and what they knew stays known`() async throws {
        let daemon = try await settledJournal(12)
        #expect(try await command("prune", daemon, "--keep", "0d").exit == .code(75), "a daemon holds the lock")
        try await daemon.end()
        let before = try daemon.directory.names(in: "journal").filter { $0.hasSuffix(".jsonl") }
        let tried = try await command("prune", daemon, "--keep", "0d", "--dry-run")
        #expect(tried.exit == .code(0), "\(tried.errors)")
        #expect(try daemon.directory.names(in: "journal").filter { $0.hasSuffix(".jsonl") } == before)
        #expect(try await command("prune", daemon, "--keep", "90d").output == "", "nothing is that old")
        let pruned = try await command("prune", daemon, "--keep", "0d")
        #expect(pruned.exit == .code(0), "\(pruned.errors)")
        #expect(pruned.output == tried.output)
        let after = try daemon.directory.names(in: "journal").filter { $0.hasSuffix(".jsonl") }
        #expect(Set(before).intersection(after).count == before.count - pruned.output.split(separator: "\n").count)
        #expect(!after.contains(before[0]))
        #expect(try await command("verify", daemon).exit == .code(0))
        try await daemon.start()
        // Exactly what was confirmed before is told again: nothing is journaled, since it is known.
        let known = try #require(try daemon.records("known").first?["current"])
        let count = try daemon.records("received").count
        let report = String(decoding: known.serialized(), as: UTF8.self)
        #expect(try daemon.post(report).status == 200)
        #expect(try daemon.records("received").count == count)
        try await daemon.end()
    }

    @Test func `the daemon drops old settled segments by itself, from the reload on that tells it to`() async throws {
        let daemon = try await settledJournal(12)
        let first = try #require(try daemon.directory.names(in: "journal").sorted().first { $0.hasSuffix(".jsonl") })
        try daemon.set("ECRYPTOPAY_JOURNAL_KEEP", "1ms")
        daemon.process?.signal(SIGHUP)
        try await daemon.process?.waitForOutput(containing: "old segments dropped")
        #expect(try !daemon.directory.names(in: "journal").contains(first))
        #expect(try await command("verify", daemon).exit == .code(0))
        try await daemon.end()
        try daemon.set("ECRYPTOPAY_JOURNAL_KEEP", nil)
        unlink(daemon.directory.path(of: "journal/checkpoint"))
        try await daemon.start()
        let known = Set(try daemon.payments("known") + daemon.payments("confirmed"))
        #expect(known.count == 12)
        for payment in try daemon.records("known") {
            let current = try #require(payment["current"])
            #expect(try daemon.post(String(decoding: current.serialized(), as: UTF8.self)).status == 200)
        }
        #expect(try daemon.records("received").allSatisfy { $0["seq"]?.integer ?? 0 < 50 })
        try await daemon.end()
    }

    @Test func `prune keeps a segment with a report that is not settled, and says which`() async throws {
        let sandbox = try await SandboxProcess.start()
        let daemon = try DaemonUnderTest(apiURL: sandbox.apiURL, account: sandbox.settings)
        try daemon.set("ECRYPTOPAY_JOURNAL_SEGMENT_BYTES", "1024")
        try await daemon.startWithBaseline()
        for id in 1...20 { _ = try daemon.post(DaemonUnderTest.report(Int64(id))) }
        try await daemon.end()
        let result = try await command("prune", daemon, "--keep", "0d")
        #expect(result.exit == .code(0))
        #expect(result.output == "")
        #expect(result.errors.contains("record 3, a report of payment 1"))
    }

    // MARK: repair

    @Test func `repair cuts a damaged journal at a named offset, keeps the rest aside, and gives a new id`()
        async throws
    {
        let daemon = try DaemonUnderTest()
        try daemon.set("ECRYPTOPAY_JOURNAL_SEGMENT_BYTES", "1024")
        try await daemon.start()
        for id in 1...12 { _ = try daemon.post(DaemonUnderTest.report(Int64(id))) }
        let name = "00000000000000000001.jsonl"
        let refused = try await command("repair", daemon, "--segment", name, "--at", "0", "--yes")
        try #require(refused.exit == .code(75), "a daemon holds the lock")
        #expect(
            refused.errors.contains("another process works on the journal in \(daemon.journalDirectory). Stop it first")
        )
        try await daemon.end()
        var bytes = try daemon.directory.read("journal/\(name)")
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        let offset = lines[2].startIndex
        bytes[offset + 60] ^= 1
        _ = try daemon.directory.write(bytes, to: "journal/\(name)")
        // With a checkpoint a start reads what follows it only; verify reads everything.
        unlink(daemon.directory.path(of: "journal/checkpoint"))
        try daemon.launch()
        #expect(try await daemon.process?.waitForExit() == .code(65))
        let verified = try await command("verify", daemon)
        #expect(verified.errors.contains("\(name) at byte \(offset)"))

        let elsewhere = try await command("repair", daemon, "--segment", name, "--at", "10", "--yes")
        #expect(elsewhere.exit == .code(66))
        let behind = try await command("repair", daemon, "--segment", name, "--at", "\(lines[3].startIndex)", "--yes")
        #expect(behind.exit == .code(65), "what stays must be whole")
        let shown = try await command("repair", daemon, "--segment", name, "--at", "\(offset)")
        #expect(shown.exit == .code(0))
        #expect(shown.errors.contains("nothing was changed"))
        #expect(try daemon.directory.read("journal/\(name)") == bytes)

        let id = try daemon.records("opened").first?["journal"]?.string
        let repaired = try await command("repair", daemon, "--segment", name, "--at", "\(offset)", "--yes")
        #expect(repaired.exit == .code(0), "\(repaired.errors)")
        #expect(repaired.output.contains("the journal ends with record 2"))
        let kept = try daemon.directory.names(in: "journal").filter { $0.contains(".cut-") }
        #expect(kept.count > 1)
        #expect(try daemon.directory.read("journal/\(name).cut-\(offset)") == Array(bytes[offset...]))
        #expect(try await command("verify", daemon).exit == .code(0))
        try await daemon.start()
        #expect(try daemon.post(DaemonUnderTest.report(99)).status == 200)
        try await daemon.end()
        #expect(try daemon.payments("received") == [1, 99])
        #expect(try daemon.records("opened").last?["journal"]?.string != id)
    }
}
