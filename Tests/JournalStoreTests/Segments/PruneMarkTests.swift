import JournalFormat
import JournalStoreSimulation
import Testing

@testable import JournalStore

/// Segments that are on their way out, and what a crash makes of it.
struct PruneMarkTests {
    private let segments: [Int64: [UInt8]] = [
        1: segment(1...2), 3: segment(3...4), 5: segment(5...6), 7: segment(7...8),
    ]

    private func recover(_ disk: SimulatedDisk) throws(JournalFault) -> [Int64] {
        var seqs: [Int64] = []
        _ = try Recovery.run(disk) { entry, _, _ in seqs.append(entry.seq) }
        return seqs
    }

    @Test func `segments that a crash brings back are passed over, and removed by the next start`() throws {
        // The third one stayed away.
        let disk = disk(segments, mark: 8)
        disk.remove(name(5))
        disk.put(DurableMark.encode(7), as: PruneMark.name)
        #expect(try disk.records() == ["7 opened", "8 baseline"])
        #expect(try JournalAudit.run(disk).problemCount == 0)
        #expect(try recover(disk) == [7, 8])
        #expect(disk.state.afterLosingAll().names.keys.sorted() == [name(7), DurableMark.name, PruneMark.name])
    }

    @Test func `a mark from another time is taken out before any number is given again`() throws {
        // An older backup was put back: its numbers will come to where the newer one was pruned.
        let disk = disk(segments, mark: 8)
        disk.put(DurableMark.encode(9), as: PruneMark.name)
        #expect(try recover(disk) == [1, 2, 3, 4, 5, 6, 7, 8])
        #expect(disk.state.afterLosingAll().names[PruneMark.name] == nil)
    }

    @Test(arguments: 0..<40)
    func `a start that fails while it removes pruned segments leaves what the next one can begin with`(turn: Int) throws
    {
        let disk = disk(segments, mark: 8)
        disk.put(DurableMark.encode(7), as: PruneMark.name)
        let turns = TurnCounter(turn)
        disk.setFault { call in
            guard turns.isTurn() else { return nil }
            return call == .synchronizeDirectory ? .lie(5, seed: UInt64(turn)) : .error(5)
        }
        let found = try? recover(disk)
        disk.setFault(nil)
        #expect((found == nil) == turns.hasCome)
        for left in [disk.state, disk.state.afterLosingAll()] {
            let seqs = try recover(SimulatedDisk(left))
            #expect(seqs == [7, 8])
        }
    }

    @Test func `without the segment that pruning left first, nothing is passed over`() throws {
        let disk = disk(segments, mark: 8)
        disk.put(DurableMark.encode(9), as: PruneMark.name)
        #expect(try recover(disk) == [1, 2, 3, 4, 5, 6, 7, 8])
    }

    @Test func `a damaged prune mark has no segment passed over`() throws {
        let disk = disk(segments, mark: 8)
        disk.put(DurableMark.encode(7).dropLast(2) + [], as: PruneMark.name)
        #expect(try recover(disk) == [1, 2, 3, 4, 5, 6, 7, 8])
    }
}
