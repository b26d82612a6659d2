import JournalFormat
import JournalStoreSimulation
import Testing

@testable import JournalStore

struct JournalAuditTests {
    private func problems(_ disk: SimulatedDisk) throws -> [String] {
        try JournalAudit.run(disk).problems.map { "\($0)" }
    }

    private func damaged(_ line: [UInt8]) -> [UInt8] {
        var line = line
        line[line.count / 2] ^= 1
        return line
    }

    @Test func `a line that is too long is one problem, not one for each piece`() throws {
        let endless = [UInt8](repeating: 0x20, count: 5 << 20) + [0x0A]
        let disk = disk([1: segment(1...2) + endless + line(4, durable: 3) + line(5, durable: 3)])
        #expect(
            try problems(disk) == ["\(name(1)) at byte \(segment(1...2).count): the line is longer than 4194304 bytes"])
    }

    @Test func `records missing at the end are told at the end of the last segment`() throws {
        let disk = disk([1: segment(1...4), 5: segment(5...6)], mark: 9)
        let end = segment(5...6).count
        #expect(
            try problems(disk) == [
                "\(name(5)) at byte \(end): record 7 is missing, but records up to 9 had been synced; records 7 to 9 cannot be read"
            ])
    }

    @Test func `damage behind everything that was synced is a torn tail`() throws {
        let torn = segment(1...2) + damaged(line(3)) + line(4, durable: 2)
        #expect(try JournalAudit.run(disk([1: torn], mark: 2)).isTornTail)
        #expect(try JournalAudit.run(disk([1: segment(1...2) + [1]], mark: 2)).isTornTail)
        #expect(try !JournalAudit.run(disk([1: torn], mark: 3)).isTornTail, "the mark claims it")
        #expect(try !JournalAudit.run(disk([1: torn + line(5, durable: 3)], mark: 2)).isTornTail, "a later record does")
        #expect(try !JournalAudit.run(disk([1: torn, 5: segment(5...5)])).isTornTail, "a later segment does")
        #expect(try !JournalAudit.run(disk([1: segment(1...2)], mark: 2)).isTornTail, "nothing is wrong")
    }

    @Test func `half a copy is told, however good its lines are`() throws {
        let disk = disk([1: segment(1...2)], mark: 2)
        #expect(try !JournalAudit.run(disk).isHalfCopied)
        disk.put(Array("id".utf8), as: JournalCopyWriter.markName)
        let report = try JournalAudit.run(disk)
        #expect(report.isHalfCopied && report.problemCount == 0)
    }

    @Test func `records up to a checkpoint's own count as synced`() async throws {
        let first = try LedgerFixture()
        _ = first.record(try report(1, "paid"))
        _ = first.record(try report(2, "paid"))
        #expect(await first.ledger.checkpoint())
        first.ledger.close()
        let disk = first.disk
        disk.remove(DurableMark.name)
        // Cut before record 3, which the checkpoint was taken at.
        let bytes = try #require(disk.content(name(1)))
        let lines = bytes.split(separator: 0x0A)
        disk.put(Array(bytes[..<lines[2].startIndex]), as: name(1))
        let report = try JournalAudit.run(disk)
        #expect(report.claimed == 3 && !report.isTornTail)
        #expect(report.problems.map(\.fault) == [.missing(expected: 3, claimed: 3)])
    }

    @Test func `a record of a later version is not called a torn tail`() throws {
        let later = Record.opened(.init(format: 2, journal: "id", version: "9", api: "api:443", client: "client"))
        let report = try JournalAudit.run(disk([1: segment(1...2) + line(3, durable: 2, later)], mark: 2))
        guard case .laterVersion? = report.problems.first?.fault else {
            Issue.record("\(report.problems)")
            return
        }
        #expect(!report.isTornTail)
    }
}
