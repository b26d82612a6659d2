import JSON
import TestSupport
import Testing

/// What a later version of the program has written, on the real binary: passed over where that may be, and else refused by all, as no
/// damage, with what to install.
struct LaterVersionTests {
    private typealias Journal = CraftedJournal

    private func daemon(_ journal: CraftedJournal) throws -> DaemonUnderTest {
        let daemon = try DaemonUnderTest()
        try journal.write(to: daemon)
        return daemon
    }

    private func content(_ daemon: DaemonUnderTest) throws -> [[UInt8]] {
        try daemon.directory.names(in: "journal").filter { $0 != "lock" }.map {
            try daemon.directory.read("journal/\($0)")
        }
    }

    // MARK: Refused

    /// A later version's record, what is said of it, and which version is to be installed.
    struct Refused: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let index: Int
        let line: [UInt8]
        let problem: String
        let version: String
    }

    static let refused = [
        Refused(
            testDescription: "a kind", index: 1, line: CraftedJournal.shipped(10, skip: false),
            problem: #"its kind "shipped" is not known to this version"#, version: "0.2.0"),
        Refused(
            testDescription: "a format", index: 0,
            line: CraftedJournal.opened(9, format: 3, reads: 2, version: "0.3.0"),
            problem: """
                the journal has format 3 from there on, for readers of format 2 and later, and this version of ecryptopayd reads \
                format 1
                """,
            version: "0.3.0"),
    ]

    /// A journal with it in the last segment, in which version 0.2.0 began to write. Whoever wrote behind it is not asked for.
    private static func journal(_ refused: Refused) -> CraftedJournal {
        var journal = CraftedJournal()
        journal.segments[Journal.last]?[0] = Journal.opened(9, version: "0.2.0")
        if refused.index > 0 { journal.segments[Journal.last]?[3] = Journal.opened(12, version: "0.9.0") }
        journal.segments[Journal.last]?[refused.index] = refused.line
        return journal
    }

    @Test(arguments: refused)
    func `what may not be passed over is refused by all, and nothing is changed`(refused: Refused) async throws {
        let journal = Self.journal(refused)
        let daemon = try daemon(journal)
        let before = try content(daemon)
        let offset = journal.offset(Journal.last, refused.index)
        let finding = "\(Journal.last) at byte \(offset): its checksum is right, but \(refused.problem)"
        let hint = "hint: install ecryptopayd \(refused.version), which wrote it, or a later version"
        try daemon.launch()
        let process = try #require(daemon.process)
        #expect(try await process.waitForExit() == .code(65))
        let path = daemon.journalDirectory
        #expect(
            process.errors.hasSuffix(
                """
                ecryptopayd: ECRYPTOPAY_JOURNAL=\(path): the journal cannot be read: \(finding). Nothing was changed; \(hint)

                """), "\(process.errors)")
        let verified = try await daemon.run(["journal", "verify", "--directory", path])
        #expect(verified.exit == .code(65))
        #expect(
            verified.output.hasSuffix(" segments: a later version of ecryptopayd wrote part of the journal\n"),
            "\(verified)")
        #expect(verified.errors == "\(finding); \(hint)\necryptopayd: 1 problem; \(hint)\n", "\(verified)")
        let copy = daemon.directory.path(of: "copy")
        for command in [
            ["cat", "--directory", path], ["stats", "--directory", path],
            ["follow", "--after", "0", "--directory", path],
            ["prune", "--keep", "0d", "--directory", path], ["copy", path, copy, "--yes"],
            ["repair", "--segment", Journal.last, "--at", "\(offset)", "--yes", "--directory", path],
        ] {
            let result = try await daemon.run(["journal"] + command)
            #expect(result.exit == .code(65), "\(command): \(result)")
            #expect(result.errors.contains(finding) && result.errors.contains(hint), "\(command): \(result)")
            #expect(!result.errors.contains("damaged"), "\(command): \(result)")
        }
        #expect(try content(daemon) == before)
    }

    // MARK: Passed over

    /// A journal that two later versions have written into, of which this one may go on with it.
    private static var readable: CraftedJournal {
        var journal = CraftedJournal()
        journal.segments[Journal.second]?[2] = Journal.shipped(7, skip: true)
        journal.segments[Journal.last]?[0] = Journal.opened(9, format: 2, reads: 1, version: "0.2.0")
        journal.segments[Journal.last]?[1] = Journal.shipped(10, skip: true)
        return journal
    }

    private static let passedOver = #"; passed over, since this version does not know them: 2 of kind "shipped""#

    private func seqs(_ output: String) throws -> [Int64] {
        try output.split(separator: "\n").map { try JSONValue(parsing: Array($0.utf8))["seq"]?.integer ?? 0 }
    }

    @Test func `what may be passed over is, by all, and stays as it is`() async throws {
        let daemon = try daemon(Self.readable)
        func run(_ command: String...) async throws -> ChildProcess.Result {
            let result = try await daemon.run(["journal"] + command + ["--directory", daemon.journalDirectory])
            #expect(result.exit == .code(0), "\(result)")
            return result
        }
        let verified = try await run("verify")
        #expect(verified.output.hasSuffix("3 segments: the journal is whole\(Self.passedOver)\n"), "\(verified)")
        #expect(try await run("verify", "--json").output.contains(#""passed_over":{"shipped":2},"problems":0}"#))
        #expect(try seqs(try await run("cat").output) == Array(1...12))
        #expect(try seqs(try await run("cat", "--payment", "10").output) == [10])
        let stats = try await run("stats", "--json").output
        #expect(stats.contains(#""kinds":{"opened":3,"received":7,"shipped":2}"#), "\(stats)")
        let copied = try await daemon.run([
            "journal", "copy", daemon.journalDirectory, daemon.directory.path(of: "copy"), "--yes",
        ])
        #expect(copied.exit == .code(0) && copied.output.hasPrefix("12 records"), "\(copied)")
        for name in [Journal.first, Journal.second, Journal.last] {
            #expect(try daemon.directory.read("copy/\(name)") == daemon.directory.read("journal/\(name)"))
        }
        try await expectService(daemon)
        // The program that goes on says which format it writes.
        let opened = try #require(try daemon.records("opened").last)
        #expect(opened["format"]?.integer == 1 && opened["reads"]?.integer == 1)
        #expect(try daemon.records("shipped").map { $0["seq"]?.integer } == [7, 10])
        let after = try await run("verify")
        #expect(after.output.hasSuffix("the journal is whole\(Self.passedOver)\n"), "\(after)")
    }

    /// Starts it, has it accept a report, and shows all records to one who reads its events.
    private func expectService(_ daemon: DaemonUnderTest) async throws {
        try await daemon.start()
        try await eventually("it takes a report") {
            try daemon.post(DaemonUnderTest.report(99)).status == 200 && daemon.payments("received").contains(99)
        }
        let events = try EventReader(daemon, "?after=0")
        #expect(try events.seqs(14) == (1...14).map { $0 })
        #expect(try await daemon.end() == .code(0), "\(daemon.process?.errors ?? "")")
    }
}

