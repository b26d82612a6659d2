import Glibc
import JournalStoreSimulation
import Ledger
import Payments
import Synchronization
import Testing

@testable import JournalStore

/// A checkpoint that cannot be written, while the journal goes on.
struct CheckpointFailureTests {
    @Test func `a checkpoint's failed sync of the directory takes no segment's name with it`() async throws {
        let fixture = try LedgerFixture(segmentBytes: 400)
        fixture.record(try report(1, "paid"))
        fixture.settle()
        let gate = Gate()
        let checkpointer = Atomic<UInt>(0)
        let hasFailed = Atomic(false)
        fixture.disk.setFault { call in
            switch call {
            case .synchronize("\(Checkpoint.name).new"):
                checkpointer.store(pthread_self(), ordering: .relaxed)
                gate.pass()
            case .synchronizeDirectory where checkpointer.load(ordering: .relaxed) == pthread_self():
                hasFailed.store(true, ordering: .releasing)
                return .lie(5, seed: nil)
            case .synchronizeDirectory:
                // A segment has been made. Time for the checkpoint to come in between, if it does.
                gate.open()
                for _ in 0..<50_000 where !hasFailed.load(ordering: .acquiring) { sched_yield() }
            default: break
            }
            return nil
        }
        async let isWritten = fixture.ledger.checkpoint()
        while !gate.isReached { await Task.yield() }
        let seq = try #require(fixture.record(try report(2, "paid")))
        fixture.settle()
        #expect(await !isWritten)
        #expect(fixture.log.events.contains("committed \(seq)"))
        let left = try LedgerFixture(SimulatedDisk(fixture.disk.state.afterLosingAll()))
        #expect(left.ledger.counts.pending == 2)
    }

    @Test func `a checkpoint of reports that the disk has refused is not written`() async throws {
        let fixture = try LedgerFixture()
        fixture.record(try report(1, "paid"))
        fixture.settle()
        _ = fixture.ledger.record(try report(2, "paid"), peer: "unix", defersCommit: true)
        fixture.disk.setFault { call in
            if case .write(let name, _) = call, name.hasSuffix(".jsonl") { return .error(ENOSPC) }
            return nil
        }
        #expect(await !fixture.ledger.checkpoint())
        fixture.disk.setFault(nil)
        #expect(Checkpoint.read(fixture.disk) == nil)
        #expect(try fixture.reopened().ledger.counts.pending == 1)
    }
}
