import Dispatch
import JournalFormat
import Testing

@testable import JournalStore

/// Records that are gathered: many are written and synced together, and none is left behind.
struct GatheringTests {
    private let disk = SimulatedDisk()
    private let journal: Journal

    init() throws {
        (journal, _) = try Journal.open(disk, .test(), randomID: "id", time: 0) { _, _ in }
        disk.forgetCalls()
    }

    private func gather(_ count: Int) throws {
        for number in 0..<count { _ = try journal.append(.baseline(count: number), time: 0, gathers: true) }
    }

    private var syncs: Int { disk.calls.count(where: Self.isSync) }

    private static func isSync(_ call: SimulatedDisk.Call) -> Bool {
        if case .synchronize = call { true } else { false }
    }

    /// Has another record come in the middle of the next sync; answers its number when that has been.
    private func gatherDuringSync(thenCommit commits: Bool) -> Recorder<Int64> {
        let written = Recorder<Int64>()
        disk.setFault { [journal] call in
            guard Self.isSync(call), written.all.isEmpty,
                let position = try? journal.append(.baseline(count: 1), time: 0, gathers: true)
            else { return nil }
            written.add(position.seq)
            if commits { journal.commitGathered() }
            return nil
        }
        return written
    }

    @Test func `gathered records wait, and are one write and one sync`() throws {
        try gather(100)
        journal.queue.sync {}
        #expect(journal.durable == 1)
        #expect(disk.calls.isEmpty)
        journal.commitGathered()
        journal.queue.sync {}
        #expect(journal.durable == 101)
        #expect(syncs == 1)
    }

    @Test func `a record that is not gathered takes those before it along`() throws {
        try gather(3)
        _ = try journal.append(.baseline(count: 3), time: 0)
        journal.queue.sync {}
        #expect(journal.durable == 5)
        #expect(syncs == 1)
    }

    @Test func `what is gathered while a batch is written waits until it is asked for`() throws {
        let written = gatherDuringSync(thenCommit: false)
        try gather(1)
        journal.commitGathered()
        journal.queue.sync {}
        #expect(written.all == [3])
        #expect(journal.durable == 2)
        journal.commitGathered()
        journal.queue.sync {}
        #expect(journal.durable == 3)
        #expect(syncs == 2)
    }

    @Test func `what is asked for while a batch is written is the next batch`() throws {
        let written = gatherDuringSync(thenCommit: true)
        try gather(1)
        journal.commitGathered()
        journal.queue.sync {}
        #expect(written.all == [3])
        #expect(journal.durable == 3)
        #expect(syncs == 2)
    }

    @Test func `closing and flushing write what was gathered`() throws {
        try gather(1)
        journal.flush()
        #expect(journal.durable == 2)
        try gather(1)
        journal.close(time: 0)
        #expect(try disk.records().suffix(3) == ["2 baseline", "3 baseline", "4 closed"])
        #expect(journal.durable == 4)
    }
}
