import JournalFormat
import JournalStoreSimulation
import Testing

@testable import JournalStore

struct JournalFollowerTests {
    /// What one look shows.
    private struct Look: Equatable {
        var seqs: [Int64] = []
        var pruned: [ClosedRange<Int64>] = []
        var damaged: [Damage] = []
    }

    private func look(_ follower: inout JournalFollower) throws -> Look {
        var look = Look()
        let later = try follower.poll { _, entry in
            look.seqs.append(entry.seq)
        } pruned: {
            look.pruned.append($0)
        } damaged: {
            look.damaged.append($0)
        }
        #expect(later == nil)
        return look
    }

    @Test func `each record is shown once, and none before it is claimed`() throws {
        let disk = disk([1: segment(1...4)], mark: 2)
        var follower = JournalFollower(disk, after: 0)
        #expect(try look(&follower) == Look(seqs: [1, 2]))
        #expect(try look(&follower) == Look())
        disk.put(DurableMark.encode(3), as: DurableMark.name)
        #expect(try look(&follower) == Look(seqs: [3]))
        disk.put(segment(5...6), as: name(5))
        #expect(try look(&follower) == Look(seqs: [4]), "the name of the next segment claims what is before it")
        disk.put(DurableMark.encode(6), as: DurableMark.name)
        #expect(try look(&follower) == Look(seqs: [5, 6]))
    }

    @Test func `a segment that goes between being listed and being opened is told as pruned`() throws {
        let disk = disk([1: segment(1...4), 5: segment(5...6)], mark: 2)
        disk.remove(name(5))
        var follower = JournalFollower(disk, after: 0)
        #expect(try look(&follower).seqs == [1, 2])
        disk.put(segment(5...8), as: name(5))
        disk.put(DurableMark.encode(8), as: DurableMark.name)
        disk.setFault { [weak disk] call in
            guard call == .open(name(1), .read) else { return nil }
            disk?.put(DurableMark.encode(5), as: PruneMark.name)
            disk?.remove(name(1))
            return nil
        }
        #expect(try look(&follower) == Look(), "the listing had it still")
        #expect(try look(&follower) == Look(seqs: [5, 6, 7, 8], pruned: [3...4]))
        #expect(try look(&follower) == Look())
    }

    @Test func `a follower that begins with what is there calls nothing lost`() throws {
        let disk = disk([5: segment(5...6)], mark: 6)
        disk.put(DurableMark.encode(5), as: PruneMark.name)
        var all = JournalFollower(disk, after: 0)
        #expect(try look(&all) == Look(seqs: [5, 6]))
        var named = JournalFollower(disk, after: 2)
        #expect(try look(&named) == Look(seqs: [5, 6], pruned: [3...4]))
    }

    @Test func `any other failure to open a segment is told`() throws {
        let disk = disk([1: segment(1...4)], mark: 4)
        var follower = JournalFollower(disk, after: 0)
        disk.setFault { if case .open(name(1), .read) = $0 { .error(5) } else { nil } }
        #expect(throws: (any Error).self) { try look(&follower) }
        disk.setFault(nil)
        #expect(try look(&follower).seqs == [1, 2, 3, 4])
    }

    // MARK: Damage

    /// Three segments with records 1 to 4, 5 to 8 and 9 to 10, all claimed.
    private func three() -> SimulatedDisk {
        disk([1: segment(1...4), 5: segment(5...8), 9: segment(9...10)], mark: 10)
    }

    /// Where a record begins in a segment.
    private func offset(_ seq: Int64, in first: Int64) -> Int64 {
        seq == first ? 0 : Int64(segment(first...(seq - 1)).count)
    }

    private func flip(_ seqs: Int64..., in first: Int64, _ disk: SimulatedDisk) {
        var bytes = disk.content(name(first)) ?? []
        for seq in seqs { bytes[Int(offset(seq, in: first)) + 40] ^= 1 }
        disk.put(bytes, as: name(first))
    }

    private func cut(before seq: Int64, _ extra: Int = 0, in first: Int64, _ disk: SimulatedDisk) {
        disk.put(Array((disk.content(name(first)) ?? []).prefix(Int(offset(seq, in: first)) + extra)), as: name(first))
    }

