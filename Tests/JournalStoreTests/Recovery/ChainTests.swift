import JournalFormat
import JournalStoreSimulation
import Ledger
import POSIX
import Payments
import Testing

@testable import JournalStore

/// What tells a segment that is gone, was changed or belongs elsewhere: the numbers in the names, the manifest of closed segments, and
/// the chain of their checksums.
struct ChainTests {
    private func open(_ disk: SimulatedDisk, id: String = "id") throws(JournalFault) -> Journal {
        try Journal.open(disk, .test(segmentBytes: 700), randomID: id, time: 0) { _, _ in }.0
    }

    /// A journal of at least four segments, closed.
    private func grown(id: String = "id", count: Int = 24) throws -> SimulatedDisk {
        let disk = SimulatedDisk()
        let journal = try open(disk, id: id)
        for number in 0..<count {
            _ = try journal.append(.baseline(count: number), time: 0)
            journal.commits.queue.sync {}
        }
        journal.close(time: 0)
        return disk
    }

    private func segments(_ disk: SimulatedDisk) throws -> [Int64] { try JournalReader(disk).segments }

    private func fault(_ disk: SimulatedDisk) -> Damage? {
        do throws(JournalFault) {
            _ = try open(disk)
            return nil
        } catch {
            if case .damaged(let damage, _) = error { return damage }
            Issue.record("\(error)")
            return nil
        }
    }

    private func problems(_ disk: SimulatedDisk) throws -> [Damage] { try JournalAudit.run(disk).problems }

    private func opened(_ disk: SimulatedDisk, _ first: Int64) throws -> Record.Opened {
        guard case .opened(let opened)? = try disk.head(of: first)?.record else { throw Violation("no head") }
        return opened
    }

    @Test func `every segment names the checksum of the one before, and closed ones stand in the manifest`() throws {
        let disk = try grown()
        let segments = try segments(disk)
        #expect(segments.count >= 4)
        #expect(try opened(disk, segments[0]).chain == 0)
        for (before, next) in zip(segments, segments.dropFirst()) {
            let bytes = try #require(disk.content(name(before)))
            #expect(try opened(disk, next).chain == CRC32C.checksum(bytes.span))
        }
        let manifest = try #require(try SegmentManifest.read(from: disk))
        #expect(manifest.journal == "id" && manifest.segments.map(\.first) == segments.dropLast())
        for (closed, next) in zip(manifest.segments, segments.dropFirst()) {
            let bytes = try #require(disk.content(closed.name))
            #expect(closed.last == next - 1 && closed.size == bytes.count)
            #expect(closed.checksum == CRC32C.checksum(bytes.span))
        }
        #expect(try problems(disk).isEmpty && fault(disk) == nil)
    }

    @Test func `the chain goes on over restarts, and over a write that failed at a segment's beginning`() throws {
        let disk = SimulatedDisk()
        for run in 0..<6 {
            let journal = try open(disk)
            for number in 0..<5 {
                if number == run {
                    let taken = TurnCounter(0)
                    disk.setFault { call in
                        if case .open(let name, .create) = call, name.hasSuffix(".jsonl"), taken.isTurn() {
                            return .error(28)
                        }
                        return nil
                    }
                }
                _ = try? journal.append(.baseline(count: number), time: 0)
                journal.commits.queue.sync {}
                // The next one is taken when all have been told.
                journal.commits.queue.sync {}
            }
            disk.setFault(nil)
            if run % 2 == 0 { journal.close(time: 0) } else { journal.commits.closeWriter() }
        }
        #expect(try segments(disk).count >= 4)
        #expect(try problems(disk).isEmpty)
        let manifest = try #require(try SegmentManifest.read(from: disk))
        disk.remove(SegmentManifest.name)
        #expect(fault(disk) == nil)
        // What a start reads it knows too.
        let again = try #require(try SegmentManifest.read(from: disk))
        #expect(manifest.segments.allSatisfy { again[$0.first] == $0 })
    }

    @Test func `new endpoints at a segment's beginning stand behind the right one`() throws {
        let disk = SimulatedDisk()
        let journal = try open(disk)
        for number in 0..<20 {
            _ = try journal.commits.configure(endpoints: ["\(number)"], time: 0)
            journal.commits.queue.sync {}
        }
        journal.close(time: 0)
        var chains: [Int64: Set<UInt32?>] = [:]
        let segments = try segments(disk)
        _ = try JournalReader(disk).forEachLine { _, entry in
            guard case .opened(let opened) = entry.record else { return }
            chains[segments.last { $0 <= entry.seq } ?? 0, default: []].insert(opened.chain)
        }
        #expect(chains.count >= 4 && chains.values.allSatisfy { $0.count == 1 })
    }

