import JournalFormat
import JournalStoreSimulation
import Testing

@testable import JournalStore

/// Cutting a journal, and being interrupted at it.
struct JournalRepairCrashTests {
    /// Three segments, of which the second is to be cut behind its second record.
    private func damaged() -> SimulatedDisk {
        disk([1: segment(1...3), 4: segment(4...6), 7: segment(7...8)], mark: 8)
    }

    private var offset: Int64 { Int64(segment(4...5).count) }

    @discardableResult
    private func repair(_ disk: SimulatedDisk, at offset: Int64? = nil) throws -> JournalRepair.Report {
        try JournalRepair.cut(
            disk, segment: 4, offset: offset ?? self.offset, randomID: "new", time: 0, dryRun: false)
    }

    private func open(_ disk: SimulatedDisk) throws(JournalFault) -> (id: String, seqs: [Int64]) {
        var seqs: [Int64] = []
        let (journal, _) = try Journal.open(disk, .test(), randomID: "x", time: 0) { entry, _ in seqs.append(entry.seq)
        }
        return (journal.id, seqs)
    }

    @Test func `a cut leaves what stands before it, and keeps all behind it aside`() throws {
        let disk = damaged()
        let report = try repair(disk)
        #expect(report.lastSeq == 5 && report.records == 3)
        let cut = try report.copies.map { String(decoding: try #require(disk.content($0)), as: UTF8.self) }
        #expect(cut == [text(line(6)), text(segment(7...8))])
        #expect(try disk.records() == ["1 opened", "2 baseline", "3 baseline", "4 opened", "5 baseline", "6 opened"])
        #expect(try open(disk) == ("new", [1, 2, 3, 4, 5, 6]))
    }

    @Test(arguments: 0..<80)
    func `a repair that fails leaves the old journal or none, and ends when it is run again`(turn: Int) throws {
        let disk = damaged()
        let turns = TurnCounter(turn)
        disk.setFault { _ in turns.isTurn() ? .error(5) : nil }
        let failed = Result { try repair(disk) }
        disk.setFault(nil)
        guard turns.hasCome else {
            #expect(try failed.get().lastSeq == 5)
            return
        }
        #expect(throws: JournalRepair.Refusal.self) { try failed.get() }
        do throws(JournalFault) {
            let found = try open(SimulatedDisk(disk.state))
            // When only the last sync failed, the repair is done.
            #expect(found == ("id", [1, 2, 3, 4, 5, 6, 7, 8]) || found == ("new", [1, 2, 3, 4, 5, 6]))
        } catch {
            guard case .halfRepaired(let options) = error else { throw error }
            #expect(options == "--segment \(name(4)) --at \(offset)")
        }
        try repair(disk)
        #expect(try open(disk) == ("new", [1, 2, 3, 4, 5, 6]))
    }

    @Test func `what an earlier repair has kept aside is not written over`() throws {
        let disk = damaged()
        let first = try repair(disk)
        let kept = first.copies.map { disk.content($0) }
        disk.put(segment(7...9), as: name(7))
        let second = try repair(disk)
        #expect(Set(first.copies).isDisjoint(with: second.copies))
        #expect(first.copies.map { disk.content($0) } == kept)
    }

    @Test func `what a cut leaves is on the disk, though a failed sync had lost it`() throws {
        let disk = disk([1: segment(1...2), 3: segment(3...3, durable: 2)], mark: 3)
        let file = try disk.open(name(3), .write)
        _ = try disk.write(file, (line(4) + line(5) + [1, 2])[...], at: Int64(segment(3...3, durable: 2).count))
        disk.setFault { if case .synchronize = $0 { .lie(5, seed: nil) } else { nil } }
        #expect(throws: (any Error).self) { try disk.synchronize(file) }
        disk.setFault(nil)
        let end = Int64((segment(3...3, durable: 2) + line(4) + line(5)).count)
        _ = try JournalRepair.cut(disk, segment: 3, offset: end, randomID: "new", time: 0, dryRun: false)
        #expect(try open(SimulatedDisk(disk.state.afterLosingAll())) == ("new", [1, 2, 3, 4, 5, 6]))
    }
}