    /// What is told first, and that nothing is told again, from the beginning and from within.
    private func expect(
        _ disk: SimulatedDisk, shows seqs: [Int64], damaged lost: ClosedRange<Int64>, _ file: Int64, _ place: Int64,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        var follower = JournalFollower(disk, after: 0)
        let look = try look(&follower)
        #expect(look.seqs == seqs && look.pruned == [], sourceLocation: sourceLocation)
        #expect(look.damaged.map(\.lost) == [lost], sourceLocation: sourceLocation)
        #expect(
            look.damaged.map { [$0.file, "\($0.offset)"] } == [[name(file), "\(place)"]], sourceLocation: sourceLocation
        )
        #expect(try self.look(&follower) == Look(), "once", sourceLocation: sourceLocation)
        var behind = JournalFollower(disk, after: lost.upperBound)
        #expect(try self.look(&behind).damaged == [], sourceLocation: sourceLocation)
        disk.put((disk.content(name(9)) ?? []) + line(11), as: name(9))
        disk.put(DurableMark.encode(11), as: DurableMark.name)
        #expect(try self.look(&follower) == Look(seqs: [11]), "it goes on", sourceLocation: sourceLocation)
    }

    @Test func `a damaged line is told once, and the next good record follows`() throws {
        let disk = three()
        flip(6, in: 5, disk)
        try expect(disk, shows: [1, 2, 3, 4, 5, 7, 8, 9, 10], damaged: 6...6, 5, offset(6, in: 5))
    }

    @Test func `damaged lines with a good one between them are two places`() throws {
        let disk = three()
        flip(6, 8, in: 5, disk)
        var follower = JournalFollower(disk, after: 0)
        let look = try look(&follower)
        #expect(look.seqs == [1, 2, 3, 4, 5, 7, 9, 10] && look.damaged.map(\.lost) == [6...6, 8...8])
        #expect(look.damaged.map(\.offset) == [offset(6, in: 5), offset(8, in: 5)])
        var behind = JournalFollower(disk, after: 6)
        #expect(try self.look(&behind).damaged.map(\.offset) == [offset(8, in: 5)])
    }

    @Test func `damaged lines one after the other are one place, also at the end of a segment or of all`() throws {
        var disk = three()
        flip(7, 8, in: 5, disk)
        try expect(disk, shows: [1, 2, 3, 4, 5, 6, 9, 10], damaged: 7...8, 5, offset(7, in: 5))
        disk = three()
        flip(10, in: 9, disk)
        try expect(disk, shows: Array(1...9), damaged: 10...10, 9, offset(10, in: 9))
    }

    @Test func `a segment that was cut is told, in a line or between two`() throws {
        var disk = three()
        cut(before: 7, 30, in: 5, disk)
        try expect(disk, shows: [1, 2, 3, 4, 5, 6, 9, 10], damaged: 7...8, 5, offset(7, in: 5))
        disk = three()
        cut(before: 7, in: 5, disk)
        // What is wrong shows where the next one begins.
        try expect(disk, shows: [1, 2, 3, 4, 5, 6, 9, 10], damaged: 7...8, 9, 0)
    }

    @Test func `a last segment that lacks what is claimed is told, and what nothing claims is not judged`() throws {
        let disk = three()
        cut(before: 10, 30, in: 9, disk)
        disk.put(DurableMark.encode(9), as: DurableMark.name)
        var follower = JournalFollower(disk, after: 0)
        #expect(try look(&follower) == Look(seqs: Array(1...9)))
        cut(before: 10, in: 9, disk)
        disk.put(DurableMark.encode(10), as: DurableMark.name)
        #expect(try look(&follower).damaged.map(\.lost) == [10...10])
        #expect(try look(&follower) == Look())
    }

    @Test func `a segment that is missing is told, the first one too`() throws {
        var disk = three()
        disk.remove(name(5))
        try expect(disk, shows: [1, 2, 3, 4, 9, 10], damaged: 5...8, 9, 0)
        disk = three()
        disk.remove(name(1))
        try expect(disk, shows: Array(5...10), damaged: 1...4, 5, 0)
    }

    @Test func `a line that is missing between others is told`() throws {
        let disk = three()
        let bytes = disk.content(name(5)) ?? []
        let (start, end) = (Int(offset(6, in: 5)), Int(offset(7, in: 5)))
        disk.put(Array(bytes[..<start] + bytes[end...]), as: name(5))
        try expect(disk, shows: [1, 2, 3, 4, 5, 7, 8, 9, 10], damaged: 6...6, 5, Int64(start))
    }

    @Test func `what was dropped on purpose behind a cut segment is told as such`() throws {
        let disk = disk([1: segment(1...4), 5: segment(5...6), 9: segment(9...10)], mark: 10)
        disk.put(DroppedRanges([7...8]).encode(), as: DroppedRanges.name)
        cut(before: 6, in: 5, disk)
        var follower = JournalFollower(disk, after: 0)
        let look = try look(&follower)
        #expect(look.seqs == [1, 2, 3, 4, 5, 9, 10] && look.pruned == [7...8] && look.damaged.map(\.lost) == [6...6])
    }
}
