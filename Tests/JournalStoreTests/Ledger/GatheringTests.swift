import Dispatch
import Glibc
import JournalFormat
import JournalStoreSimulation
import Ledger
import POSIX
import Synchronization
import Testing

@testable import JournalStore

/// Records that are gathered: many are written and synced together, and none is left behind.
struct GatheringTests {
    private let disk = SimulatedDisk()
    private let journal: Journal
    /// The monotonic clock.
    private let clock: Clock

    /// A clock that stands still until it is set.
    private final class Clock: Sendable {
        /// Not 0, which no clock of a running machine shows.
        let time = Atomic<Int64>(1_000_000_000)
    }

    init() throws {
        let clock = Clock()
        self.clock = clock
        let environment = JournalEnvironment(monotonic: { clock.time.load(ordering: .relaxed) })
        (journal, _) = try Journal.open(
            disk, .test(), JournalStart(disk, isRestored: false), randomID: "id", time: 0, from: nil, in: environment,
            progress: { _ in },
            endpoints: { nil }, visit: { _, _, _ in })
        disk.forgetCalls()
    }

    /// Has the next sync take long.
    private func slowSync() throws {
        disk.setFault { [clock] call in
            if Self.isSync(call) { clock.time.add(GroupCommit.quick, ordering: .relaxed) }
            return nil
        }
        try gather(1)
        journal.flush()
        disk.setFault(nil)
    }

    private func gather(_ count: Int) throws {
        for number in 0..<count { _ = try journal.append(.baseline(count: number), time: 0, defersCommit: true) }
    }

    private var syncs: Int { disk.calls.count(where: Self.isSync) }

    private static func isSync(_ call: SimulatedDisk.Call) -> Bool {
        if case .synchronize = call { true } else { false }
    }

    /// Has another record come in the middle of the next sync; returns its number when that has been.
    private func gatherDuringSync(thenCommit commits: Bool) -> Recorder<Int64> {
        let written = Recorder<Int64>()
        disk.setFault { [journal] call in
            guard Self.isSync(call), written.all.isEmpty,
                let position = try? journal.append(.baseline(count: 1), time: 0, defersCommit: true)
            else { return nil }
            written.add(position.seq)
            if commits { journal.commits.commitDeferred() }
            return nil
        }
        return written
    }

    @Test func `gathered records wait, and are one write and one sync`() throws {
        try gather(100)
        journal.commits.queue.sync {}
        #expect(journal.durable == 1)
        #expect(disk.calls.isEmpty)
        journal.commits.commitDeferred()
        journal.commits.queue.sync {}
        #expect(journal.durable == 101)
        #expect(syncs == 1)
    }

    @Test func `whoever defersCommit on a quick disk writes himself, before he goes on`() throws {
        let thread = pthread_self()
        let others = Recorder<Bool>()
        disk.setFault { call in
            if Self.isSync(call) { others.add(pthread_equal(pthread_self(), thread) == 0) }
            return nil
        }
        try gather(3)
        journal.commits.commitDeferred()
        #expect(journal.durable == 4)
        #expect(others.all == [false])
    }

    @Test func `a slow disk is not waited for, until it is quick again`() throws {
        try slowSync()
        let gate = DispatchSemaphore(value: 0)
        disk.setFault { call in
            if Self.isSync(call) { _ = gate.wait(timeout: .now() + 120) }
            return nil
        }
        try gather(1)
        journal.commits.commitDeferred()
        #expect(journal.durable == 2, "the sync is held, and the caller is not")
        gate.signal()
        journal.commits.queue.sync {}
        #expect(journal.durable == 3)
        disk.setFault(nil)
        try gather(1)
        journal.commits.commitDeferred()
        #expect(journal.durable == 4)
    }

    @Test func `whoever writes himself leaves what others ask for meanwhile to the queue`() throws {
        let gate = DispatchSemaphore(value: 0)
        let batches = Recorder<Int>()
        disk.setFault { [journal] call in
            guard Self.isSync(call) else { return nil }
            batches.add(batches.all.count)
            if batches.all.count == 1 {
                _ = try? journal.append(.baseline(count: 1), time: 0)
            } else {
                _ = gate.wait(timeout: .now() + 120)
            }
            return nil
        }
        try gather(1)
        journal.commits.commitDeferred()
        #expect(journal.durable == 2, "the second sync is held, and the caller is not")
        gate.signal()
        journal.commits.queue.sync {}
        #expect(journal.durable == 3)
    }

