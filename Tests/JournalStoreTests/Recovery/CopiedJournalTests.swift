import JournalFormat
import JournalStoreSimulation
import Ledger
import Glibc
import POSIX
import Testing

@testable import JournalStore

/// Starts on copies of a journal: what an instant explains is no damage, what is wrong is.
struct CopiedJournalTests {
    private static let elsewhere = Place(machine: 1, device: 1, inode: 1, born: nil).encode()

    /// A copy in directory 2 of what was in directory 1.
    private func copy(_ segments: [Int64: [UInt8]], mark: Int64 = 0, place: [UInt8]? = elsewhere) -> SimulatedDisk {
        let disk = SimulatedDisk(directory: 2)
        for (first, bytes) in segments { disk.put(bytes, as: name(first)) }
        if mark > 0 { disk.put(DurableMark.encode(mark), as: DurableMark.name) }
        if let place { disk.put(place, as: Place.name) }
        return disk
    }

    private func open(_ disk: SimulatedDisk) throws(JournalFault) -> FileLedger {
        try FileLedger(disk, LedgerFixture.options(), journal: .test(), randomID: "fresh", seed: 1)
    }

    private func fault(_ disk: SimulatedDisk) -> Damage? {
        func content() -> [[String: [UInt8]?]] {
            disk.state.names.keys.sorted().filter { $0 != Place.name }.map { [$0: disk.content($0)] }
        }
        let before = content()
        do throws(JournalFault) { _ = try open(disk) } catch {
            #expect(content() == before)
            if case .damaged(let damage, _) = error { return damage }
            Issue.record("\(error)")
        }
        return nil
    }

