import JournalFormat
import JournalStoreSimulation
import Ledger
import Testing

@testable import JournalStore

/// What is said of a journal of which segments are gone names what is wrong, and its last resort is taken.
struct LastResortTests {
    private func damage(_ disk: SimulatedDisk) -> Damage? {
        do throws(JournalFault) {
            try Journal.open(disk, .test(segmentBytes: 500), randomID: "id", time: 0) { _, _ in }.0.close(time: 0)
            return nil
        } catch {
            guard case .damaged(let damage, _) = error else { return nil }
            return damage
        }
    }

    private func grown() throws -> SimulatedDisk {
        let disk = SimulatedDisk()
        let journal = try Journal.open(disk, .test(segmentBytes: 500), randomID: "id", time: 0) { _, _ in }.0
        for number in 0..<24 {
            _ = try journal.append(.baseline(count: number), time: 0)
            journal.commits.queue.sync {}
        }
        journal.close(time: 0)
        #expect(try disk.segments().count >= 4)
        return disk
    }

    private func cut(_ disk: SimulatedDisk, as damage: Damage?) throws {
        guard case .cut(let name, let offset)? = damage?.repair else { throw Violation("\(damage as Any)") }
        _ = try JournalRepair.cut(
            disk, segment: SegmentName.firstSeq(of: name) ?? 0, offset: offset, randomID: "new", time: 0, dryRun: false)
    }

    @Test func `without the newest segment, the one before it is cut at its end`() throws {
        let disk = try grown()
        let segments = try disk.segments()
        let (before, last) = (segments[segments.count - 2], segments[segments.count - 1])
        let bytes = disk.content(name(before))
        disk.remove(name(last))
        let found = try #require(damage(disk))
        #expect(found.file == name(before) && found.lost?.lowerBound == last)
        try cut(disk, as: found)
        #expect(damage(disk) == nil && disk.content(name(before))?.starts(with: bytes ?? [1]) == true)
    }

    @Test func `without any segment, the journal can begin again`() throws {
        let disk = try grown()
        for segment in try disk.segments() { disk.remove(name(segment)) }
        disk.put(DurableMark.encode(9), as: PruneMark.name)
        let found = try #require(damage(disk))
        #expect(found.file == name(9), "pruning says where it began")
        #expect(try JournalAudit.run(disk).problems.map(\.file).contains(name(9)))
        try cut(disk, as: damage(disk))
        #expect(damage(disk) == nil)
    }

    @Test func `what was dropped behind the last segment that is there is not missed`() throws {
        let disk = try grown()
        let segments = try disk.segments()
        let (dropped, last) = (segments[segments.count - 2], segments[segments.count - 1])
        disk.put(DroppedRanges([dropped...last - 1]).encode(), as: DroppedRanges.name)
        disk.remove(name(dropped))
        #expect(damage(disk) == nil)
        disk.remove(name(last))
        #expect(damage(disk)?.lost?.lowerBound == last)
        #expect(try JournalAudit.run(disk).problems.map { $0.lost?.lowerBound } == [last])
    }

    @Test func `a damaged list of what was dropped is named, also where the closed segments are listed`() throws {
        let disk = try grown()
        let segments = try disk.segments()
        var bytes = DroppedRanges([segments[1]...segments[2] - 1]).encode()
        disk.put(bytes, as: DroppedRanges.name)
        disk.remove(name(segments[1]))
        #expect(damage(disk) == nil)
        bytes[3] ^= 1
        disk.put(bytes, as: DroppedRanges.name)
        #expect(damage(disk)?.file == DroppedRanges.name)
        #expect(try JournalAudit.run(disk).problems.map(\.file) == [DroppedRanges.name])
    }

    @Test func `gaps are accepted beside a torn tail, which the next start cuts off`() throws {
        let disk = try grown()
        let segments = try disk.segments()
        let last = segments[segments.count - 1]
        disk.put((disk.content(name(last)) ?? []) + [UInt8(ascii: "{")], as: name(last))
        disk.remove(name(segments[1]))
        #expect(damage(disk)?.repair == .gaps)
        #expect(try JournalRepair.acceptGaps(disk, dryRun: false) == [segments[1]...segments[2] - 1])
        #expect(damage(disk) == nil)
    }

    @Test func `closed segments are held against their list, also when the newest is empty`() throws {
        let disk = try grown()
        let segments = try disk.segments()
        let end = try JournalReader(disk).look(at: segments[segments.count - 1]).0 ?? 0
        disk.put([], as: name(end + 1))
        disk.put(disk.content(name(segments[0])).map { $0.dropLast(40) + [0x0A] } ?? [], as: name(segments[0]))
        disk.remove(name(segments[1]))
        let gone = try #require(try SegmentManifest.read(from: disk)?[segments[1]])
        #expect(damage(disk)?.fault == .gone(gone))
        #expect(try JournalAudit.run(disk).problems.contains { $0.file == name(segments[1]) })
    }
}