#if PostgreSQL
    extension LaterVersionTests {
        /// A daemon on a database with a copy of a journal.
        private func moved(_ journal: CraftedJournal) async throws -> (DaemonUnderTest, PostgreSQLServer) {
            let server = try await PostgreSQLServer()
            let files = try daemon(journal)
            let copied = try await files.run(["journal", "copy", files.journalDirectory, server.url(), "--yes"])
            #expect(copied.exit == .code(0), "\(copied)")
            let daemon = try DaemonUnderTest(database: LedgerDatabaseUnderTest(server))
            try daemon.set("ECRYPTOPAY_JOURNAL", daemon.journalPlace)
            return (daemon, server)
        }

        @Test func `what may be passed over is in a database too`() async throws {
            let (daemon, server) = try await moved(Self.readable)
            // It would stop with its last use.
            defer { withExtendedLifetime(server) {} }
            let verified = try await daemon.run(["journal", "verify", "--env-file", daemon.envFile])
            #expect(verified.exit == .code(0), "\(verified)")
            #expect(verified.output.hasSuffix("3 segments: the journal is whole\(Self.passedOver)\n"), "\(verified)")
            let selected = try await daemon.run(["journal", "cat", "--payment", "10", "--env-file", daemon.envFile])
            #expect(try seqs(selected.output) == [10])
            try await expectService(daemon)
            let back = daemon.directory.path(of: "back")
            let returned = try await daemon.run(
                ["journal", "copy", "configured", back, "--yes", "--env-file", daemon.envFile])
            #expect(returned.exit == .code(0), "\(returned)")
            let line = Journal.shipped(10, skip: true)
            #expect(try daemon.directory.read("back/\(Journal.last)").split(separator: 0x0A)[1] == line.dropLast()[...])
        }

        @Test(arguments: refused)
        func `what may not is refused in a database too`(refused: Refused) async throws {
            var journal = Self.journal(refused)
            let seq = 9 + refused.index
            journal.segments[Journal.last]?[refused.index] =
                refused.index == 0 ? Journal.opened(9, version: "0.2.0") : Journal.received(10)
            let (daemon, server) = try await moved(journal)
            // It would stop with its last use.
            defer { withExtendedLifetime(server) {} }
            let line = String(decoding: refused.line.dropLast(), as: UTF8.self)
            try await server.execute("UPDATE ecryptopayd.records SET line = '\(line)' WHERE seq = \(seq)")
            let hint = "hint: install ecryptopayd \(refused.version), which wrote it, or a later version"
            for command in [
                ["cat"], ["stats"], ["follow", "--after", "0"], ["prune", "--keep", "0d"],
                ["prune", "--keep", "0d", "--dry-run"], ["verify"],
                ["copy", "configured", daemon.directory.path(of: "copy"), "--yes"],
            ] {
                let result = try await daemon.run(["journal"] + command + ["--env-file", daemon.envFile])
                #expect(result.exit == .code(65), "\(command): \(result)")
                #expect(
                    result.errors.contains(refused.problem) && result.errors.contains(hint), "\(command): \(result)")
                #expect(!(result.output + result.errors).contains("damaged"), "\(command): \(result)")
                #expect(!result.errors.contains("backup"), "\(command): \(result)")
            }
            try daemon.launch()
            let process = try #require(daemon.process)
            // The format is known when a node joins; the records are read by the one that decides.
            #expect(try await process.waitForExit() == .code(refused.index == 0 ? 65 : 74))
            #expect(process.errors.contains(refused.problem) && process.errors.contains(hint), "\(process.errors)")
        }
    }
#endif