    @Test func `a segment that is missing behind the checkpoint is missed at a start, also without a manifest`() throws
    {
        for hasManifest in [true, false] {
            let disk = try grownLedger()
            let segments = try segments(disk)
            disk.remove(name(segments[1]))
            if !hasManifest { disk.remove(SegmentManifest.name) }
            let damage = try #require(ledgerFault(disk))
            if hasManifest {
                #expect(damage.file == name(segments[1]))
                guard case .gone = damage.fault else { throw Violation("\(damage)") }
            } else {
                #expect(damage.fault == .begins(with: segments[2], insteadOf: segments[1]))
            }
            #expect(damage.lost == segments[1]...segments[2] - 1)
            #expect(damage.hint.contains("--accept-gaps"))
            #expect(try problems(disk).map(\.lost) == [segments[1]...segments[2] - 1])
        }
    }

    @Test func `a segment that is cut between lines behind the checkpoint is missed at a start`() throws {
        let disk = try grownLedger()
        let first = try segments(disk)[1]
        let bytes = try #require(disk.content(name(first)))
        let newline = try #require(bytes.dropLast().lastIndex(of: 0x0A))
        disk.put(Array(bytes[...newline]), as: name(first))
        guard case .changed(_, Int64(newline) + 1, nil)? = ledgerFault(disk)?.fault else {
            Issue.record("it is not missed")
            return
        }
        // Its last newline only is put back.
        disk.put(bytes.dropLast() + [], as: name(first))
        #expect(ledgerFault(disk) == nil)
        #expect(disk.content(name(first)) == bytes)
    }