    @Test func `claims that a copy has no records for do not stop it, and it goes on behind 2^32 numbers`() throws {
        let disk = copy([1: segment(1...4), 5: segment(5...9, durable: 4)], mark: 40)
        let ledger = try open(disk)
        let (restore, copy) = try #require(ledger.recovered.restore)
        #expect(
            restore.after == 9 && copy?.claimed == 40 && copy?.missing.isEmpty == true && copy?.kept.isEmpty == true)
        #expect(ledger.durable == restore.nextSeq && restore.nextSeq > 9 + 1 << 32)
        #expect(try disk.segments() == [1, 5, restore.nextSeq])
        #expect(try DroppedRanges.read(from: disk).ranges == [10...restore.nextSeq - 1])
        guard case .opened(let opened)? = try disk.head(of: restore.nextSeq)?.record else { throw Violation("no head") }
        #expect(opened.restore == restore)
        ledger.close()
        #expect(try JournalAudit.run(disk).problems.isEmpty)
        // From now on it is its own.
        let again = try open(disk)
        #expect(again.recovered.restore == nil && again.journal.restore == restore)
        #expect(again.durable == restore.nextSeq + 2)
    }

    @Test func `readers go over the numbers that a restore left out, from wherever they begin`() throws {
        let disk = copy([1: segment(1...4)])
        let ledger = try open(disk)
        let next = try #require(ledger.recovered.restore).0.nextSeq
        for after: Int64 in [0, 2, 4, 5, 1 << 31, next - 2, next - 1] {
            var follower = JournalFollower(disk, after: after)
            var (seen, gone): ([Int64], [ClosedRange<Int64>]) = ([], [])
            _ = try follower.poll(durable: ledger.durable) {
                seen.append($1.seq)
            } pruned: {
                gone.append($0)
            } damaged: {
                Issue.record("\($0)")
            }
            #expect(seen == [Int64](1...4).filter { $0 > after } + [next])
            #expect(gone == (after + 1 < next ? [max(5, after + 1)...next - 1] : []))
        }
    }

    @Test
    func `a segment that was cut short while later ones were copied costs what is not there, and nothing behind it`()
        throws
    {
        let whole = segment(1...4)
        let disk = copy([1: Array(whole.dropLast(7)), 5: segment(5...9), 10: []], mark: 40)
        let ledger = try open(disk)
        let (restore, copy) = try #require(ledger.recovered.restore)
        #expect(restore.after == 9 && copy?.missing == [4...4])
        let kept = try #require(copy?.kept.first)
        #expect(disk.content(kept) == Array(line(4).dropLast(7)))
        #expect(try disk.segments() == [1, 5, restore.nextSeq])
        ledger.close()
        #expect(try JournalAudit.run(disk).problems.isEmpty)
    }

    @Test func `segments that were pruned while they were copied are told, and the baseline counts as complete`() throws
    {
        let disk = copy([5: segment(5...9), 15: segment(15...20)], mark: 20)
        disk.put(DurableMark.encode(10), as: PruneMark.name)
        let ledger = try open(disk)
        #expect(ledger.recovered.restore?.copy?.missing == [10...14])
        #expect(ledger.hasBaseline)
        ledger.close()
        #expect(try JournalAudit.run(disk).problems.isEmpty)
        let beginning = copy([5: segment(5...9)])
        let other = try open(beginning)
        #expect(other.recovered.restore?.copy?.missing == [1...4])
        #expect(other.hasBaseline)
        other.close()
        #expect(try JournalAudit.run(beginning).problems.isEmpty)
        // It was made before the baseline was: that is still to come.
        let early = try open(copy([1: line(1, head)]))
        #expect(!early.hasBaseline)
    }

    @Test func `bytes that are wrong are damage in a copy too`() throws {
        var wrong = segment(1...4)
        wrong[wrong.count / 2] ^= 1
        let flipped = copy([1: wrong, 5: segment(5...9)], mark: 9)
        #expect(fault(flipped)?.file == name(1))
        let renamed = copy([1: segment(1...4), 7: segment(5...9)], mark: 9)
        #expect(fault(renamed)?.fault == .renamed(to: 7, from: 5))
        // The mark says that it had been whole.
        var last = segment(5...9)
        last[last.count - 9] ^= 1
        #expect(fault(copy([1: segment(1...4), 5: last], mark: 9))?.file == name(5))
    }

    @Test func `a backup goes on behind its own restore, though its last segment was dropped since`() throws {
        let target = SimulatedDisk()
        let report = try JournalBackup.run(
            from: copy([1: segment(1...7), 8: segment(8...61)], mark: 61), to: target, time: 0)
        #expect(report.manifest.last == 61)
        let disk = copy([1: segment(1...7), 8: segment(8...61)], mark: 61)
        let ledger = try open(disk)
        let next = try #require(ledger.recovered.restore).0.nextSeq
        ledger.close()
        let other = SimulatedDisk(target.state)
        try DroppedRanges([8...next - 1]).write(to: disk)
        disk.remove(name(8))
        #expect(try JournalBackup.run(from: disk, to: target, time: 0).manifest.last == next + 1)
        // One of what came later, and was set back.
        let late = copy([1: segment(1...7), 8: segment(8...70)], mark: 70)
        #expect(try JournalBackup.run(from: late, to: other, time: 0).manifest.last == 70)
        #expect(throws: BackupFault.ahead(70)) { try JournalBackup.run(from: disk, to: other, time: 0) }
    }

    @Test func `a journal without the file is its own, one whose file is damaged gets higher numbers`() throws {
        let old = copy([1: segment(1...4)], place: nil)
        #expect(try open(old).recovered.restore == nil)
        #expect(old.content(Place.name) == old.place?.encode())
        #expect(fault(copy([1: segment(1...4)], mark: 9, place: nil))?.fault == .missing(expected: 5, claimed: 9))
        for damaged in [[], Array("restored\n".utf8), Array(Self.elsewhere.dropLast(9))] {
            let disk = copy([1: segment(1...4)], place: damaged)
            #expect(try open(disk).recovered.restore?.0.after == 4)
            #expect(disk.content(Place.name) == disk.place?.encode())
        }
    }

    @Test func `whatever call of a restore fails, the next start goes on behind 2^32 numbers`() throws {
        for failing in 0..<40 {
            let disk = copy([1: segment(1...4), 5: Array(segment(5...9).dropLast(3))], mark: 40)
            let turn = TurnCounter(failing)
            disk.setFault { call in
                switch call {
                case .write, .rename, .synchronize, .synchronizeDirectory, .truncate, .open(_, .create):
                    turn.isTurn() ? .error(ENOSPC) : nil
                default: nil
                }
            }
            _ = try? open(disk)
            disk.setFault(nil)
            let ledger = try open(disk)
            #expect(ledger.durable > 8 + 1 << 32, "call \(failing)")
        }
    }
}

struct PlaceTests {
    private let place = Place(machine: 7, device: -1, inode: 12, born: 5)

    @Test func `it reads as it was written, and no other content does`() {
        for place in [place, .none, Place(machine: nil, device: 3, inode: 4, born: nil)] {
            #expect(Place.decode(place.encode()) == place)
            for index in place.encode().indices.dropLast() {
                var damaged = place.encode()
                damaged[index] ^= 1
                #expect(Place.decode(damaged) == nil)
            }
        }
    }

    @Test func `another device number is no other directory where both tell when they were created`() {
        func changed(_ change: (inout Place) -> Void) -> Place {
            var other = place
            change(&other)
            return other
        }
        #expect(place.isSame(as: place))
        #expect(place.isSame(as: changed { $0.device = 9 }))
        #expect(place.isSame(as: changed { $0.machine = nil }))
        #expect(!place.isSame(as: changed { $0.machine = 8 }))
        #expect(!place.isSame(as: changed { $0.inode = 13 }))
        #expect(!place.isSame(as: changed { $0.born = 6 }))
        #expect(place.isSame(as: changed { $0.born = nil }))
        #expect(!place.isSame(as: changed { ($0.born, $0.device) = (nil, 9) }))
        #expect(!place.isSame(as: .none))
    }
}
