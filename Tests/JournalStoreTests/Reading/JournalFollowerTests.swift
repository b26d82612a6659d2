import JournalFormat
import JournalStore
import JournalStoreSimulation
import Testing

struct JournalFollowerTests {
    /// What one look shows.
    private struct Look: Equatable {
        var seqs: [Int64] = []
        var pruned: [ClosedRange<Int64>] = []
        var fault: Damage?
    }

    private func look(_ follower: inout JournalFollower) throws -> Look {
        var look = Look()
        look.fault = try follower.poll { _, entry in
            look.seqs.append(entry.seq)
        } pruned: {
            look.pruned.append($0)
        }
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
            if call == .open(name(1), .read) { disk?.remove(name(1)) }
            return nil
        }
        #expect(try look(&follower) == Look(), "the listing had it still")
        #expect(try look(&follower) == Look(seqs: [5, 6, 7, 8], pruned: [3...4]))
        #expect(try look(&follower) == Look())
    }

    @Test func `a follower that begins with what is there calls nothing lost`() throws {
        let disk = disk([5: segment(5...6)], mark: 6)
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
}
