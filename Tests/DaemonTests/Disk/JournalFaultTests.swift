import Glibc
import JSON
import POSIX
import TestSupport
import Testing

/// P7 on the real binary: what happens when the file system refuses a file, a name or a directory.
@Suite(.serialized) struct JournalFaultTests {
    /// Posts reports of new payments, one after the other.
    private struct Sender {
        let daemon: DaemonUnderTest
        var id: Int64 = 0
        var accepted: [Int64] = []

        mutating func post() throws -> Int {
            id += 1
            let status = try daemon.post(DaemonUnderTest.report(id)).status
            if status == 200 { accepted.append(id) }
            return status
        }

        mutating func postUntilRefused() throws -> Int {
            var status = try post()
            while status == 200, id < 100 { status = try post() }
            return status
        }
    }

    private func expectWhole(_ daemon: DaemonUnderTest) async throws {
        let verified = try await daemon.run(["journal", "verify", "--directory", daemon.journalDirectory])
        #expect(verified.exit == .code(0), "\(verified.errors)")
    }

    @Test func `a directory that cannot be listed stops the start, and nothing in it is changed`() async throws {
        let daemon = try DaemonUnderTest()
        var sender = Sender(daemon: daemon)
        try await daemon.start()
        for _ in 0..<3 { #expect(try sender.post() == 200) }
        try await daemon.end()
        let before = try daemon.directory.names(in: "journal")
        let size = try daemon.journal().count
        try daemon.launch(
            through: FaultyDisk.wrapper("getdents64:error=EIO", paths: [daemon.journalDirectory]))
        #expect(try await daemon.process?.waitForExit() == .code(74))
        #expect(daemon.process?.errors.contains("readdir \(daemon.journalDirectory): Input/output error") == true)
        #expect(try daemon.directory.names(in: "journal") == before)
        #expect(try daemon.journal().count == size)
    }

    // MARK: While it runs

    @Test(arguments: ["ENOSPC", "EMFILE", "EIO"])
    func `a segment that cannot be created is answered 503, and 200 again once it can, without a restart`(
        error: String
    ) async throws {
        let daemon = try DaemonUnderTest()
        let disk = FaultyDisk(daemon)
        try daemon.set("ECRYPTOPAY_JOURNAL_SEGMENT_BYTES", "1024")
        try await daemon.start(through: disk.wrapper("openat:error=\(error)"))
        var sender = Sender(daemon: daemon)
        for _ in 0..<8 { #expect(try sender.post() == 200) }
        try disk.strike()
        #expect(try sender.postUntilRefused() == 503)
        #expect(try sender.post() == 503, "it is tried anew, and fails anew")
        try disk.relent()
        // The journal may be telling those whom the last failure refused.
        try await eventually("a report is accepted again") { try sender.post() == 200 }
        for _ in 0..<8 { #expect(try sender.post() == 200) }
        #expect(try await daemon.end() == .code(0))
        #expect(daemon.process?.errors.contains("openat \(daemon.journalDirectory)/0000") == true)
        #expect(try daemon.payments("received") == sender.accepted)
        try await expectWhole(daemon)
        try await daemon.start()
        #expect(try sender.post() == 200)
        try await daemon.end()
        #expect(try daemon.payments("received") == sender.accepted)
    }

    @Test(arguments: ["ENOSPC", "EDQUOT", "EIO", "EROFS"])
    func `writes that fail while the disk reports room are told everywhere, and no webhook is needed to end that`(
        error: String
    ) async throws {
        let daemon = try DaemonUnderTest()
        let disk = FaultyDisk(daemon)
        let listener = try NotifyListener(path: daemon.directory.path(of: "notify"))
        // What is read-only refuses to be cut, too.
        let calls = error == "EROFS" ? "pwrite64,ftruncate" : "pwrite64"
        try await daemon.start(
            environment: ["NOTIFY_SOCKET": listener.path],
            through: disk.wrapper("\(calls):error=\(error)", files: [Self.segment]))
        var sender = Sender(daemon: daemon)
        #expect(try sender.post() == 200)
        let metric = "ecryptopayd_journal_write_failures_total{errno=\"\(error)\"}"
        #expect(try daemon.metric(metric) == 0)
        try disk.strike()
        #expect(try sender.post() == 503)
        let reason = "the journal could not be written: pwrite \(daemon.journalDirectory)/\(Self.segment): "
        for answer in [try daemon.health(), try daemon.ask("/healthz"), try daemon.ask("/readyz")] {
            #expect(answer.status == 503 && answer.body.contains(reason), "\(answer.body)")
        }
        let problems = try #require(try daemon.status()["problems"]?.array?.compactMap(\.string))
        #expect(problems.contains { $0.hasPrefix(reason) && $0.contains("; hint: ") }, "\(problems)")
        #expect(try listener.next { $0.contains("webhooks answered 503") }.contains(reason))
        try await eventually("it is tried again") { try daemon.metric(metric) ?? 0 >= 2 }
        try disk.relent()
        try await eventually("it is ready, though no webhook came") { try daemon.ask("/readyz").status == 200 }
        #expect(try daemon.health().status == 200)
        #expect(try sender.post() == 200)
        #expect(try await daemon.end() == .code(0))
        #expect(try daemon.payments("received") == sender.accepted)
        try await expectWhole(daemon)
    }

    @Test func `a report that cannot be read back is confirmed as soon as it can`() async throws {
        let sandbox = try await SandboxProcess.start()
        let daemon = try DaemonUnderTest(apiURL: sandbox.apiURL, account: sandbox.settings)
        let disk = FaultyDisk(daemon)
        let id = try sandbox.create()
        try await daemon.start(through: disk.wrapper("openat:error=EIO"))
        try disk.strike()
        #expect(
            try daemon.post(DaemonUnderTest.report(id, state: "pending")).status == 200, "nothing is opened for that")
        try await daemon.process?.waitForOutput(containing: "it will be fetched again: openat")
        #expect(daemon.process?.errors.contains("00000000000000000001.jsonl: Input/output error") == true)
        func isSettled() throws -> Bool {
            let report = try #require(try daemon.records("received", payment: id).first?["seq"])
            return try daemon.records("confirmed", payment: id).contains { $0["of"] == .array([report]) }
        }
        #expect(try !isSettled())
        try disk.relent()
        try await eventually("the confirmation") { try isSettled() }
        #expect(try await daemon.end() == .code(0))
    }

    @Test func `a failed sync of the directory behind a new segment ends the daemon with 74`() async throws {
        let daemon = try DaemonUnderTest()
        let disk = FaultyDisk(daemon)
        let listener = try NotifyListener(path: daemon.directory.path(of: "notify"))
        try daemon.set("ECRYPTOPAY_JOURNAL_SEGMENT_BYTES", "1024")
        try await daemon.start(
            environment: ["NOTIFY_SOCKET": listener.path], through: disk.wrapper("fsync:error=EIO"))
        var sender = Sender(daemon: daemon)
        for _ in 0..<8 { #expect(try sender.post() == 200) }
        try disk.strike()
        #expect(try sender.postUntilRefused() == 503)
        #expect(try await daemon.process?.waitForExit() == .code(74))
        #expect(try listener.next { $0.hasPrefix("ERRNO=\(EIO)\n") }.contains("STATUS=the journal failed for good"))
        #expect(daemon.process?.errors.contains("fsync \(daemon.journalDirectory): Input/output error") == true)
        try disk.relent()
        // What was acknowledged is there; what was not may come again.
        let before = sender.accepted
        #expect(Set(before).isSubset(of: try daemon.payments("received")))
        try await daemon.start()
        #expect(daemon.process?.errors.contains("was created and nothing written to it") == true, "nothing was torn")
        sender.id = 0
        for _ in 0...before.count { #expect(try sender.post() == 200) }
        #expect(try await daemon.end() == .code(0))
        // One that the API was being asked about is journaled again.
        #expect(Set(try daemon.payments("received")) == Set(1...Int64(before.count) + 1))
        try await expectWhole(daemon)
    }

    // MARK: When it stops

    @Test func `a sync that fails during the stop is told to systemd, and ends the daemon with 74`() async throws {
        let daemon = try DaemonUnderTest()
        let disk = FaultyDisk(daemon)
        let listener = try NotifyListener(path: daemon.directory.path(of: "notify"))
        var sender = Sender(daemon: daemon)
        try await daemon.start(
            environment: ["NOTIFY_SOCKET": listener.path],
            through: disk.wrapper("fdatasync:error=EIO", files: ["00000000000000000001.jsonl"]))
        #expect(try sender.post() == 200)
        try disk.strike()
        #expect(try await daemon.end() == .code(74))
        #expect(try listener.next { $0.hasPrefix("ERRNO=\(EIO)\n") }.contains("STATUS="))
        #expect(daemon.process?.errors.contains("the journal failed for good") == true)
        try disk.relent()
        try await daemon.start()
        #expect(try await daemon.end() == .code(0))
        #expect(try daemon.payments("received") == sender.accepted)
    }

    @Test(arguments: ["?renameat,?renameat2", "fsync", "fdatasync", "openat"])
    func `a checkpoint that cannot be written is told, and neither the stop nor the next start suffers`(
        call: String
    ) async throws {
        let daemon = try DaemonUnderTest()
        let disk = FaultyDisk(daemon)
        var sender = Sender(daemon: daemon)
        // There is an older checkpoint.
        try await daemon.start()
        #expect(try sender.post() == 200)
        try await daemon.end()
        try await daemon.start(through: disk.wrapper("\(call):error=EIO", files: ["checkpoint.new"]))
        for _ in 0..<3 { #expect(try sender.post() == 200) }
        try disk.strike()
        #expect(try await daemon.end() == .code(0))
        let errors = try #require(daemon.process?.errors)
        #expect(errors.contains("warning  no checkpoint could be written ("), "\(errors)")
        #expect(errors.contains("Input/output error): nothing is lost"))
        try disk.relent()
        #expect(try !daemon.directory.names(in: "journal").contains("checkpoint.new"), "it would take room for nothing")
        #expect(try daemon.journal().last?["kind"]?.string == "closed")
        let listener = try NotifyListener(path: daemon.directory.path(of: "notify"))
        try await daemon.start(environment: ["NOTIFY_SOCKET": listener.path])
        #expect(try listener.next { $0.hasPrefix("READY=1") }.contains("4 journaled, 4 awaiting confirmation"))
        #expect(try await daemon.end() == .code(0))
        #expect(daemon.process?.errors.contains("no checkpoint") == false)
    }

    // MARK: When it starts

    private static let segment = "00000000000000000001.jsonl"

    /// A journal of two acknowledged reports, from a daemon that was killed: no checkpoint.
    private func killed() async throws -> DaemonUnderTest {
        let daemon = try DaemonUnderTest()
        try await daemon.start()
        for id in [1, 2] as [Int64] { #expect(try daemon.post(DaemonUnderTest.report(id)).status == 200) }
        try await daemon.end(SIGKILL)
        return daemon
    }

    @Test(
        arguments: [
            ("", "EACCES", 77, "let this user"), ("", "EIO", 74, "kernel's log"),
            ("/lock", "EACCES", 77, "let this user"),
            ("/durable", "EIO", 74, "kernel's log"), ("/place", "EIO", 74, "kernel's log"),
            ("/place", "EACCES", 77, "let this user"), ("/\(segment)", "EIO", 74, "kernel's log"),
            ("/\(segment)", "EACCES", 77, "let this user"),
            ("/\(segment)", "EMFILE", 74, "raise the limit of open files"),
        ] as [(String, String, Int32, String)])
    func `a file that cannot be opened at the start is named, with the mend, and nothing is changed`(
        name: String, error: String, code: Int32, hint: String
    ) async throws {
        let daemon = try await killed()
        let before = try daemon.journal()
        let path = daemon.journalDirectory + name
        let paths = [path] + (name.isEmpty ? [] : [String(name.dropFirst())])
        try daemon.launch(through: FaultyDisk.wrapper("openat:error=\(error)", paths: paths))
        #expect(try await daemon.process?.waitForExit() == .code(code))
        let errors = try #require(daemon.process?.errors)
        #expect(errors.contains("ECRYPTOPAY_JOURNAL=\(daemon.journalDirectory) cannot be used: "), "\(errors)")
        #expect(errors.contains(" \(path): "), "\(errors)")
        #expect(errors.contains(hint), "\(errors)")
        #expect(try daemon.journal() == before)
        try await daemon.start()
        #expect(try await daemon.end() == .code(0))
        #expect(try daemon.payments("received") == [1, 2])
    }

    @Test func `a directory that cannot be synced stops the start`() async throws {
        let daemon = try await killed()
        try daemon.launch(through: FaultyDisk.wrapper("fsync:error=EIO", paths: [daemon.journalDirectory]))
        #expect(try await daemon.process?.waitForExit() == .code(74))
        let errors = try #require(daemon.process?.errors)
        #expect(errors.contains("fsync \(daemon.journalDirectory): Input/output error; look for the disk's errors"))
        try await daemon.start()
        #expect(try await daemon.end() == .code(0))
        #expect(try daemon.payments("received") == [1, 2])
    }

    @Test func `a start whose checkpoint cannot be opened reads the records instead`() async throws {
        let daemon = try await killed()
        try await daemon.start()
        try await daemon.end()
        #expect(try daemon.directory.names(in: "journal").contains("checkpoint"))
        try await daemon.start(through: FaultyDisk.wrapper("openat:error=EIO", paths: ["checkpoint"]))
        #expect(try daemon.post(DaemonUnderTest.report(3)).status == 200)
        #expect(try await daemon.end() == .code(0))
        #expect(try daemon.payments("received") == [1, 2, 3])
    }
}