    @Test func `flushing takes along what another is about to have written`() throws {
        let flushed = DispatchSemaphore(value: 0)
        let held = Recorder<Int64>()
        disk.setFault { [journal] call in
            guard Self.isSync(call), held.all.isEmpty else { return nil }
            // Another comes while the first batch is written, and waits for its own record.
            DispatchQueue.global().async {
                if let position = try? journal.append(.baseline(count: 1), time: 0, defersCommit: true) {
                    held.add(position.seq)
                }
                flushed.signal()
                journal.flush()
                held.add(journal.durable)
                flushed.signal()
            }
            flushed.wait()
            return nil
        }
        try gather(1)
        journal.commits.commitDeferred()
        flushed.wait()
        #expect(held.all.count == 2)
        #expect(held.all.last ?? 0 >= held.all.first ?? .max)
    }

    @Test func `nobody waits for a sync of the directory, which counts as a write that is under way`() throws {
        let (began, gate) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        disk.setFault { call in
            if call == .synchronizeDirectory {
                began.signal()
                _ = gate.wait(timeout: .now() + 120)
            }
            return nil
        }
        let ended = DispatchSemaphore(value: 0)
        DispatchQueue.global().async { [journal] in
            try? journal.synchronizeDirectory()
            ended.signal()
        }
        began.wait()
        try gather(1)
        journal.commits.commitDeferred()
        #expect(journal.durable == 1, "the writer is held, and the caller is not")
        clock.time.add(1_000_000_000, ordering: .relaxed)
        // The queue comes by in its own time.
        let deadline = DispatchTime.now() + 120
        while journal.commits.makesProgress(within: .zero), DispatchTime.now() < deadline { sched_yield() }
        #expect(!journal.commits.makesProgress(within: .zero))
        gate.signal()
        ended.wait()
        journal.commits.queue.sync {}
        #expect(journal.durable == 2)
        #expect(journal.commits.makesProgress(within: .zero))
    }

    @Test func `a write that fails, and a sync that does, are told of before the caller goes on`() throws {
        let log = CommitLog()
        journal.setObserver(log)
        disk.setFault { call in
            if case .write(let name, _) = call, name.hasSuffix(".jsonl") { return .error(ENOSPC) }
            return nil
        }
        try gather(2)
        journal.commits.commitDeferred()
        #expect(journal.durable == 1)
        #expect(log.events == [.rejected(after: 1, errno: ENOSPC)])
        disk.setFault(nil)
        try gather(1)
        journal.commits.commitDeferred()
        #expect(journal.durable == 2, "its number is given again")
        disk.setFault { Self.isSync($0) ? .error(EIO) : nil }
        try gather(1)
        journal.commits.commitDeferred()
        #expect(journal.failure?.errno == EIO)
        #expect(log.events.suffix(2) == [.committed(2), .failed(errno: EIO)])
        #expect(throws: JournalUnavailable.self) { try gather(1) }
    }

    @Test func `a record that is not gathered takes those before it along`() throws {
        try gather(3)
        _ = try journal.append(.baseline(count: 3), time: 0)
        journal.commits.queue.sync {}
        #expect(journal.durable == 5)
        #expect(syncs == 1)
    }

    @Test func `what is gathered while a batch is written waits until it is asked for`() throws {
        let written = gatherDuringSync(thenCommit: false)
        try gather(1)
        journal.commits.commitDeferred()
        journal.commits.queue.sync {}
        #expect(written.all == [3])
        #expect(journal.durable == 2)
        journal.commits.commitDeferred()
        journal.commits.queue.sync {}
        #expect(journal.durable == 3)
        #expect(syncs == 2)
    }

    @Test func `what is gathered while the queue writes waits until it is asked for`() throws {
        try slowSync()
        let written = gatherDuringSync(thenCommit: false)
        try gather(1)
        journal.commits.commitDeferred()
        journal.commits.queue.sync {}
        #expect(written.all == [4])
        #expect(journal.durable == 3)
    }

    @Test func `what is asked for while a batch is written is the next batch`() throws {
        let written = gatherDuringSync(thenCommit: true)
        try gather(1)
        journal.commits.commitDeferred()
        journal.commits.queue.sync {}
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
