import JournalFormat
import JournalStoreSimulation
import Ledger
import POSIX
import Testing

@testable import JournalStore

/// Every reader accepts that records are gone from within a segment if `dropped` says so, and passes over those that are still there.
struct CompactedSegmentTests {
    /// What a compaction has to leave of 1 to 9 without 3, 5 and 6.
    private static let left: [Int64] = [1, 2, 4, 7, 8, 9]

    /// A journal with a segment 1...8, compacted or as it was before, which the segment behind it is chained to.
    private func journal(
        isCompacted: Bool, dropped: [ClosedRange<Int64>] = [3...3, 5...6], directory: Int64 = 1
    ) -> SimulatedDisk {
        let disk = SimulatedDisk(directory: directory)
        func opened(_ chain: UInt32) -> Record {
            .opened(
                .init(format: 1, journal: "id", version: "1", api: "api:443", client: "client", chain: chain))
        }
        let whole = line(1, opened(0)) + (2...8 as ClosedRange<Int64>).flatMap { line($0, durable: 1) }
        let gone = [line(3, durable: 1), line(5, durable: 1), line(6, durable: 1)]
        let bytes = isCompacted ? Self.lines(whole).filter { !gone.contains($0) }.flatMap { $0 } : whole
        disk.put(bytes, as: name(1))
        disk.put(line(9, durable: 8, opened(CRC32C.checksum(whole.span))), as: name(9))
        disk.put(DurableMark.encode(9), as: DurableMark.name)
        disk.put(
            SegmentManifest(
                journal: "id",
                [ClosedSegment(first: 1, last: 8, size: Int64(bytes.count), checksum: CRC32C.checksum(bytes.span))]
            ).encode(), as: SegmentManifest.name)
        if !dropped.isEmpty { disk.put(DroppedRanges(dropped).encode(), as: DroppedRanges.name) }
        return disk
    }

    private static func lines(_ bytes: [UInt8]) -> [[UInt8]] {
        bytes.split(separator: UInt8(ascii: "\n")).map { Array($0) + [UInt8(ascii: "\n")] }
    }

    private func recover(_ disk: SimulatedDisk) throws(JournalFault) -> [Int64] {
        var seqs: [Int64] = []
        _ = try Recovery.run(disk) { entry, _, _ in seqs.append(entry.seq) }
        return seqs
    }

    private func follow(
        _ disk: SimulatedDisk, after seq: Int64 = 0
    ) throws -> (seqs: [Int64], pruned: [ClosedRange<Int64>], damage: [Damage]) {
        var found: (seqs: [Int64], pruned: [ClosedRange<Int64>], damage: [Damage]) = ([], [], [])
        var follower = JournalFollower(disk, after: seq)
        let later = try follower.poll {
            found.seqs.append($1.seq)
        } pruned: {
            found.pruned.append($0)
        } damaged: {
            found.damage.append($0)
        }
        #expect(later == nil)
        return found
    }

    @Test(arguments: [true, false]) func `readers pass over what is gone, be it there or not`(isCompacted: Bool) throws
    {
        let disk = journal(isCompacted: isCompacted)
        var seqs: [Int64] = []
        #expect(try JournalReader(disk).forEachLine { seqs.append($1.seq) } == nil)
        #expect(seqs == Self.left)
        let audit = try JournalAudit.run(disk)
        #expect(audit.problems.isEmpty && audit.records == Self.left.count)
        #expect(try recover(disk) == Self.left)
        let all = try follow(disk)
        #expect(all.seqs == Self.left && all.pruned == [3...3, 5...6] && all.damage.isEmpty)
        let rest = try follow(disk, after: 5)
        #expect(rest.seqs == [7, 8, 9] && rest.pruned == [6...6] && rest.damage.isEmpty)
        var check = SegmentCheck(1, without: try DroppedRanges.read(from: disk))
        check.take(disk.content(name(1)) ?? [])
        #expect(check.finish(try SegmentManifest.read(from: disk)?[1], chain: nil).isEmpty)
        // What a start on the one leaves is what a start on the other does.
        let ledger = try FileLedger(disk, LedgerFixture.options(), journal: .test(), randomID: "x", seed: 1)
        #expect(ledger.recovered.records == 6)
        ledger.close()
        #expect(try JournalAudit.run(disk).problems.isEmpty)
    }

