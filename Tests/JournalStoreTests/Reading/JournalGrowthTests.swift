import JournalFormat
import JournalStore
import JournalStoreSimulation
import Testing

/// Reading a journal while a daemon writes its last line.
struct JournalGrowthTests {
    /// A journal of two records and half of a third; the rest comes once its size has been asked for that often.
    private func growing(after looks: Int) -> SimulatedDisk {
        let half = Array(line(3, durable: 2).prefix(30))
        let disk = disk([1: segment(1...2) + half], mark: 2)
        let turns = TurnCounter(looks)
        disk.setFault { [weak disk] call in
            if call == .size(name(1)), turns.isTurn() { disk?.put(segment(1...2) + line(3, durable: 2), as: name(1)) }
            return nil
        }
        return disk
    }

    @Test(arguments: [0, 3]) func `half a line that gets longer is no damage`(looks: Int) throws {
        #expect(try growing(after: looks).records() == ["1 opened", "2 baseline"])
        // verify asks for the size once more, for its progress.
        let report = try JournalAudit.run(growing(after: looks + 1))
        #expect(report.problemCount == 0 && report.records == 2)
    }

    @Test func `half a line that stays is damage`() throws {
        let disk = growing(after: 1000)
        #expect(try JournalAudit.run(disk).problems.map(\.fault) == [.cutShort])
        #expect(try disk.records().last == "\(name(1)) at byte \(segment(1...2).count): \(LineFault.cutShort)")
    }
}
