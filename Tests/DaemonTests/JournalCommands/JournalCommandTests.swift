import Glibc
import JSON
import Testing
import TestSupport

/// The journal's commands on journals that the real daemon wrote, wherever it keeps them.
struct JournalCommandTests {
    /// Prepares a daemon that writes short segments, and whose journal the commands find in its env file.
    private func daemon(_ form: TestedLedger, asking sandbox: SandboxProcess? = nil) async throws -> DaemonUnderTest {
        let daemon =
            if let sandbox { try await form.daemon(asking: sandbox) } else { try await form.daemon() }
        try daemon.set("ECRYPTOPAY_JOURNAL", daemon.journalPlace)
        try daemon.set("ECRYPTOPAY_JOURNAL_SEGMENT_BYTES", "1024")
        try daemon.set("ECRYPTOPAY_API_TIMEOUT", "3s")
        return daemon
    }

    private func command(_ name: String, _ daemon: DaemonUnderTest, _ arguments: String...) async throws
        -> ChildProcess.Result
    {
        try await daemon.run(["journal", name] + arguments + ["--env-file", daemon.envFile])
    }

    private func follow(_ daemon: DaemonUnderTest, _ arguments: String...) throws -> ChildProcess {
        try ChildProcess(
            try builtBinary(named: "ecryptopayd"), ["journal", "follow"] + arguments + ["--env-file", daemon.envFile])
    }

    private func json(_ result: ChildProcess.Result) throws -> JSONValue {
        try JSONValue(parsing: Array(result.output.utf8))
    }

    private func lines(_ result: ChildProcess.Result) throws -> [JSONValue] {
        try result.output.split(separator: "\n").map { try JSONValue(parsing: Array($0.utf8)) }
    }

    /// A journal of several segments in which payments 1 to `count` are settled.
    private func settledJournal(_ form: TestedLedger, _ count: Int) async throws -> DaemonUnderTest {
        let sandbox = try await SandboxProcess.start()
        let daemon = try await daemon(form, asking: sandbox)
        try await daemon.startWithBaseline()
        for _ in 0..<count {
            let id = try sandbox.create()
            try sandbox.move(id, to: "paid")
            #expect(try daemon.post(#"{"id":\#(id),"state":"paid"}"#).status == 200)
        }
        try await eventually("all are confirmed") { Set(try daemon.payments("confirmed")).count == count }
        return daemon
    }

    // MARK: cat

    @Test(arguments: TestedLedger.allCases)
    func `cat, stats and verify read what the daemon wrote, beside it`(_ form: TestedLedger) async throws {
        let daemon = try await settledJournal(form, 5)
        // The daemon may still be writing.
        try await eventually("all that there is, printed") {
            let cat = try await command("cat", daemon)
            #expect(cat.exit == .code(0))
            return try lines(cat) == daemon.journal()
        }
        #expect(try await command("verify", daemon).exit == .code(0))
        #expect(try await command("stats", daemon).exit == .code(0))
        try await daemon.end()
        let (records, bytes) = (Int64(try daemon.journal().count), Int64(try daemon.journalBytes()))
        for name in ["stats", "verify"] {
            let counts = try json(try await command(name, daemon, "--json"))
            #expect(counts["records"]?.integer == records && counts["bytes"]?.integer == bytes, "\(name)")
            #expect(counts["segments"]?.integer ?? 0 > 1, "\(name)")
        }
        let verified = try await command("verify", daemon)
        #expect(verified.output.contains("\(records) good records, \(bytes) bytes in "), "\(verified)")
        #expect(verified.output.contains("the journal is whole"), "\(verified)")
    }

    // MARK: follow

