import JournalFormat
import JournalStore
import JournalStoreSimulation
import Testing

struct JournalRepairTests {
    @discardableResult
    private func cut(
        _ disk: SimulatedDisk, _ segment: Int64, at offset: Int, dryRun: Bool = false
    ) throws(JournalRepair.Refusal) -> JournalRepair.Report {
        try JournalRepair.cut(
            disk, segment: segment, offset: Int64(offset), randomID: "new", time: 0, dryRun: dryRun)
    }

    private func refusal(_ disk: SimulatedDisk, _ segment: Int64, at offset: Int) -> String? {
        let before = disk.state
        do throws(JournalRepair.Refusal) {
            try cut(disk, segment, at: offset)
            return nil
        } catch {
            #expect(disk.state.names == before.names && disk.state.files.map(\.cache) == before.files.map(\.cache))
            return "\(error)"
        }
    }

    @Test func `a cut behind earlier damage is refused with that damage's place`() throws {
        let cutShort = Array(segment(1...4).dropLast(3))
        #expect(
            refusal(disk([1: cutShort, 5: segment(5...6)]), 5, at: 0)
                == "the journal is damaged before that: \(name(1)) at byte \(segment(1...3).count): the line is cut short by the end of the file; cut it there"
        )
        let renamed = disk([1: segment(1...4), 6: segment(5...6), 7: segment(7...8)])
        #expect(
            refusal(renamed, 7, at: 0)
                == "the journal is damaged before that: \(name(6)) at byte 0: \(LineFault.begins(with: 6, insteadOf: 5)); record 5 cannot be read; cut it there"
        )
        let endless = segment(1...2) + [UInt8](repeating: 0x20, count: 5 << 20)
        #expect(refusal(disk([1: endless, 3: segment(3...3)]), 3, at: 0)?.contains("longer than 4194304") == true)
    }

    @Test func `behind a segment that is missing, the one before it becomes the last`() throws {
        let disk = disk([1: segment(1...4), 9: segment(9...12), 13: segment(13...14)], mark: 14)
        let tried = try cut(disk, 9, at: 0, dryRun: true)
        let report = try cut(disk, 9, at: 0)
        #expect(report.lastSeq == 4 && tried.lastSeq == 4)
        #expect(report.records == 6 && report.bytes == Int64(segment(9...12).count + segment(13...14).count))
        #expect(report.copies.sorted() == ["\(name(9)).cut-0", "\(name(13)).cut-0"])
        #expect(disk.content("\(name(9)).cut-0") == segment(9...12))
        #expect(try disk.records() == ["1 opened", "2 baseline", "3 baseline", "4 baseline", "5 opened"])
        let (journal, _) = try Journal.open(disk, .test(), randomID: "x", time: 0) { _, _ in }
        #expect(journal.id == "new")
    }

    @Test func `a cut behind an empty segment leaves it as the last`() throws {
        let disk = disk([1: [], 5: [], 9: segment(9...10)])
        #expect(refusal(disk, 9, at: 0)?.contains("\(name(5)) at byte 0: record 1 should stand there") == true)
        #expect(try cut(disk, 5, at: 0).lastSeq == 0)
        #expect(disk.content(name(1)) == [])
        #expect(try disk.names().filter { $0.hasSuffix(".jsonl") } == [name(1)])
        let (journal, _) = try Journal.open(disk, .test(), randomID: "x", time: 0) { _, _ in }
        #expect(journal.durable == 1)
    }
}