    @Test func `swapped segments, rewritten history and another journal's segment are found`() throws {
        let segments = try segments(grown())
        let other = try grown(id: "other")
        for hasManifest in [true, false] {
            let foreign = try grown()
            foreign.put(try #require(other.content(name(segments[1]))), as: name(segments[1]))
            let rewritten = try grown()
            rewritten.put(try rewriting(rewritten, segments[1]), as: name(segments[1]))
            let swapped = try grown()
            let (one, two) = (swapped.content(name(segments[1])), swapped.content(name(segments[2])))
            swapped.put(two ?? [], as: name(segments[1]))
            swapped.put(one ?? [], as: name(segments[2]))
            for (disk, what) in [(foreign, "foreign"), (rewritten, "rewritten"), (swapped, "swapped")] {
                if !hasManifest { disk.remove(SegmentManifest.name) }
                #expect(fault(disk) != nil, "\(what)")
                #expect(try !problems(disk).isEmpty, "\(what)")
            }
        }
        // The last one, behind which nothing is chained.
        let disk = try grown()
        disk.put(try #require(other.content(name(segments.last ?? 0))), as: name(segments.last ?? 0))
        let damage = try #require(fault(disk))
        #expect(damage.fault == .otherJournal("other", before: "id") && damage.file == name(segments.last ?? 0))
    }

    /// A segment with another record in the place of one, as long, and with a right checksum.
    private func rewriting(_ disk: SimulatedDisk, _ first: Int64) throws -> [UInt8] {
        let bytes = try #require(disk.content(name(first)))
        var lines = bytes.split(separator: 0x0A).map { Array($0) }
        let changed = Array(lines[1].dropFirst(18)).replacing(
            Array("1970-01-01T00:00:00".utf8), with: Array("1970-01-01T00:00:01".utf8))
        lines[1] = Array(#"{"crc":"\#(CRC32C.text(of: CRC32C.checksum(changed.span)))","#.utf8) + changed
        return lines.flatMap { $0 + [0x0A] }
    }

    @Test func `another journal's segment is found behind the checkpoint, too, though it is as long`() throws {
        let disk = try grownLedger()
        let other = try grownLedger(id: "ib")
        let segments = try segments(disk)
        #expect(segments == (try self.segments(other)))
        for first in segments.dropFirst().dropLast() {
            let whole = try #require(disk.content(name(first)))
            let foreign = try #require(other.content(name(first)))
            #expect(foreign.count == whole.count)
            disk.put(foreign, as: name(first))
            #expect(ledgerFault(disk)?.fault == .otherJournal("ib", before: "id"))
            disk.put(whole, as: name(first))
        }
        #expect(ledgerFault(disk) == nil)
    }

    @Test func `a journal from before there were chains is taken as it is, and chained from then on`() throws {
        let disk = disk([1: segment(1...3), 4: segment(4...6), 7: segment(7...12)])
        let journal = try open(disk)
        for number in 0..<12 {
            _ = try journal.append(.baseline(count: number), time: 0)
            journal.commits.queue.sync {}
        }
        journal.close(time: 0)
        #expect(try problems(disk).isEmpty && fault(disk) == nil)
        let manifest = try #require(try SegmentManifest.read(from: disk))
        #expect(manifest.segments.map(\.first) == (try segments(disk)).dropLast())
    }

    @Test func `after a repair the chain goes on, wherever the journal was cut`() throws {
        for isAtBeginning in [true, false] {
            let disk = try grown()
            let first = try segments(disk)[2]
            let bytes = try #require(disk.content(name(first)))
            let offset = isAtBeginning ? 0 : try #require(bytes.firstIndex(of: 0x0A)) + 1
            _ = try JournalRepair.cut(
                disk, segment: first, offset: Int64(offset), randomID: "new", time: 0, dryRun: false)
            #expect(try problems(disk).isEmpty)
            let journal = try open(disk)
            for number in 0..<12 {
                _ = try journal.append(.baseline(count: number), time: 0)
                journal.commits.queue.sync {}
            }
            journal.close(time: 0)
            #expect(try problems(disk).isEmpty && fault(disk) == nil)
        }
    }

    @Test func `an empty newest segment is chained to the one before it, whatever else the manifest lacked`() throws {
        let disk = try grown()
        let segments = try segments(disk)
        let manifest = try #require(try SegmentManifest.read(from: disk))
        let known = SegmentManifest(journal: "id", manifest.segments.filter { $0.first != segments[0] })
        disk.put(known.encode(), as: SegmentManifest.name)
        // A write was refused when it had been created.
        let newest = segments[segments.count - 1]
        disk.put([], as: name(newest))
        disk.remove(DurableMark.name)
        try open(disk).close(time: 0)
        #expect(fault(disk) == nil)
        #expect(try problems(disk) == [])
    }

    @Test func `a journal goes on without what is missing, and nothing that is there is cut`() throws {
        let disk = try grown()
        let segments = try segments(disk)
        let before = try disk.records()
        disk.remove(name(segments[1]))
        #expect(fault(disk) != nil)
        let gap = segments[1]...segments[2] - 1
        #expect(try JournalRepair.acceptGaps(disk, dryRun: true) == [gap])
        #expect(fault(disk) != nil)
        #expect(try JournalRepair.acceptGaps(disk, dryRun: false) == [gap])
        #expect(try problems(disk).isEmpty)
        let left = SimulatedDisk(disk.state.afterLosingAll())
        #expect(try left.records() == before.filter { !gap.contains(Int64($0.split(separator: " ")[0]) ?? 0) })
        #expect(fault(left) == nil)
        #expect(throws: JournalRepair.Refusal.self) { try JournalRepair.acceptGaps(left, dryRun: false) }
    }

    @Test func `a gap beside a damaged line is not accepted, and a whole journal has none`() throws {
        let disk = try grown()
        #expect(throws: JournalRepair.Refusal.self) { try JournalRepair.acceptGaps(disk, dryRun: false) }
        let segments = try segments(disk)
        disk.remove(name(segments[1]))
        var bytes = try #require(disk.content(name(segments[2])))
        bytes[bytes.count / 2] ^= 1
        disk.put(bytes, as: name(segments[2]))
        let before = disk.state.names
        #expect(throws: JournalRepair.Refusal.self) { try JournalRepair.acceptGaps(disk, dryRun: false) }
        #expect(disk.state.names == before)
    }

    @Test(arguments: [PruneMark.name, DroppedRanges.name])
    func `a damaged file beside the segments is named, with a hint that loses nothing`(file: String) throws {
        let disk = try grown()
        let segments = try segments(disk)
        let gone = file == PruneMark.name ? segments[0] : segments[1]
        let next = segments.first { $0 > gone } ?? 0
        let records = try disk.records().filter { !(gone..<next).contains(Int64($0.split(separator: " ")[0]) ?? 0) }
        disk.remove(name(gone))
        disk.remove(SegmentManifest.name)
        let content = file == PruneMark.name ? DurableMark.encode(next) : DroppedRanges([gone...next - 1]).encode()
        disk.put(content, as: file)
        #expect(fault(disk) == nil)
        disk.remove(SegmentManifest.name)
        // Without its last newline it says the same.
        disk.put(content.dropLast() + [], as: file)
        #expect(fault(disk) == nil)
        var damaged = content
        damaged[3] ^= 1
        disk.put(damaged, as: file)
        disk.remove(SegmentManifest.name)
        let damage = try #require(fault(disk))
        #expect(damage.file == file && "\(damage)".contains("the file is damaged; it says "))
        #expect(try problems(disk).first?.file == file)
        switch damage.repair {
        case .beginning(name(next)): _ = try JournalRepair.acceptBeginning(disk, segment: next, dryRun: false)
        case .gaps: _ = try JournalRepair.acceptGaps(disk, dryRun: false)
        default: Issue.record("\(damage.hint)")
        }
        #expect(fault(disk) == nil)
        #expect(try disk.records().prefix(records.count) == records[...])
    }

    @Test func `segments that are gone at the end are missed by what had been synced, with a hint that works`() throws {
        for count in 1...2 {
            let disk = try grown()
            let segments = try segments(disk)
            for first in segments.suffix(count) { disk.remove(name(first)) }
            let damage = try #require(fault(disk))
            #expect(damage.file == name(segments[segments.count - count - 1]))
            #expect(damage.lost?.lowerBound == segments[segments.count - count])
            #expect(try problems(disk) == [damage])
            guard case .cut(_, let offset)? = damage.repair else { throw Violation("\(damage.hint)") }
            _ = try JournalRepair.cut(
                disk, segment: segments[segments.count - count - 1], offset: offset, randomID: "new", time: 0,
                dryRun: false)
            #expect(fault(disk) == nil)
        }
    }

    @Test func `a journal of which only a manifest or a checkpoint is left is not taken for a new one`() throws {
        for kept in [SegmentManifest.name, Checkpoint.name] {
            let disk = try grownLedger()
            for name in disk.state.names.keys where name != kept { disk.remove(name) }
            let damage = try #require(ledgerFault(disk), "\(kept)")
            #expect(damage.lost?.lowerBound == 1 && damage.repair == .cut(name(1), 0))
            #expect(try JournalReader(disk).claimed > 0)
        }
    }

    @Test func `a lost or damaged manifest is written anew from the chain, whatever the checkpoint passes over`() throws
    {
        let disk = try grownLedger()
        let whole = try #require(try SegmentManifest.read(from: disk))
        #expect(whole.segments.count >= 3)
        for isLost in [true, false] {
            if isLost {
                disk.remove(SegmentManifest.name)
            } else {
                var bytes = whole.encode()
                bytes[40] ^= 1
                disk.put(bytes, as: SegmentManifest.name)
                #expect(try problems(disk).map(\.file) == [SegmentManifest.name])
                #expect(try !JournalAudit.run(disk).isTornTail)
            }
            #expect(ledgerFault(disk) == nil)
            let again = try #require(try SegmentManifest.read(from: disk))
            #expect(whole.segments.allSatisfy { again[$0.first] == $0 })
            #expect(try problems(disk).isEmpty)
        }
    }

    @Test func `a newline that a segment lacks before the checkpoint is added, without a manifest too`() throws {
        let disk = try grownLedger()
        let first = try segments(disk)[1]
        let bytes = try #require(disk.content(name(first)))
        disk.put(bytes.dropLast() + [], as: name(first))
        disk.remove(SegmentManifest.name)
        #expect(ledgerFault(disk) == nil)
        #expect(disk.content(name(first)) == bytes)
        #expect(try problems(disk).isEmpty)
    }

    @Test func `reports in records that a repair gave up still wait for the API`() async throws {
        let disk = try grownLedger()
        let segments = try segments(disk)
        disk.remove(name(segments[1]))
        let gap = segments[1]...segments[2] - 1
        _ = try JournalRepair.acceptGaps(disk, dryRun: false)
        let fixture = try LedgerFixture(disk, segmentBytes: 700)
        #expect(fixture.ledger.counts.pending == 12)
        var refuted = 0
        while let claim = fixture.claim() {
            let settlement = try await fixture.ledger.settle(claim, try answer(claim.id, "paid"), cause: .webhook)
            #expect(settlement.judgement.confirmation != nil)
            refuted += settlement.judgement.refutations.filter { $0.reason == .unreadable }.count
        }
        #expect(
            refuted == (try gap.filter { seq in try !disk.records().contains { $0.hasPrefix("\(seq) ") } }.count) - 1)
    }

    // MARK: With a checkpoint

    private func grownLedger(id: String = "id") throws -> SimulatedDisk {
        let fixture = try LedgerFixture(segmentBytes: 700, id: id)
        for id in 1...12 as ClosedRange<Int64> {
            fixture.record(try report(id, "paid"))
            fixture.settle()
        }
        #expect(fixture.ledger.writeCheckpoint())
        fixture.ledger.close()
        #expect(try segments(fixture.disk).count >= 4)
        return fixture.disk
    }

    private func ledgerFault(_ disk: SimulatedDisk) -> Damage? {
        do {
            let fixture = try LedgerFixture(disk, segmentBytes: 700)
            fixture.ledger.close()
            return nil
        } catch JournalFault.damaged(let damage, _) { return damage } catch {
            Issue.record("\(error)")
            return nil
        }
    }
}
