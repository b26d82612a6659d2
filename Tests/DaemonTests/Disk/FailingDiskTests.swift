import Glibc
import POSIX
import TestSupport
import Testing

/// P7 on the real binary, with system calls that strace makes fail.
struct FailingDiskTests {
    /// Runs the daemon under strace with a fault in the calls on its segment; with -D it keeps its process id. strace counts
    /// calls by thread, and which thread commits is for Dispatch to say.
    private func start(
        _ daemon: DaemonUnderTest, fault: String, environment: [String: String] = [:]
    ) async throws -> ChildProcess {
        // strace knows a path only if it is there.
        try await daemon.start()
        try await daemon.end()
        try daemon.set("ECRYPTOPAY_JOURNAL", daemon.journalDirectory)
        let process = try ChildProcess(
            "/usr/bin/strace",
            [
                "-D", "-f", "-qq", "-o", "/dev/null", "-P", "\(daemon.journalDirectory)/00000000000000000001.jsonl",
                "-e",
                fault, try builtBinary(named: "ecryptopayd"), "serve", "--env-file", daemon.envFile,
            ], environment: environment, workingDirectory: daemon.directory.path,
            sockets: [.init(name: "webhook", descriptor: daemon.listeningDescriptor)])
        try await process.waitForOutput(containing: "listening on")
        return process
    }

    @Test func `a failed fdatasync is final: no acknowledgement, ERRNO to systemd, exit 74`() async throws {
        let daemon = try DaemonUnderTest()
        let listener = try NotifyListener(path: daemon.directory.path(of: "notify"))
        let process = try await start(
            daemon, fault: "inject=fdatasync:error=EIO:when=3+", environment: ["NOTIFY_SOCKET": listener.path])
        var statuses: [Int] = []
        while statuses.last != 503, statuses.count < 100 {
            statuses.append(try daemon.post(DaemonUnderTest.report(Int64(statuses.count + 1))).status)
        }
        #expect(statuses.last == 503)
        #expect(try await process.waitForExit() == .code(74))
        #expect(try listener.next { $0.hasPrefix("ERRNO=\(EIO)\n") }.contains("STATUS="))
        #expect(process.errors.contains("00000000000000000001.jsonl: Input/output error"), "the file is named")
        // What was acknowledged before is there, and what was not may come again.
        try await daemon.start()
        for id in statuses.indices {
            #expect(try daemon.post(DaemonUnderTest.report(Int64(id + 1))).status == 200)
        }
        try await daemon.end()
        let journaled = Set(try daemon.payments("received"))
        #expect(journaled == Set((1...statuses.count).map { Int64($0) }))
    }

    @Test func `a failed write is answered 503, and 200 again when the disk has room`() async throws {
        let daemon = try DaemonUnderTest()
        let process = try await start(daemon, fault: "inject=pwrite64:error=ENOSPC:when=3")
        var accepted: [Int64] = []
        var id: Int64 = 0
        func post() throws -> ClientAnswer {
            id += 1
            let answer = try daemon.post(DaemonUnderTest.report(id))
            if answer.status == 200 { accepted.append(id) }
            return answer
        }
        var refused = try post()
        while refused.status == 200, id < 100 { refused = try post() }
        #expect(refused.status == 503)
        #expect(refused.field("retry-after") != nil)
        while try post().status != 200, id < 200 {}
        #expect(accepted.last == id)
        process.signal(SIGTERM)
        #expect(try await process.waitForExit() == .code(0))
        #expect(process.errors.contains("No space left on device"))
        #expect(try daemon.payments("received") == accepted)
        let verified = try await daemon.run(["journal", "verify", "--directory", daemon.journalDirectory])
        #expect(verified.exit == .code(0), "\(verified.errors)")
    }

    @Test func `a sync that takes longer than a second is logged with its duration`() async throws {
        let daemon = try DaemonUnderTest()
        let process = try await start(daemon, fault: "inject=fdatasync:delay_enter=1200000:when=1+")
        #expect(try daemon.post(DaemonUnderTest.report(1)).status == 200)
        try await process.waitForOutput(containing: "ms to write and sync")
        process.signal(SIGTERM)
        #expect(try await process.waitForExit() == .code(0))
    }

