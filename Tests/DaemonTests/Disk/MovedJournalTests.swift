import Glibc
import JSON
import POSIX
import TestSupport
import Testing

/// What happens when somebody moves, replaces or removes files of the journal under the running daemon.
struct MovedJournalTests {
    /// What somebody does, as a shell has it, in the directory where the journal is.
    private static let deeds = [
        "sed -i s/paid/Paid/ journal/*.jsonl", "rm journal/00000000000000000001.jsonl",
        "mv journal/00000000000000000001.jsonl journal/00000000000000000001.jsonl.1",
        "mv journal/00000000000000000001.jsonl old && touch journal/00000000000000000001.jsonl",
        "rm -r journal", "mv journal x", "mv journal x && cp -r x journal",
        // All at once, so that the directory is still there, and only it.
        "rm journal/*", "mkdir old && mv journal/* old", "rm journal/* && rmdir journal", "mv journal x && rm x/*",
        // Without the mark, what is there claims nothing.
        "rm journal/durable journal/00000000000000000001.jsonl",
        "head -n 2 journal/*.jsonl > x && mv x journal/00000000000000000001.jsonl && rm journal/durable",
        // What is put back must not come into what is in its place.
        "rm -r journal && mkdir journal",
    ]
    private static let segment = "journal/00000000000000000001.jsonl"

    private func shell(_ command: String, _ daemon: DaemonUnderTest) async throws {
        let result = try await ChildProcess.run(
            "/bin/sh", ["-c", "cd \(daemon.directory.path) && \(command)"], environment: ["PATH": "/usr/bin:/bin"])
        #expect(result.exit == .code(0), "\(command): \(result.errors)")
    }

    /// Posts reports, on one connection, for as long as they are acknowledged: until one is refused, or the connection ends with the
    /// daemon.
    private func postUntilRefused(_ daemon: DaemonUnderTest, _ accepted: inout Set<Int64>, isNew: Bool) async throws {
        let client = try ClientSocket(daemon.address)
        try await eventually("a report is refused") {
            let id = isNew ? Int64(accepted.count) + 1 : 1
            do {
                try client.send(DaemonUnderTest.request(DaemonUnderTest.report(id)))
                if try client.receive().status != 200 { return true }
            } catch { return true }
            accepted.insert(id)
            return false
        }
    }

