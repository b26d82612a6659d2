import JournalFormat
import JournalStoreSimulation
import Testing

@testable import JournalStore

/// Every reader passes over what was dropped, and over nothing else.
struct DroppedRangesReadingTests {
    private let all: [Int64: [UInt8]] = [
        1: segment(1...2), 3: segment(3...4), 5: segment(5...6), 7: segment(7...8), 9: segment(9...9),
    ]

    /// Without some segments, with others said to be dropped.
    private func dropped(_ ranges: ClosedRange<Int64>..., without gone: Int64...) -> SimulatedDisk {
        let disk = disk(all, mark: 9)
        for segment in gone { disk.remove(name(segment)) }
        disk.put(DroppedRanges(ranges).encode(), as: DroppedRanges.name)
        return disk
    }

    private func recover(_ disk: SimulatedDisk) throws(JournalFault) -> [Int64] {
        var seqs: [Int64] = []
        _ = try Recovery.run(disk) { entry, _, _ in seqs.append(entry.seq) }
        return seqs
    }

    private func read(_ disk: SimulatedDisk) throws -> [Int64] {
        var seqs: [Int64] = []
        #expect(try JournalReader(disk).forEachLine { seqs.append($1.seq) } == nil)
        let report = try JournalAudit.run(disk)
        #expect(report.problemCount == 0 && report.records == seqs.count)
        return seqs
    }

    @Test func `every reader passes over a declared gap, wherever it is`() throws {
        #expect(try read(dropped(3...6, without: 3, 5)) == [1, 2, 7, 8, 9])
        #expect(try recover(dropped(3...6, without: 3, 5)) == [1, 2, 7, 8, 9])
        #expect(try read(dropped(1...4, 7...8, without: 1, 3, 7)) == [5, 6, 9])
        #expect(try recover(dropped(1...4, 7...8, without: 1, 3, 7)) == [5, 6, 9])
    }

    @Test func `records that are missing beside a declared gap are told as missing`() throws {
        let disk = dropped(3...4, without: 3, 5)
        let fault = LineFault.begins(with: 7, insteadOf: 5)
        #expect(try JournalReader(disk).forEachLine { _, _ in }?.fault == fault)
        #expect(try JournalAudit.run(disk).problems.map(\.fault) == [fault])
        do throws(JournalFault) {
            _ = try recover(disk)
            Issue.record("it is a journal")
        } catch {
            guard case .damaged(let damage, _) = error else { throw error }
            #expect(damage == Damage(segment: 7, offset: 0, fault: .begins(with: 7, insteadOf: 5)))
        }
        #expect(throws: JournalFault.self) { try recover(dropped(5...6, without: 3, 5)) }
        let cutShort = dropped(3...4, without: 3)
        cutShort.put(line(1, head), as: name(1))
        #expect(throws: JournalFault.self, "record 2 is in no range") { try recover(cutShort) }
    }

    @Test func `a damaged file of dropped ranges declares no gap`() throws {
        let disk = dropped(3...6, without: 3, 5)
        disk.put(DroppedRanges([3...6]).encode().dropLast(2) + [], as: DroppedRanges.name)
        #expect(try JournalReader(disk).forEachLine { _, _ in } != nil)
        #expect(throws: JournalFault.self) { try recover(disk) }
    }

    @Test func `segments that a crash brings back are passed over, and removed by the next start`() throws {
        let disk = dropped(3...6, without: 5)
        #expect(try read(disk) == [1, 2, 7, 8, 9])
        #expect(try recover(disk) == [1, 2, 7, 8, 9])
        #expect(disk.state.afterLosingAll().names[name(3)] == nil)
    }

    @Test(arguments: 0..<40)
    func `a start that fails while it removes dropped segments leaves what the next one can begin with`(turn: Int)
        throws
    {
        let disk = dropped(3...6)
        let turns = TurnCounter(turn)
        disk.setFault { call in
            guard turns.isTurn() else { return nil }
            return call == .synchronizeDirectory ? .lie(5, seed: UInt64(turn)) : .error(5)
        }
        let found = try? recover(disk)
        disk.setFault(nil)
        #expect((found == nil) == turns.hasCome)
        for left in [disk.state, disk.state.afterLosingAll()] {
            #expect(try recover(SimulatedDisk(left)) == [1, 2, 7, 8, 9])
        }
    }

