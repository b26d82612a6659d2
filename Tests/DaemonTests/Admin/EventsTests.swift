import Glibc
import JSON
import POSIX
import Testing
import TestSupport

/// `/events` of the real binary, as a program reads it that takes the journal's records further.
struct EventsTests {
    private func daemon(_ ledger: TestedLedger) async throws -> DaemonUnderTest {
        let daemon = try await ledger.daemon()
        try daemon.set("ECRYPTOPAY_JOURNAL_SEGMENT_BYTES", "4096")
        try await daemon.start()
        return daemon
    }

    @Test(arguments: TestedLedger.allCases)
    func `records come in order from where the reader left off, over segments, and as they happen`(
        on ledger: TestedLedger
    ) async throws {
        try await withTaskExecutorPreference(ClientExecutor()) {
            let daemon = try await daemon(ledger)
            for id in 1...40 { #expect(try daemon.post(DaemonUnderTest.report(Int64(id))).status == 200) }
            #expect(try daemon.records("opened").count > 2)
            let all = try EventReader(daemon, "?after=0")
            let last = Int64(try daemon.journal().count)
            #expect(try all.seqs(Int(last)) == (1...last).map { $0 })
            let resumed = try EventReader(daemon, "?after=7")
            #expect(try resumed.seqs(3) == [8, 9, 10])
            // At the tail, all hear of what comes then; the one in mid-journal after what it has not seen.
            let tail = try EventReader(daemon, "")
            let chosen = try EventReader(daemon, "?after=0&kind=opened,closed&kind=confirmed")
            #expect(try chosen.next()["kind"]?.string == "opened")
            #expect(try daemon.post(DaemonUnderTest.report(41)).status == 200)
            for reader in [all, tail] {
                let record = try reader.next()
                #expect(record["payment"]?.integer == 41)
                #expect(record["seq"]?.integer ?? 0 > last)
            }
            #expect(try resumed.next()["seq"]?.integer == 11)
            try await daemon.end()
        }
    }

    @Test(arguments: TestedLedger.allCases)
    func `a reader of /events is told what was pruned, and gets the rest`(on ledger: TestedLedger) async throws {
        try await withTaskExecutorPreference(ClientExecutor()) {
            let sandbox = try await SandboxProcess.start()
            let daemon = try await ledger.daemon(asking: sandbox)
            try daemon.set("ECRYPTOPAY_JOURNAL", daemon.journalPlace)
            try daemon.set("ECRYPTOPAY_JOURNAL_SEGMENT_BYTES", "4096")
            try daemon.set("ECRYPTOPAY_API_TIMEOUT", "3s")
            try await daemon.startWithBaseline()
            for _ in 0..<12 {
                let id = try sandbox.create()
                #expect(try daemon.post(DaemonUnderTest.report(id, state: "pending")).status == 200)
            }
            try await eventually("nothing waits") { try daemon.status()["pending"]?.integer == 0 }
            try await daemon.end()
            let prune = try await daemon.run(
                ["journal", "prune", "--keep", "0s", "--env-file", daemon.envFile])
            #expect(prune.exit == .code(0), "\(prune.errors)")
            try await daemon.start()
            let reader = try EventReader(daemon, "?after=1&kind=refuted,confirmed,known")
            let gone = try reader.next()
            #expect(gone["kind"]?.string == "pruned")
            #expect(gone["from"]?.integer == 2)
            let next = try reader.next()["seq"]?.integer
            #expect(next ?? 0 > gone["to"]?.integer ?? .max)
            try await daemon.end()
            withExtendedLifetime(sandbox) {}
        }
    }

    @Test(arguments: TestedLedger.allCases)
    func `a stop ends the stream of /events with the last chunk`(on ledger: TestedLedger) async throws {
        try await withTaskExecutorPreference(ClientExecutor()) {
            let daemon = try await daemon(ledger)
            let client = try ClientSocket(.unix(path: daemon.directory.path(of: "admin")))
            try client.send("GET /events?after=1 HTTP/1.1\r\nHost: localhost\r\n\r\n")
            _ = try client.receiveHead()
            try await daemon.end()
            #expect(try client.receiveChunk() == nil)
        }
    }
}
