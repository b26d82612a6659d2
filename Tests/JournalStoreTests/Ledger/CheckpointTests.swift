import Glibc
import JournalFormat
import JournalStoreSimulation
import Ledger
import Payments
import POSIX
import Testing
import TestSupport

@testable import JournalStore

/// Checkpoints on a real directory: with one, and with every kind of broken one, a start ends in the same state.
struct CheckpointTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func open(client: String = "c") throws -> FileLedger {
        try FileLedger(
            try DirectoryDisk(path: directory.path),
            .init(
                limits: .init(maxPending: 1000, confirmRate: 1000, confirmWindow: .seconds(3600)), minimumFreeBytes: 0),
            journal: .init(segmentBytes: 2000, version: "test", api: "h:1", client: client), randomID: "id", seed: 1)
    }

    private func body(_ id: Int, _ state: String) -> [UInt8] {
        Array(
            #"{"id":\#(id),"state":"\#(state)","amount":"150.0","currency":"btc","updated_at":"2026-11-20T18:09:11.456Z"}"#
                .utf8)
    }

    private func report(_ id: Int, _ state: String = "paid") throws -> ReportedPayment {
        let bytes = body(id, state)
        return try ReportedPayment(body: bytes.span)
    }

    /// Reports of the payments `ids`, of which every second is confirmed.
    private func work(_ ledger: FileLedger, _ ids: ClosedRange<Int>) async throws {
        for id in ids { _ = ledger.record(try report(id), peer: "test") }
        var settled = 0
        while settled < ids.count, let claim = try await claimed(ledger) {
            let id = Int(claim.id)
            let answer =
                id % 2 == 0
                ? Answer.payment(try ConfirmedPayment(answer: body(id, "paid"), asked: claim.id)) : .failed("503")
            _ = try await ledger.settle(claim, answer, cause: .webhook)
            settled += 1
        }
    }

    private func claimed(_ ledger: FileLedger) async throws -> Claim? {
        for _ in 0..<100 {
            if let claim = ledger.claim() { return claim }
            await Task.yield()
        }
        return nil
    }

    private func expectState(_ ledger: FileLedger, _ counts: LedgerCounts) throws {
        #expect(ledger.counts == counts)
        #expect(ledger.record(try report(2), peer: "test") == .known)
    }

    @Test func `a start from a checkpoint ends where a start without one does, and reads less`() async throws {
        let first = try open()
        try await work(first, 1...20)
        #expect(await first.checkpoint())
        try await work(first, 21...30)
        let counts = first.counts
        first.close()
        #expect(try directory.names().contains(Checkpoint.name))
        // The segments before are not read: what is wrong in them is verify's to find.
        let oldest = "00000000000000000001.jsonl"
        let whole = try directory.read(oldest)
        _ = try directory.write([UInt8](repeating: 0, count: whole.count), to: oldest)
        try expectState(try open(), counts)
        _ = try directory.write(whole, to: oldest)
        _ = try check("unlink") { unlink(directory.path(of: Checkpoint.name)) }
        try expectState(try open(), counts)
    }

    @Test func `with a damaged checkpoint a start reads everything, and ends in the same state`() async throws {
        let first = try open()
        try await work(first, 1...20)
        #expect(await first.checkpoint())
        try await work(first, 21...30)
        let counts = first.counts
        first.close()
        let checkpoint = try directory.read(Checkpoint.name)
        for index in stride(from: 0, to: checkpoint.count, by: 7) {
            var damaged = checkpoint
            damaged[index] ^= 0x10
            _ = try directory.write(damaged, to: Checkpoint.name)
            #expect(try open().counts == counts, "byte \(index)")
        }
        for length in [0, 8, 47, checkpoint.count - 8, checkpoint.count - 1] {
            _ = try directory.write(Array(checkpoint[..<length]), to: Checkpoint.name)
            #expect(try open().counts == counts, "the first \(length) bytes")
        }
    }

    @Test func `a checkpoint beside another account's journal is not used, and one without any journal is missed`()
        async throws
    {
        let first = try open()
        try await work(first, 1...10)
        #expect(await first.checkpoint())
        first.close()
        do {
            _ = try open(client: "other")
            Issue.record("another account's journal was opened")
        } catch let fault as JournalFault {
            guard case .otherAccount = fault else { throw fault }
        }
        let checkpoint = try directory.read(Checkpoint.name)
        for name in try directory.names() where name != Checkpoint.name {
            _ = try check("unlink") { unlink(directory.path(of: name)) }
        }
        // Alone it says that there was a journal.
        #expect(throws: JournalFault.self) { try open() }
        #expect(try directory.read(Checkpoint.name) == checkpoint)
        _ = try check("unlink") { unlink(directory.path(of: Checkpoint.name)) }
        let empty = try open()
        #expect(empty.counts == LedgerCounts())
        empty.close()
    }

    @Test func `a checkpoint claims its record: a journal that ends before it is corrupt`() async throws {
        let first = try open()
        try await work(first, 1...3)
        #expect(await first.checkpoint())
        first.close()
        _ = try check("unlink") { unlink(directory.path(of: DurableMark.name)) }
        let names = try directory.names().filter { SegmentName.firstSeq(of: $0) != nil }.sorted()
        let last = try #require(names.last)
        var bytes = try directory.read(last)
        // The newest record before `closed` is the checkpoint's: damage it, and all that could claim it is gone.
        let lines = bytes.split(separator: UInt8(ascii: "\n"))
        let victim = try #require(lines.dropLast().last)
        bytes = Array(bytes[..<victim.startIndex])
        _ = try directory.write(bytes, to: last)
        #expect(throws: JournalFault.self) { try open() }
    }

    @Test func `a start is checkpointed as it is, without waiting for a record`() async throws {
        let first = try open()
        try await work(first, 1...5)
        let counts = first.counts
        first.close()
        let second = try open()
        #expect(await second.checkpoint())
        second.close()
        try expectState(try open(), counts)
    }

    @Test func `no checkpoint is written while a decision is on its way`() async throws {
        let ledger = try open()
        #expect(await !ledger.checkpoint(), "nothing was recorded yet")
        _ = ledger.record(try report(1), peer: "test")
        #expect(await ledger.checkpoint())
        ledger.close()
    }

    @Test func `a checkpoint of another journal's is none, though its record stands here too`() async throws {
        let disks = ["one", "other"].map { _ in SimulatedDisk() }
        for (disk, id) in zip(disks, ["one", "two"]) {
            let ledger = try FileLedger(
                disk, LedgerFixture.options(), journal: .test(), randomID: id, seed: 1)
            _ = ledger.record(try report(1), peer: "test")
            #expect(await ledger.checkpoint())
        }
        #expect(Checkpoint.read(disks[1])?.seq == 2)
        disks[1].put(try #require(disks[0].content(Checkpoint.name)), as: Checkpoint.name)
        #expect(Checkpoint.read(disks[1]) == nil)
    }

    @Test func `a start begins at a checkpoint's record where it stands now, and only if it is there`() async throws {
        let fixture = try LedgerFixture()
        fixture.record(try JournalStoreTests.report(1, "paid"))
        fixture.record(try JournalStoreTests.report(2, "paid"))
        #expect(await fixture.ledger.checkpoint())
        let checkpoint = try #require(Checkpoint.read(fixture.disk))
        #expect(checkpoint.isUsable)
        func read(seq: Int64, offset: Int64) -> Checkpoint? {
            let other = Checkpoint(
                journal: "id", seq: seq, segment: checkpoint.segment, offset: offset, snapshot: checkpoint.snapshot)
            fixture.disk.put(other.encode(), as: Checkpoint.name)
            return Checkpoint.read(fixture.disk)
        }
        // Its segment may have been compacted since.
        let moved = read(seq: checkpoint.seq, offset: checkpoint.offset + 1000)
        #expect(moved?.isUsable == true && moved?.offset == checkpoint.offset)
        #expect(read(seq: checkpoint.seq + 1, offset: checkpoint.offset)?.isUsable == false)
    }
}