    @Test func `what no range names is missing, whoever reads`() throws {
        let disk = journal(isCompacted: true, dropped: [3...3, 5...5])
        let fault = LineFault.sequence(expected: 5, found: 7)
        #expect(try JournalReader(disk).forEachLine { _, _ in }?.fault == fault)
        #expect(try JournalAudit.run(disk).problems.map(\.fault) == [fault])
        #expect(try follow(disk).damage.map(\.fault) == [fault])
        #expect(throws: JournalFault.self) { try recover(disk) }
        var check = SegmentCheck(1, without: try DroppedRanges.read(from: disk))
        check.take(disk.content(name(1)) ?? [])
        #expect(check.finish(nil, chain: nil).map(\.fault) == [fault])
        #expect(throws: JournalCopyFault.self) { try JournalCopy.measure(try JournalPages(disk)) }
        #expect(throws: BackupFault.self) {
            try JournalBackup.run(from: disk, to: SimulatedDisk(directory: 3), time: 0)
        }
    }

    @Test func `a damaged file of dropped ranges is told as such, and what is missing can be accepted`() throws {
        let disk = journal(isCompacted: true)
        disk.put([1, 2, 3], as: DroppedRanges.name)
        do throws(JournalFault) {
            _ = try recover(disk)
            Issue.record("nothing says what was dropped")
        } catch {
            guard case .damaged(let damage, _) = error else { throw error }
            #expect(damage.file == DroppedRanges.name && damage.repair == .gaps)
        }
        #expect(try JournalRepair.acceptGaps(disk, dryRun: false) == [3...3, 5...6])
        #expect(try recover(disk) == Self.left)
        #expect(try JournalAudit.run(disk).problems.isEmpty)
    }

    @Test(arguments: [true, false]) func `a copy in motion starts, whichever of the files it has as of when`(
        isCompacted: Bool
    ) throws {
        // The segment and the list of segments of one instant, what was dropped and the list of another.
        let disk = journal(isCompacted: isCompacted, dropped: isCompacted ? [] : [3...3, 5...6], directory: 2)
        let other = journal(isCompacted: !isCompacted)
        disk.put(try #require(other.content(SegmentManifest.name)), as: SegmentManifest.name)
        disk.put(Place(machine: 1, device: 1, inode: 1, born: nil).encode(), as: Place.name)
        let ledger = try FileLedger(disk, LedgerFixture.options(), journal: .test(), randomID: "x", seed: 1)
        #expect(ledger.recovered.restore?.copy?.missing == (isCompacted ? [3...3, 5...6] : []))
        ledger.close()
        #expect(try JournalAudit.run(disk).problems.isEmpty)
        #expect(try DroppedRanges.read(from: disk).ranges.prefix(2) == [3...3, 5...6])
    }

    @Test(arguments: [true, false]) func `a journal is copied without what is gone`(isCompacted: Bool) throws {
        let (source, target) = (journal(isCompacted: isCompacted), SimulatedDisk(directory: 2))
        #expect(try JournalCopy.run(from: try JournalPages(source), to: try JournalCopyWriter(target)).records == 6)
        #expect(try target.segments() == [1, 9])
        #expect(target.content(name(1)) == journal(isCompacted: true).content(name(1)))
        #expect(try JournalAudit.run(target).problems.isEmpty)
        #expect(try recover(SimulatedDisk(target.state.afterLosingAll())) == Self.left)
    }

    @Test func `a backup has a segment anew that was compacted since, and is whole at each instant`() throws {
        let target = SimulatedDisk(directory: 2)
        let whole = journal(isCompacted: false, dropped: [])
        // Once with all of the segment, and once with its beginning.
        #expect(try JournalBackup.run(from: whole, to: target, time: 0).manifest.segments.map(\.last) == [8, 9])
        let beginning = SimulatedDisk(directory: 3)
        let begun = SimulatedDisk()
        begun.put(try #require(whole.content(name(1))).dropLast(line(8, durable: 1).count) + [], as: name(1))
        begun.put(DurableMark.encode(7), as: DurableMark.name)
        #expect(try JournalBackup.run(from: begun, to: beginning, time: 0).manifest.segments.map(\.last) == [7])
        for target in [target, beginning] {
            let states = Recorder<DiskState>()
            let disk = SimulatedDisk(target.state, keepsCalls: false) { states.add($0) }
            let report = try JournalBackup.run(from: journal(isCompacted: true), to: disk, time: 0)
            #expect(report.manifest.segments.map(\.last) == [8, 9])
            #expect(disk.content(name(1)) == journal(isCompacted: true).content(name(1)))
            for state in states.all + [disk.state] {
                let lost = SimulatedDisk(state.afterLosingAll())
                let manifest = try #require(BackupManifest.decode(lost.content(BackupManifest.name) ?? []))
                for segment in manifest.segments {
                    let file = try #require(try SegmentCompaction.open(segment, lost))
                    #expect(try lost.checksum(file, upTo: segment.size).checksum == segment.checksum)
                }
            }
        }
    }

    @Test func `a follower goes on in a segment that is compacted between two looks`() throws {
        let disk = journal(isCompacted: false, dropped: [])
        var follower = JournalFollower(disk, after: 0)
        var (seqs, damage): ([Int64], [Damage]) = ([], [])
        func look(upTo durable: Int64) throws {
            let later = try follower.poll(durable: durable) {
                seqs.append($1.seq)
            } pruned: { _ in
            } damaged: {
                damage.append($0)
            }
            #expect(later == nil)
        }
        try look(upTo: 4)
        let compacted = journal(isCompacted: true)
        for file in [name(1), DroppedRanges.name, SegmentManifest.name] {
            disk.put(try #require(compacted.content(file)), as: file)
        }
        try look(upTo: 9)
        #expect(seqs == [1, 2, 3, 4, 7, 8, 9] && damage.isEmpty)
    }
}
