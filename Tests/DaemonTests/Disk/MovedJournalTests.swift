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
    ]

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
        let command = try #require(message.firstMatch(of: /"(mv [^"]+)"/)).output.1
        if message.contains("move away what is in its place") { try await shell("rm -rf journal", daemon) }
        try await shell(String(command), daemon)
        try await daemon.start()
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
}
