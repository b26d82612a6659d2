import JournalFormat
import JournalStoreSimulation
import POSIX
import Synchronization
import Testing

@testable import JournalStore

/// Copying a journal in files to another directory, and being interrupted at it.
struct JournalCopyTests {
    /// Begins with record 3, lacks 7 to 9, and has an `opened` in the middle of a segment.
    private func journal() throws -> SimulatedDisk {
        let disk = disk(
            [
                3: segment(3...4), 5: segment(5...6, durable: 4),
                10: segment(10...12, durable: 6) + line(13, head) + line(14),
            ],
            mark: 14)
        try PruneMark.write(3, disk)
        try DroppedRanges([7...9]).write(to: disk)
        return disk
    }

    private func copy(_ source: SimulatedDisk, _ target: SimulatedDisk) throws -> JournalCopy.Report {
        try JournalCopy.run(from: try JournalPages(source), to: try JournalCopyWriter(target))
    }

    private func segments(_ disk: SimulatedDisk) throws -> [String: String] {
        var segments: [String: String] = [:]
        for name in try disk.names() where name.hasSuffix(".jsonl") { segments[name] = text(disk.content(name)) }
        return segments
    }

    private func open(_ disk: SimulatedDisk) throws(JournalFault) -> (id: String, seqs: [Int64]) {
        var seqs: [Int64] = []
        let (journal, _) = try Journal.open(disk, .test(), randomID: "x", time: 0) { entry, _ in seqs.append(entry.seq)
        }
        return (journal.id, seqs)
    }

    @Test func `the copy has every line in the same segments, lacks what was dropped, and is a journal`() throws {
        let (source, target) = (try journal(), SimulatedDisk())
        let report = try copy(source, target)
        #expect(report.records == 9)
        #expect(report.bytes == (try segments(source).values.reduce(0) { $0 + Int64($1.utf8.count) }))
        #expect(try segments(target) == segments(source))
        let audit = try JournalAudit.run(target)
        #expect(audit.problemCount == 0 && audit.claimed == 14)
        // All of it is on the disk.
        #expect(try open(SimulatedDisk(target.state.afterLosingAll())) == ("id", [3, 4, 5, 6, 10, 11, 12, 13, 14]))
        #expect(try JournalCopy.measure(try JournalPages(source)) == report)
    }

    @Test func `what is copied already is only compared, unless one of the two has gone on`() throws {
        let (source, target) = (try journal(), SimulatedDisk())
        let report = try copy(source, target)
        let before = target.state.names.keys.sorted()
        #expect(try copy(source, target) == report)
        #expect(target.state.names.keys.sorted() == before)
        _ = try open(target)
        #expect(throws: JournalCopyFault.goneOn(seq: 15)) { try copy(source, target) }
    }

    @Test(arguments: 0..<90)
    func `a copy that fails is no journal, and is gone on with, whatever the disk has kept of it`(turn: Int) throws {
        let (source, target) = (try journal(), SimulatedDisk())
        let turns = TurnCounter(turn)
        target.setFault { call in
            if !turns.isTurn() { return nil }
            return switch call {
            // The worst: what is read is not what the disk holds.
            case .synchronize, .synchronizeDirectory: .lie(5, seed: UInt64(turn))
            case .write(_, let count) where turn.isMultiple(of: 2): .short(count / 2)
            default: .error(5)
            }
        }
        _ = try? copy(source, target)
        target.setFault(nil)
        for state in [target.state, target.state.afterLosingAll()] {
            let disk = SimulatedDisk(state)
            switch Result(catching: { () throws(JournalFault) in try open(SimulatedDisk(state)).id }) {
            case .failure(.halfCopied): break
            case .failure(let fault): throw fault
            // It has not begun; or only the last sync failed.
            case .success(let id): #expect(try id == (segments(disk).isEmpty ? "x" : "id"))
            }
            #expect(try copy(source, disk).records == 9)
            #expect(try segments(disk) == segments(source))
            #expect(try open(SimulatedDisk(disk.state.afterLosingAll())).seqs.count == 9)
        }
    }

    @Test func `a power cut while a whole copy is compared once more leaves what the next run ends`() throws {
        let (source, target) = (try journal(), SimulatedDisk())
        _ = try copy(source, target)
        let states = Mutex<[DiskState]>([])
        _ = try copy(source, SimulatedDisk(target.state) { state in states.withLock { $0.append(state) } })
        let all = states.withLock { $0 }
        // The mark is made and taken away.
        #expect(all.contains { $0.names[JournalCopyWriter.markName] != nil })
        for state in all {
            for disk in [SimulatedDisk(state), SimulatedDisk(state.afterLosingAll())] {
                #expect(try copy(source, disk).records == 9)
                #expect(try open(SimulatedDisk(disk.state.afterLosingAll())).seqs.count == 9)
            }
        }
    }

    @Test func `nothing is copied over another journal, nor over what is left of one`() throws {
        let source = try journal()
        let other = Record.opened(.init(format: 1, journal: "other", version: "1", api: "api:443", client: "client"))
        let half = SimulatedDisk()
        half.put(Array("other".utf8), as: JournalCopyWriter.markName)
        for target in [disk([1: line(1, other)]), half, disk([:], mark: 3)] {
            let before = target.state.names.keys.sorted()
            #expect {
                try copy(source, target)
            } throws: { error in
                guard case .occupied = error as? JournalCopyFault else { return false }
                return true
            }
            #expect(target.state.names.keys.sorted() == before)
        }
    }

    @Test func `half of a copy is not copied`() throws {
        let source = try journal()
        source.put(Array("id".utf8), as: JournalCopyWriter.markName)
        #expect(throws: JournalCopyFault.unfinished) { try copy(source, SimulatedDisk()) }
    }

    @Test func `damage is told, and the copy does not become a journal`() throws {
        let whole = try journal()
        var changed = line(6)
        changed[changed.count - 3] ^= 1
        let cases: [(String, SimulatedDisk)] = [
            ("a line changed", disk([5: segment(5...5) + changed, 7: segment(7...8)])),
            ("cut short", disk([1: segment(1...2) + [UInt8(ascii: "{")]])),
            ("a segment gone", disk([1: segment(1...2), 5: segment(5...6)])),
            ("the end gone", disk([1: segment(1...2)], mark: 5)),
            ("the beginning gone", disk([5: segment(5...6)])),
            ("no head", disk([1: line(1)])),
        ]
        for (what, source) in cases {
            let target = SimulatedDisk()
            #expect("\(what)") {
                if what == "a line changed" { try PruneMark.write(5, source) }
                _ = try copy(source, target)
            } throws: { error in
                guard case .damaged(let fault) = error as? JournalCopyFault else { return false }
                return fault.contains("at byte")
            }
            #expect(try target.names().isEmpty || target.names().contains(JournalCopyWriter.markName))
        }
        #expect(throws: JournalCopyFault.nothingThere) { try copy(SimulatedDisk(), SimulatedDisk()) }
        // What differs in the end is found, and the mark stays.
        let target = SimulatedDisk()
        target.setFault { call in
            if case .read(let name) = call, name.hasSuffix(".jsonl") {
                target.withoutFaults { target.put(line(3, head) + line(4, head), as: SegmentName.name(firstSeq: 3)) }
            }
            return nil
        }
        #expect(throws: JournalCopyFault.differs(seq: 4)) { try copy(whole, target) }
        #expect(try target.names().contains(JournalCopyWriter.markName))
    }
}
