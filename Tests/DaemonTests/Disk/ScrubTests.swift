import Glibc
import JSON
import JournalFormat
import POSIX
import TestSupport
import Testing

/// A running daemon reads its closed segments, and tells of damage at rest.
struct ScrubTests {
    /// A daemon with some closed segments, which has not read any of them yet.
    private func daemon(_ scrub: String) async throws -> DaemonUnderTest {
        let daemon = try DaemonUnderTest()
        try daemon.set("ECRYPTOPAY_JOURNAL_SEGMENT_BYTES", "1024")
        try daemon.set("ECRYPTOPAY_SCRUB", scrub)
        try await daemon.start()
        for id in 1...12 as ClosedRange<Int64> {
            #expect(try daemon.post(DaemonUnderTest.report(id)).status == 200)
        }
        #expect(try daemon.directory.names(in: "journal").count { $0.hasSuffix(".jsonl") } > 2)
        return daemon
    }

    private func scrub(_ daemon: DaemonUnderTest) throws -> JSONValue? { try daemon.status()["journal"]?["scrub"] }

    private func damage(_ daemon: DaemonUnderTest) throws -> String? {
        try daemon.status()["problems"]?.array?.compactMap(\.string).first { $0.hasPrefix("the journal is damaged") }
    }

    /// The ids of the daemon's threads that read segments.
    private func threads(_ daemon: DaemonUnderTest) throws -> [String] {
        let tasks = "/proc/\(try #require(daemon.process?.pid))/task"
        return try FileCalls.names(in: tasks).filter {
            String(decoding: try readFile("\(tasks)/\($0)/comm"), as: UTF8.self) == "journal.scrub\n"
        }
    }

    private let read = "ecryptopayd_journal_scrub_read_bytes_total"
    private let completed = "ecryptopayd_journal_scrub_last_complete_timestamp_seconds"