    @Test func `what is declared in the page cache only is on the disk before the next start removes anything`() throws
    {
        let disk = disk(all, mark: 9)
        try DroppedRanges([3...6]).write(to: disk)
        disk.setFault { $0 == .synchronizeDirectory ? .lie(5, seed: 1) : nil }
        #expect(throws: (any Error).self) { try disk.synchronizeDirectory() }
        disk.setFault(nil)
        #expect(try recover(disk) == [1, 2, 7, 8, 9])
        #expect(try recover(SimulatedDisk(disk.state.afterLosingAll())) == [1, 2, 7, 8, 9])
    }

    @Test func `segments whose pruning a crash undid are passed over, though the first one left was dropped since`()
        throws
    {
        let disk = dropped(5...6, without: 3, 5)
        disk.put(DurableMark.encode(5), as: PruneMark.name)
        #expect(try read(disk) == [7, 8, 9])
        #expect(try recover(disk) == [7, 8, 9])
        #expect(disk.content(name(1)) == nil)
    }

    @Test
    func `a range that reaches beyond the journal's end is of another journal, and goes before numbers are given`()
        throws
    {
        // A backup was put back, and the file stayed.
        let disk = disk([1: segment(1...2), 3: segment(3...4)])
        disk.put(DroppedRanges([3...6]).encode(), as: DroppedRanges.name)
        #expect(try recover(disk) == [1, 2, 3, 4])
        #expect(disk.content(DroppedRanges.name) == DroppedRanges().encode())
    }

    @Test func `a follower goes on behind a gap, and says what it could not show`() throws {
        let disk = dropped(3...6, without: 3, 5)
        var follower = JournalFollower(disk, after: 1)
        var (seqs, pruned): ([Int64], [ClosedRange<Int64>]) = ([], [])
        var damage: [Damage] = []
        for _ in 1...2 {
            _ = try follower.poll(
                { seqs.append($1.seq) }, pruned: { pruned.append($0) }, damaged: { damage.append($0) })
        }
        #expect(seqs == [2, 7, 8, 9] && pruned == [3...6])
        var late = JournalFollower(disk, after: 4)
        _ = try late.poll({ _, _ in }, pruned: { pruned.append($0) }, damaged: { damage.append($0) })
        #expect(pruned == [3...6, 5...6] && damage.isEmpty)
    }

    @Test func `a repair in front of a gap lets its numbers be given again`() throws {
        let disk = dropped(3...4, 7...8, without: 7)
        let report = try JournalRepair.cut(disk, segment: 5, offset: 0, randomID: "new", time: 0, dryRun: false)
        #expect(report.lastSeq == 4)
        // The second range is behind the cut.
        #expect(disk.content(DroppedRanges.name) == DroppedRanges([3...4]).encode())
        #expect(try read(disk) == [1, 2, 5])
        let again = dropped(3...4)
        let early = try JournalRepair.cut(
            again, segment: 1, offset: Int64(line(1, head).count), randomID: "new", time: 0, dryRun: false)
        #expect(early.lastSeq == 1)
        #expect(again.content(name(3)) == nil, "it came back, and would count again")
        #expect(try read(again) == [1, 2])
        #expect(try recover(again) == [1, 2])
    }

    @Test func `a repair where a segment is missing beside a gap cuts behind the last whole one`() throws {
        let disk = dropped(3...4, without: 3, 5)
        let report = try JournalRepair.cut(disk, segment: 7, offset: 0, randomID: "new", time: 0, dryRun: false)
        #expect(report.lastSeq == 2)
        #expect(disk.content(DroppedRanges.name) == DroppedRanges().encode())
        #expect(try recover(disk) == [1, 2, 3])
    }
}
