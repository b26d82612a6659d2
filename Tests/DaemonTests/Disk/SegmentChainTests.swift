import Glibc
import HTTP1
import HTTPServer
import JSON
import JournalFormat
import POSIX
import TestSupport
import Testing

/// Segments that are missing, changed or another journal's, and the files that say what there must be, on the real binary.
struct SegmentChainTests {
    /// A daemon that has been stopped, on a journal of at least five segments.
    private func stopped(_ settings: [String: String] = [:]) async throws -> DaemonUnderTest {
        let daemon = try DaemonUnderTest()
        try daemon.set("ECRYPTOPAY_JOURNAL_SEGMENT_BYTES", "1024")
        for (key, value) in settings { try daemon.set(key, value) }
        try await daemon.start()
        for id in 1...20 { #expect(try daemon.post(DaemonUnderTest.report(Int64(id))).status == 200) }
        #expect(try await daemon.end() == .code(0))
        #expect(try segments(daemon).count >= 5)
        return daemon
    }

    private func segments(_ daemon: DaemonUnderTest) throws -> [String] {
        try daemon.directory.names(in: "journal").filter { SegmentName.firstSeq(of: $0) != nil }.sorted()
    }

    private func seqs(_ daemon: DaemonUnderTest) throws -> [Int64] {
        try daemon.journal().compactMap { $0["seq"]?.integer }
    }

    private func remove(_ name: String, _ daemon: DaemonUnderTest) throws {
        _ = try check("unlink") { unlink(daemon.directory.path(of: "journal/\(name)")) }
    }

    /// Starts it, and requires that it refuses, and says this.
    private func expectRefusal(_ daemon: DaemonUnderTest, _ words: String...) async throws {
        try daemon.launch()
        #expect(try await daemon.process?.waitForExit() == .code(65))
        let errors = try #require(daemon.process?.errors)
        for word in words { #expect(errors.contains(word), "\(errors)") }
    }

    private func expectService(_ daemon: DaemonUnderTest) async throws {
        try await daemon.start()
        #expect(try daemon.post(DaemonUnderTest.report(99)).status == 200)
        #expect(try await daemon.end() == .code(0))
        let verified = try await daemon.run(["journal", "verify", "--directory", daemon.journalDirectory])
        #expect(verified.exit == .code(0), "\(verified.errors)")
    }

    /// The command in the last line that `verify` prints, run.
    private func repairAsTold(_ daemon: DaemonUnderTest) async throws -> ChildProcess.Result {
        let verified = try await daemon.run(["journal", "verify", "--directory", daemon.journalDirectory])
        #expect(verified.exit == .code(65))
        let words = try #require(verified.errors.split(separator: "\n").last).split(separator: " ").map(String.init)
        #expect(words.starts(with: ["ecryptopayd", "journal", "repair"]), "\(verified.errors)")
        return try await daemon.run(words.dropFirst() + ["--yes"])
    }

    @Test(arguments: [true, false])
    func `a segment that is missing after a clean stop is missed, and the rest goes on without it when told to`(
        hasManifest: Bool
    ) async throws {
        let daemon = try await stopped()
        let segments = try segments(daemon)
        let missing = try seqs(daemon).filter {
            $0 >= SegmentName.firstSeq(of: segments[1])! && $0 < SegmentName.firstSeq(of: segments[2])!
        }
        let before = try seqs(daemon)
        try remove(segments[1], daemon)
        if !hasManifest { try remove("segments", daemon) }
        let lost = "records \(missing[0]) to \(missing[missing.count - 1]) cannot be read"
        try await expectRefusal(
            daemon, hasManifest ? "\(segments[1]): the segment is gone" : "\(segments[2]) at byte 0", lost)
        let repaired = try await repairAsTold(daemon)
        #expect(repaired.output.contains("\(missing.count) records are given up, and nothing is cut"))
        #expect(Set(try seqs(daemon)) == Set(before).subtracting(missing))
        try await expectService(daemon)
    }

    @Test
    func
        `a segment of another journal or cut short is found by the start, with a manifest and without`()
        async throws
    {
        let other = try await stopped()
        let daemon = try await stopped()
        let segment = try segments(daemon)[1]
        let whole = try daemon.directory.read("journal/\(segment)")
        let foreign = try other.directory.read("journal/\(segment)")
        _ = try daemon.directory.write(foreign, to: "journal/\(segment)")
        try remove("checkpoint", daemon)
        try await expectRefusal(daemon, segment, "it is of the journal")
        try remove("segments", daemon)
        try await expectRefusal(daemon, segment, "it is of the journal")
        _ = try daemon.directory.write(whole.dropLast(10) + [], to: "journal/\(segment)")
        try await expectRefusal(daemon, segment)
        _ = try daemon.directory.write(whole, to: "journal/\(segment)")
        try await expectService(daemon)
    }

    @Test(arguments: ["pruned", "dropped"])
    func `a damaged file beside the segments is named, and what its hint says loses nothing`(file: String) async throws
    {
        let daemon = try await stopped()
        let segments = try segments(daemon)
        let gone = file == "pruned" ? 0 : 1
        let first = SegmentName.firstSeq(of: segments[gone]) ?? 0
        let next = SegmentName.firstSeq(of: segments[gone + 1]) ?? 0
        for name in [segments[gone], "segments"] { try remove(name, daemon) }
        var content = file == "pruned" ? DurableMark.encode(next) : DroppedRanges([first...next - 1]).encode()
        // Without its last newline it is what it was.
        _ = try daemon.directory.write(content.dropLast() + [], to: "journal/\(file)")
        try await expectService(daemon)
        let before = try seqs(daemon)
        content[5] ^= 1
        _ = try daemon.directory.write(content, to: "journal/\(file)")
        try remove("segments", daemon)
        try await expectRefusal(daemon, "\(file): the file is damaged; it says ")
        _ = try await repairAsTold(daemon)
        #expect(try seqs(daemon) == before)
        try await expectService(daemon)
        #expect(try seqs(daemon).starts(with: before))
    }

    @Test func `a last line that lacks only its newline is completed`() async throws {
        let daemon = try DaemonUnderTest()
        try await daemon.start()
        for id in 1...3 { _ = try daemon.post(DaemonUnderTest.report(Int64(id))) }
        try await daemon.end(SIGKILL)
        let segment = "journal/\(SegmentName.name(firstSeq: 1))"
        _ = try daemon.directory.write(try daemon.directory.read(segment).dropLast() + [], to: segment)
        let verified = try await daemon.run(["journal", "verify", "--directory", daemon.journalDirectory])
        #expect(verified.errors.contains("only the newline at the end of the line is missing"), "\(verified.errors)")
        #expect(verified.errors.contains("hint: start the daemon, which adds it"), "\(verified.errors)")
        try await expectService(daemon)
        #expect(try daemon.payments("received") == [1, 2, 3, 99])
        #expect(try !daemon.directory.names(in: "journal").contains { $0.contains(".torn") })
    }

    @Test
    func
        `what waits for a shop is delivered, though a start began its segment, all before was pruned and no checkpoint is there`()
        async throws
    {
        let sandbox = try await SandboxProcess.start()
        let shop = try ShopServer { $0.respond(Response(status: 503)) }
        let daemon = try DaemonUnderTest(apiURL: sandbox.apiURL, account: sandbox.settings)
        try daemon.set("ECRYPTOPAY_RECONCILE_INTERVAL", "0")
        try daemon.set("ECRYPTOPAY_JOURNAL_SEGMENT_BYTES", "2048")
        try daemon.set("ECRYPTOPAY_FORWARD_URLS", shop.url)
        try daemon.set("ECRYPTOPAY_FORWARD_SECRET", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
        try await daemon.startWithBaseline()
        // Until the next start finds the segment full.
        var id: Int64 = 0
        repeat {
            try await daemon.end()
            try await daemon.start()
            id = try sandbox.create()
        } while try segments(daemon).last == segments(daemon).first
        let newest = try #require(try segments(daemon).last)
        try sandbox.move(id, to: "paid")
        #expect(try daemon.post(DaemonUnderTest.report(id)).status == 200)
        try await eventually("it is confirmed") { try daemon.records("confirmed", payment: id).count == 1 }
        try await daemon.end()
        let pruned = try await daemon.run(["journal", "prune", "--keep", "0d", "--directory", daemon.journalDirectory])
        #expect(pruned.exit == .code(0), "\(pruned.errors)")
        #expect(try segments(daemon).first == newest, "\(pruned.output)")
        if try daemon.directory.names(in: "journal").contains("checkpoint") { try remove("checkpoint", daemon) }
        shop.change { $0.respond(Response(status: 204)) }
        try await daemon.start()
        try await eventually("it is delivered") { try daemon.records("delivered").count == 1 }
        try await daemon.end()
    }
}