    @Test func `a disk that fills up is answered 503 while it is full, and 200 again afterwards`() async throws {
        let daemon = try DaemonUnderTest()
        let disk = try SmallDisk(daemon, options: "size=256k")
        try await disk.start()
        let padding = String(repeating: "x", count: 8000)
        var id: Int64 = 0
        var accepted: [Int64] = []
        func post(_ padding: String) throws -> Int {
            id += 1
            let status = try daemon.post(#"{"id":\#(id),"state":"paid","qr_image_path":"\#(padding)"}"#).status
            if status == 200 { accepted.append(id) }
            return status
        }
        while try post(padding) == 200, id < 200 {}
        #expect(id < 200, "256 KiB hold no two hundred reports of 8 KB")
        #expect(try post(padding) == 503, "it stays full")
        // Room is made, without a restart.
        try await disk.remount("size=1m")
        #expect(try post(padding) == 200)
        let verified = try await daemon.run(["journal", "stats", "--json", "--directory", disk.visibleJournal])
        #expect(verified.exit == .code(0), "\(verified.errors)")
        #expect(verified.output.contains("\"received\":\(accepted.count)"), "\(verified.output)")
        #expect(try await disk.end() == .code(0))
    }

    @Test func `a file system without inodes is told by its health, though it has room, and is used again by itself`()
        async throws
    {
        let daemon = try DaemonUnderTest()
        try daemon.set("ECRYPTOPAY_JOURNAL_SEGMENT_BYTES", "1024")
        // For itself, the directory, the lock, the mark and two segments.
        let disk = try SmallDisk(daemon, options: "size=1m,nr_inodes=6")
        try await disk.start()
        var id: Int64 = 0
        func post() throws -> Int {
            id += 1
            return try daemon.post(DaemonUnderTest.report(id)).status
        }
        while try post() == 200, id < 100 {}
        #expect(id < 100)
        for answer in [try daemon.health(), try daemon.ask("/readyz")] {
            #expect(answer.status == 503 && answer.body.contains("df -i"), "\(answer.body)")
        }
        #expect(try #require(try daemon.metric("ecryptopayd_disk_free_bytes")) > 500_000)
        try await disk.remount("nr_inodes=100")
        try await eventually("it is ready, though no webhook came") { try daemon.ask("/readyz").status == 200 }
        #expect(try post() == 200)
        #expect(try await disk.end() == .code(0))
    }

    @Test(arguments: ["size=256k", "size=1m,nr_inodes=1", "size=1m,nr_inodes=3"])
    func `a start on a full disk answers 503 behind its sockets, and serves by itself when there is room`(
        options: String
    ) async throws {
        let daemon = try DaemonUnderTest()
        let listener = try NotifyListener(path: daemon.directory.path(of: "notify"))
        let disk = try SmallDisk(daemon, options: options)
        let fill = options.contains("nr_inodes") ? "true" : "(cat /dev/zero >fill || true)"
        let process = try disk.launch(after: fill, environment: ["NOTIFY_SOCKET": listener.path])
        let waiting = try listener.next { $0.contains("webhooks answered 503: ") }
        #expect(waiting.contains("EXTEND_TIMEOUT_USEC=") && waiting.contains("No space left on device"))
        let refused = try daemon.post(DaemonUnderTest.report(1))
        #expect(refused.status == 503 && refused.field("retry-after") != nil)
        for answer in [try daemon.health(), try daemon.ask("/healthz"), try daemon.ask("/readyz")] {
            #expect(answer.status == 503 && answer.body.contains("No space left on device"), "\(answer.body)")
        }
        #expect(try daemon.ask("/readyz", host: "evil.example").status == 403)
        let next = try listener.next { _ in true }
        #expect(next.contains("EXTEND_TIMEOUT_USEC=") && !next.contains("READY=1"), "it is tried again: \(next)")
        try await disk.run("cd \(daemon.directory.path)/small && rm -f fill && mount -o remount,nr_inodes=100 .")
        _ = try listener.next { $0.contains("READY=1") }
        #expect(try daemon.post(DaemonUnderTest.report(1)).status == 200)
        #expect(try daemon.ask("/readyz").status == 200)
        #expect(process.exit == nil)
        #expect(try await disk.end() == .code(0))
    }

    @Test func `a start that waits for room is stopped by SIGTERM`() async throws {
        let daemon = try DaemonUnderTest()
        let disk = try SmallDisk(daemon, options: "nr_inodes=1")
        try await disk.launch().waitForOutput(containing: "until there is room")
        #expect(try await disk.end() == .code(0))
    }

    @Test func `a segment that is a directory stops the start, and is left alone`() async throws {
        let daemon = try DaemonUnderTest()
        _ = try daemon.directory.makeDirectory("journal")
        _ = try daemon.directory.makeDirectory("journal/00000000000000000001.jsonl")
        try daemon.launch()
        #expect(try await daemon.process?.waitForExit() == .code(74))
        let errors = try #require(daemon.process?.errors)
        #expect(errors.contains("00000000000000000001.jsonl: Is a directory"), "\(errors)")
        #expect(errors.contains("ECRYPTOPAY_JOURNAL="))
        #expect(try daemon.directory.names(in: "journal").contains("00000000000000000001.jsonl"))
    }

    @Test func `a journal that would have to be made on a read-only file system stops the start with 74`() async throws
    {
        let daemon = try DaemonUnderTest()
        let process = try SmallDisk(daemon, options: "ro").launch()
        #expect(try await process.waitForExit() == .code(74))
        #expect(process.errors.contains("Read-only file system"), "\(process.errors)")
        #expect(process.errors.contains("ECRYPTOPAY_JOURNAL="))
    }
}