    @Test(arguments: TestedLedger.allCases)
    func `follow shows each record once, over rotations, and ends when nobody reads`(_ form: TestedLedger) async throws
    {
        let daemon = try await daemon(form)
        try await daemon.start()
        let follow = try follow(daemon, "--after", "0", "--kind", "received")
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
        #expect(try json(try await command("stats", daemon, "--json"))["segments"]?.integer ?? 0 > 3)
        try await follow.end()
        let binary = try builtBinary(named: "ecryptopayd")
        let piped = try await ChildProcess.run(
            "/bin/sh", ["-c", "\(binary) journal follow --after 0 --env-file \(daemon.envFile) | head -n 1"])
        #expect(piped.exit == .code(0))
        #expect(piped.output.split(separator: "\n").count == 1)
        #expect(piped.errors == "")
        try await daemon.end()
    }

    // MARK: verify

    @Test(arguments: TestedLedger.allCases)
    func `verify draws its progress on a terminal and wipes it off, and draws none elsewhere`(_ form: TestedLedger)
        async throws
    {
        let daemon = try await daemon(form)
        var segment = CraftedJournal.opened(1)
        for seq in 2...9_000 { segment += CraftedJournal.received(Int64(seq)) }
        try daemon.directory.makeDirectory("journal")
        try daemon.directory.write(segment, to: "journal/\(CraftedJournal.first)")
        if daemon.journalPlace != daemon.journalDirectory {
            let filled = try await daemon.run(
                ["journal", "copy", daemon.journalDirectory, daemon.journalPlace, "--yes"])
            #expect(filled.exit == .code(0), "\(filled)")
        }
        let plain = try await command("verify", daemon)
        #expect(plain.exit == .code(0))
        #expect(plain.errors == "")
        let verify = "\(try builtBinary(named: "ecryptopayd")) journal verify --env-file \(daemon.envFile)"
        let onTerminal = try await ChildProcess.run("/usr/bin/script", ["-q", "-e", "-c", verify, "/dev/null"])
        #expect(onTerminal.exit == .code(0))
        // What a terminal makes of a newline.
        let shown = onTerminal.output.replacing("\r\n", with: "\n")
        #expect(
            shown.hasSuffix("\r\u{1b}[K\(plain.output)"), "the line is wiped before anything else is written: \(shown)")
        let drawn = shown.split(separator: "\r").filter { $0.hasPrefix("verifying [") }
        #expect(drawn.count > 1, "\(shown)")
        #expect(drawn.allSatisfy { $0.contains("#") && $0.contains(".] ") && $0.hasSuffix(" %") }, "\(drawn)")