    /// Does what the message says, and starts again.
    private func putBack(_ daemon: DaemonUnderTest, _ message: String) async throws {
        // The log may have said so before the last line does, and something else behind it.
        let last = try #require(message.split(separator: "\n").last { $0.contains("\"mv ") }, "\(message)")
        let commands = last.matches(of: /"(mv [^"]+)"/)
        try #require(!commands.isEmpty)
        if message.contains("move away what is in its place") { try await shell("rm -rf journal", daemon) }
        for command in commands { try await shell(String(command.output.1), daemon) }
        try await daemon.start()
    }

    /// Whether there is no claim any more, nor what was saved.
    private func expectNothingRescued(_ daemon: DaemonUnderTest) throws {
        let names = try daemon.directory.names() + daemon.directory.names(in: "journal")
        #expect(!names.contains { $0.hasSuffix(".rescued") }, "\(names)")
    }

    /// A daemon with reports, the first of which is the first.
    private func daemon(reports: Int64 = 3) async throws -> DaemonUnderTest {
        let daemon = try DaemonUnderTest()
        try await daemon.start()
        for id in 1...reports { #expect(try daemon.post(DaemonUnderTest.report(id)).status == 200) }
        return daemon
    }

    /// Waits for the end, and answers what the daemon said.
    private func messageAtEnd(_ daemon: DaemonUnderTest) async throws -> String {
        #expect(try await daemon.process?.waitForExit() == .code(74))
        return try #require(daemon.process?.errors)
    }

    private func expectRefusal(_ daemon: DaemonUnderTest, _ message: String) async throws {
        try daemon.launch()
        let process = try #require(daemon.process)
        #expect(try await process.waitForExit() == .code(65), "\(process.errors)")
        #expect(process.errors.contains(message), "\(process.errors)")
    }

    @Test(arguments: deeds, [true, false])
    func `nothing is acknowledged any more within a second, and what was can be put back`(deed: String, isNew: Bool)
        async throws
    {
        let daemon = try DaemonUnderTest()
        try await daemon.start()
        var accepted: Set<Int64> = []
        for id in 1...3 as ClosedRange<Int64> {
            #expect(try daemon.post(DaemonUnderTest.report(id)).status == 200)
            accepted.insert(id)
        }
        try await shell(deed, daemon)
        // An equal report needs no write: nothing but a timer can find out.
        try await postUntilRefused(daemon, &accepted, isNew: isNew)
        #expect(try await daemon.process?.waitForExit() == .code(74))
        let message = try #require(daemon.process?.errors)
        #expect(message.contains("while it was written to"), "\(message)")
        // Either nothing is lost that way, or it does not start.
        try daemon.launch()
        let next = try #require(daemon.process)
        try await eventually("it starts, or is refused") {
            if next.errors.contains("listening on") { return true }
            return next.exit != nil
        }
        if next.errors.contains("listening on") {
            #expect(Set(try daemon.payments("received")).isSuperset(of: accepted))
        } else {
            #expect(try await next.waitForExit() == .code(65), "\(next.errors)")
            try await putBack(daemon, message)
        }
        #expect(try daemon.post(DaemonUnderTest.report(1000)).status == 200)
        try expectNothingRescued(daemon)
        try await daemon.end()
        #expect(Set(try daemon.payments("received")).isSuperset(of: accepted.union([1000])))
    }

    @Test func `a second daemon is refused though the lock was removed, and the first ends`() async throws {
        let daemon = try DaemonUnderTest()
        try await daemon.start()
        #expect(try daemon.post(DaemonUnderTest.report(1)).status == 200)
        // It cannot find out before the second has tried.
        daemon.process?.signal(SIGSTOP)
        try await shell("rm journal/lock", daemon)
        let second = try await daemon.run(
            ["serve", "--env-file", daemon.envFile],
            environment: [
                "ECRYPTOPAY_JOURNAL": daemon.journalDirectory, "ECRYPTOPAY_LISTEN": "127.0.0.1:0",
            ])
        #expect(second.exit == .code(75))
        #expect(second.errors.contains("was moved, replaced or removed"), "\(second.errors)")
        daemon.process?.signal(SIGCONT)
        #expect(try await daemon.process?.waitForExit() == .code(74))
        #expect(daemon.process?.errors.contains("/journal/lock was moved, replaced or removed") == true)
        try await daemon.start()
        try await daemon.end()
        #expect(try daemon.payments("received") == [1])
    }

    @Test func `a directory that is moved and linked to where it was goes on being written to`() async throws {
        let daemon = try DaemonUnderTest()
        try await daemon.start()
        #expect(try daemon.post(DaemonUnderTest.report(1)).status == 200)
        try await shell("mv journal x && ln -s x journal", daemon)
        // At the end it is looked for once more.
        #expect(try daemon.post(DaemonUnderTest.report(2)).status == 200)
        #expect(try await daemon.end() == .code(0))
        #expect(try daemon.payments("received") == [1, 2])
    }

    @Test(arguments: ["/", "//.", "/./"])
    func `a slash at the end of the directory's name keeps nothing from being saved`(end: String) async throws {
        let daemon = try DaemonUnderTest()
        let environment = ["ECRYPTOPAY_JOURNAL": daemon.journalDirectory + end]
        try await daemon.start(environment: environment)
        #expect(try daemon.post(DaemonUnderTest.report(1)).status == 200)
        try await shell("rm -r journal", daemon)
        let message = try await messageAtEnd(daemon)
        try daemon.launch(environment: environment)
        #expect(try await daemon.process?.waitForExit() == .code(65), "\(daemon.process?.errors ?? "")")
        try await putBack(daemon, message)
        try await daemon.end()
        #expect(try daemon.payments("received") == [1])
    }

    @Test func `without a place for a claim, a start says so, and so does the end`() async throws {
        let daemon = try DaemonUnderTest()
        let parent = try daemon.directory.makeDirectory("fixed")
        let place = try daemon.directory.write("\(parent)/journal", to: "place", mode: 0o600)
        try daemon.set("ECRYPTOPAY_JOURNAL_FILE", place)
        try await shell("mkdir -m 700 fixed/journal && chmod 500 fixed", daemon)
        // For the superuser, what makes the modes bind.
        let bound =
            geteuid() == 0
            ? [
                "/usr/bin/setpriv", "--bounding-set=-dac_override,-dac_read_search",
                "--inh-caps=-dac_override,-dac_read_search",
            ] : []
        try await daemon.start(through: bound)
        let warning = "create the directory \(parent)/journal.rescued, and give it to this user"
        #expect(daemon.process?.errors.contains(warning) == true)
        try await shell("chmod 700 fixed && mv fixed/journal fixed/x && chmod 500 fixed", daemon)
        let message = try await messageAtEnd(daemon)
        #expect(message.contains("Start no daemon before that is done"), "\(message)")
        #expect(message.contains("(mkdir \(parent)/journal.rescued: Permission denied"), "\(message)")
        // As that message and the warning say.
        try await shell("chmod 700 fixed && mv -T fixed/x fixed/journal && mkdir -m 700 fixed/journal.rescued", daemon)
        try await shell("chmod 500 fixed", daemon)
        try await daemon.start(through: bound)
        #expect(daemon.process?.errors.contains(warning) == false)
        try await shell("chmod 700 fixed && mv fixed/journal fixed/x && chmod 500 fixed", daemon)
        #expect(!(try await messageAtEnd(daemon)).contains("Start no daemon"))
        try await shell("chmod 700 fixed", daemon)
        try await expectRefusal(daemon, "lacks records")
    }

    @Test func `a claim that was moved into the new directory counts`() async throws {
        let daemon = try await daemon()
        try await shell("rm -r journal && mkdir journal", daemon)
        #expect(try await messageAtEnd(daemon).contains("move away what is in its place"))
        try await shell("mv journal.rescued journal", daemon)
        try await expectRefusal(daemon, "what it saved is in \(daemon.journalDirectory)/journal.rescued")
    }

    @Test func `what is mounted over the directory is told, and is to be unmounted`() async throws {
        let daemon = try DaemonUnderTest()
        let disk = try SmallDisk(daemon, options: "size=4m")
        try await disk.start()
        #expect(try daemon.post(DaemonUnderTest.report(1)).status == 200)
        let journal = "\(daemon.directory.path)/small/journal"
        try await disk.run("mkdir \(journal)2 && mount --bind \(journal)2 \(journal)")
        let process = try #require(disk.process)
        #expect(try await process.waitForExit() == .code(74))
        #expect(process.errors.contains("has been mounted over the journal's directory"), "\(process.errors)")
        #expect(process.errors.contains("hint: unmount it"), "\(process.errors)")
    }

    @Test func `a daemon on a copy does not pass for the journal that was moved, however long it gets`() async throws {
        let daemon = try await daemon(reports: 1)
        try await shell("cp -r journal copy", daemon)
        #expect(try daemon.post(DaemonUnderTest.report(2)).status == 200)
        let first = try #require(daemon.process)
        // It cannot find out before the second has started.
        first.signal(SIGSTOP)
        try await shell("mv journal x && mv copy journal", daemon)
        try daemon.set("ECRYPTOPAY_ADMIN_LISTEN", "127.0.0.1:0")
        try await daemon.start()
        for id in 100...109 as ClosedRange<Int64> {
            #expect(try daemon.post(DaemonUnderTest.report(id)).status == 200)
        }
        try await daemon.end()
        first.signal(SIGCONT)
        #expect(try await first.waitForExit() == .code(74))
        try await expectRefusal(daemon, "lacks records up to 3")
    }

    @Test func `a backup with the newest segment put into it is what it was, and nothing stays behind`() async throws {
        let daemon = try await daemon()
        try await shell("cp -a journal backup", daemon)
        #expect(try daemon.post(DaemonUnderTest.report(4)).status == 200)
        try await shell("rm -r journal", daemon)
        #expect(try await messageAtEnd(daemon).contains("put its newest segment"))
        try await shell("cp -a backup journal", daemon)
        try await expectRefusal(daemon, "lacks records up to 5")
        try await shell("cp -a journal.rescued/0*.jsonl journal", daemon)
        try await daemon.start()
        try expectNothingRescued(daemon)
        try await daemon.end()
        #expect(try daemon.payments("received") == [1, 2, 3, 4])
    }

    @Test(arguments: [true, false])
    func `nothing is acknowledged behind a cut, and a copy that was made before can be put back`(isNew: Bool)
        async throws
    {
        let daemon = try await daemon()
        try await shell("cp \(Self.segment) copy && : > \(Self.segment)", daemon)
        var accepted: Set<Int64> = [1, 2, 3]
        try await postUntilRefused(daemon, &accepted, isNew: isNew)
        let message = try await messageAtEnd(daemon)
        #expect(message.contains("was cut to 0 bytes while it was written to"), "\(message)")
        #expect(message.contains("its records from 1 on, up to 4, are gone"), "\(message)")
        #expect(message.contains("put the copy in its place"), "\(message)")
        try await expectRefusal(daemon, "Records up to 4 had been synced")
        try await shell("cp copy \(Self.segment)", daemon)
        try await daemon.start()
        try await daemon.end()
        #expect(Set(try daemon.payments("received")) == accepted)
    }
}