    @Test func `a bit that flips in a closed segment becomes a problem with its place, and goes when it is restored`()
        async throws
    {
        let daemon = try await daemon("1s")
        try await eventually("a round has ended") { try daemon.metric(completed) != nil }
        #expect(try damage(daemon) == nil)
        let place = try daemon.flipBit("received", payment: 3)
        try await eventually("status tells of it") { try damage(daemon)?.contains(place) == true }
        #expect(
            try damage(daemon)?.contains(" cannot be read; hint: restore \(place.prefix(26)) from a backup;") == true)
        #expect(try daemon.metric("ecryptopayd_journal_damaged_places") == 1)
        #expect(try daemon.ask("/").body.contains(place))
        #expect(try daemon.post(DaemonUnderTest.report(13)).status == 200)
        // The log has it once, however often it is read.
        let rounds = try daemon.metric(completed)
        try await eventually("another round has ended") { try daemon.metric(completed) ?? 0 > rounds ?? 0 }
        #expect(daemon.process?.errors.split(separator: "\n").count { $0.contains("is damaged: \(place)") } == 1)
        // The bit flips back.
        let mended = try daemon.flipBit("received", payment: 3)
        #expect(mended == place)
        try await eventually("it is no problem any more") { try damage(daemon) == nil }
        try await daemon.process?.waitForOutput(containing: "has been read again, and is not damaged any more")
        #expect(try await daemon.end() == .code(0))
    }

    @Test func `with 0 nothing is read, until a reload says otherwise`() async throws {
        let daemon = try await daemon("0")
        #expect(try scrub(daemon)?["round_seconds"]?.integer == 0)
        #expect(try scrub(daemon)?["began_at"] == .null && scrub(daemon)?["last_complete_at"] == .null)
        try daemon.set("ECRYPTOPAY_SCRUB", "2s")
        #expect(try threads(daemon) == [] && daemon.metric(read) == 0)
        #expect(try !daemon.directory.names(in: "journal").contains("scrub"))
        daemon.process?.signal(SIGHUP)
        try await eventually("a round has ended") { try daemon.metric(completed) != nil }
        #expect(try daemon.metric(read) ?? 0 > 0)
        // Processor and disk are for others first.
        let thread = try #require(try threads(daemon).first)
        let priority = try await ChildProcess.run("/bin/sh", ["-c", "ionice -p \(thread); chrt -p \(thread)"])
        #expect(priority.output.hasPrefix("idle\n") && priority.output.contains("SCHED_IDLE"), "\(priority)")
        try daemon.set("ECRYPTOPAY_SCRUB", "0")
        daemon.process?.signal(SIGHUP)
        try await eventually("the daemon reads nothing") { try scrub(daemon)?["round_seconds"]?.integer == 0 }
        #expect(try await daemon.end() == .code(0))
    }

    @Test func `a round goes on after a restart, and takes what the setting says`() async throws {
        let daemon = try await daemon("1s")
        try await eventually("a round has ended") { try daemon.metric(completed) != nil }
        #expect(try await daemon.end() == .code(0))
        let position = try daemon.directory.readText("journal/scrub")
        try daemon.set("ECRYPTOPAY_SCRUB", "365d")
        try await daemon.start()
        try await eventually("it is read") { try scrub(daemon)?["began_at"]?.string != nil }
        #expect(try daemon.directory.readText("journal/scrub") == position)
        #expect(try scrub(daemon)?["last_complete_at"]?.string != nil)
        #expect(try daemon.metric("ecryptopayd_journal_scrub_round_seconds") == 365 * 86400)
        // The pause that is under way ends at once.
        #expect(try await daemon.end() == .code(0))
        let verified = try await daemon.run(["journal", "verify", "--directory", daemon.journalDirectory])
        #expect(verified.exit == .code(0), "\(verified.errors)")
    }

    @Test func `damage names the last backup that has the record, and its age is told`() async throws {
        let daemon = try await daemon("1s")
        #expect(try daemon.metric("ecryptopayd_journal_last_backup_timestamp_seconds") == nil)
        #expect(try daemon.status()["journal"]?["last_backup_at"] == .null)
        let backup = LastBackup(seq: 12, time: 1_790_000_000_000_000_000, directory: "/mnt/backup")
        try daemon.directory.write(backup.encode(), to: "journal/\(LastBackup.name)")
        #expect(try daemon.metric("ecryptopayd_journal_last_backup_timestamp_seconds") == 1_790_000_000)
        #expect(try daemon.status()["journal"]?["last_backup_at"]?.string == "2026-09-21T14:13:20Z")
        let place = try daemon.flipBit("received", payment: 3)
        try await eventually("status tells of it") { try damage(daemon)?.contains(place) == true }
        #expect(
            try damage(daemon)?.contains(
                "restore \(place.prefix(26)) from a backup (the last one, of 2026-09-21T14:13:20Z, is /mnt/backup); as")
                == true)
        #expect(try await daemon.end() == .code(0))
    }

    /// The first record of the first segment, by its name: what is opened may be gone.
    private func beginning(_ daemon: DaemonUnderTest) throws -> Int64 {
        try daemon.directory.names(in: "journal").compactMap { SegmentName.firstSeq(of: $0) }.min() ?? 0
    }

    @Test func `segments that go while they are read are no damage`() async throws {
        let sandbox = try await SandboxProcess.start()
        let daemon = try DaemonUnderTest(apiURL: sandbox.apiURL, account: sandbox.settings)
        for (key, value) in [
            ("JOURNAL_SEGMENT_BYTES", "1024"), ("SCRUB", "1s"), ("JOURNAL_KEEP", "1ms"), ("RECONCILE_INTERVAL", "0"),
        ] {
            try daemon.set("ECRYPTOPAY_\(key)", value)
        }
        try await daemon.startWithBaseline()
        var first: Int64 = 1
        for _ in 0..<3 {
            for _ in 0..<6 { #expect(try daemon.post(DaemonUnderTest.report(try sandbox.create())).status == 200) }
            try await eventually("segments are pruned, between rounds and in them") { try beginning(daemon) > first }
            first = try beginning(daemon)
        }
        let rounds = try daemon.metric(completed)
        try await eventually("another round has ended") { try daemon.metric(completed) ?? 0 > rounds ?? 0 }
        #expect(try damage(daemon) == nil && daemon.metric("ecryptopayd_journal_damaged_places") == 0)
        #expect(try await daemon.end() == .code(0))
    }
}