        // Also when it ends in an error, which on a server comes before all records.
        guard form == .files else { return }
        try daemon.directory.makeDirectory("journal/00000000000000009001.jsonl")
        let failed = try await ChildProcess.run("/usr/bin/script", ["-q", "-e", "-c", verify, "/dev/null"])
        #expect(failed.exit == .code(74))
        #expect(failed.output.contains("\r\u{1b}[Kecryptopayd: the journal cannot be read"), "\(failed.output)")
    }

    // MARK: prune

    @Test(arguments: TestedLedger.allCases)
    func `prune drops settled segments, and what they knew stays known`(_ form: TestedLedger) async throws {
        let daemon = try await settledJournal(form, 12)
        #expect(try await command("prune", daemon, "--keep", "0d").exit == .code(75), "a daemon keeps it")
        try await daemon.end()
        let before = try daemon.journal()
        let tried = try await command("prune", daemon, "--keep", "0d", "--dry-run")
        #expect(tried.exit == .code(0), "\(tried.errors)")
        #expect(tried.errors.contains(" would go: "), "\(tried.errors)")
        #expect(try daemon.journal() == before)
        #expect(try await command("prune", daemon, "--keep", "90d").output == "", "nothing is that old")
        #expect(try daemon.journal() == before)
        let segments = try json(try await command("stats", daemon, "--json"))["segments"]?.integer
        let pruned = try await command("prune", daemon, "--keep", "0d")
        #expect(pruned.exit == .code(0), "\(pruned.errors)")
        #expect(pruned.output == tried.output)
        let gone = pruned.output.split(separator: "\n").count
        #expect(gone > 0 && pruned.errors.hasPrefix("\(gone) segments went: "), "\(pruned)")
        let after = try daemon.journal()
        #expect(after.first?["kind"]?.string == "opened" && after.first?["seq"]?.integer ?? 0 > 1)
        // Whatever was written anew stands behind all.
        let left = before.filter { $0["seq"]?.integer ?? 0 >= after.first?["seq"]?.integer ?? 0 }
        #expect(Array(after.prefix(left.count)) == left)
        #expect(try json(try await command("stats", daemon, "--json"))["segments"]?.integer ?? 0 < segments ?? 0)
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

    @Test(arguments: TestedLedger.allCases)
    func `the daemon drops old settled segments by itself once a reload tells it to`(_ form: TestedLedger)
        async throws
    {
        let daemon = try await settledJournal(form, 12)
        try daemon.set("ECRYPTOPAY_JOURNAL_KEEP", "1ms")
        daemon.process?.signal(SIGHUP)
        try await daemon.process?.waitForOutput(containing: "old segments dropped")
        // It goes on dropping meanwhile.
        #expect(try await command("verify", daemon).exit == .code(0))
        try await daemon.end()
        #expect(try daemon.journal().first?["seq"]?.integer ?? 0 > 1)
        try daemon.set("ECRYPTOPAY_JOURNAL_KEEP", nil)
        // What is known must follow from the records alone.
        if form == .files { unlink(daemon.directory.path(of: "journal/checkpoint")) }
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

    @Test(arguments: TestedLedger.allCases)
    func `prune keeps a segment with a report that is not settled, and says which`(_ form: TestedLedger) async throws {
        let sandbox = try await SandboxProcess.start()
        let daemon = try await daemon(form, asking: sandbox)
        try await daemon.startWithBaseline()
        for id in 1...20 { _ = try daemon.post(DaemonUnderTest.report(Int64(id))) }
        try await daemon.end()
        let first = try #require(try daemon.records("received").first?["seq"]?.integer)
        let result = try await command("prune", daemon, "--keep", "0d")
        #expect(result.exit == .code(0))
        #expect(result.output == "")
        #expect(result.errors.contains("record \(first), a report of payment 1"), "\(result)")
    }

    // MARK: repair

    @Test func `a database is not repaired, and who asks for it is told what to do`() async throws {
        let daemon = try DaemonUnderTest()
        try daemon.set("ECRYPTOPAY_JOURNAL", "postgresql://shop:s3cr3t@localhost/ledger")
        let repair = ["journal", "repair", "--segment", "00000000000000000001.jsonl", "--at", "0"]
        let result = try await daemon.run(repair + ["--env-file", daemon.envFile])
        #expect(result.exit == .code(64))
        #expect(result.errors.contains("restore it from its backup"))
    }

    private func repair(_ daemon: DaemonUnderTest, _ arguments: String...) async throws -> ChildProcess.Result {
        try await daemon.run(["journal", "repair", "--directory", daemon.journalDirectory] + arguments)
    }

    @Test func `repair cuts a damaged journal at a named offset, keeps the rest aside, and gives a new id`()
        async throws
    {
        let daemon = try await daemon(.files)
        try await daemon.start()
        for id in 1...12 { _ = try daemon.post(DaemonUnderTest.report(Int64(id))) }
        let name = "00000000000000000001.jsonl"
        let refused = try await repair(daemon, "--segment", name, "--at", "0", "--yes")
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

        let elsewhere = try await repair(daemon, "--segment", name, "--at", "10", "--yes")
        #expect(elsewhere.exit == .code(66))
        let behind = try await repair(daemon, "--segment", name, "--at", "\(lines[3].startIndex)", "--yes")
        #expect(behind.exit == .code(65), "what stays must be whole")
        let shown = try await repair(daemon, "--segment", name, "--at", "\(offset)")
        #expect(shown.exit == .code(0))
        #expect(shown.errors.contains("nothing was changed"))
        #expect(try daemon.directory.read("journal/\(name)") == bytes)

        let id = try daemon.records("opened").first?["journal"]?.string
        let repaired = try await repair(daemon, "--segment", name, "--at", "\(offset)", "--yes")
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
