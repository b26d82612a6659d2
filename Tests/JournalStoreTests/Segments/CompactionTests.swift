import JournalFormat
import JournalStoreSimulation
import Ledger
import Payments
import Synchronization
import Testing

@testable import JournalStore

/// On a disk that runs low, reports that have their verdict go from within segments that have to stay, and nothing else does.
struct CompactionTests {
    private func fixture() throws -> LedgerFixture { try LedgerFixture(segmentBytes: 12_000, hasBaseline: true) }

    private func long(_ id: PaymentID, amount: String = "9999.0", state: String = "paid") throws -> ReportedPayment {
        let filler = String(repeating: "x", count: 2_000)
        let body =
            #"{"id":\#(id),"state":"\#(state)","amount":"\#(amount)","currency":"btc","qr_image_path":"\#(filler)"}"#
        return try ReportedPayment(body: Array(body.utf8).span)
    }

    private func settle(_ id: PaymentID, _ fixture: LedgerFixture) async throws {
        let claim = try #require(fixture.ledger.claim(id))
        _ = try await fixture.ledger.settle(claim, try answer(claim.id, "paid"), cause: .webhook)
    }

    /// A genuine report, and forged ones of the payment, each refuted at once, until the next segment begins.
    private func fill(_ id: PaymentID, _ fixture: LedgerFixture) async throws {
        let newest = fixture.ledger.newestSegment
        fixture.record(try report(id, "paid"))
        try await settle(id, fixture)
        while fixture.ledger.newestSegment == newest {
            _ = try #require(fixture.record(try long(id)))
            try await settle(id, fixture)
        }
    }

    private func numbers(_ fixture: LedgerFixture, _ kind: String) throws -> [String] {
        try fixture.disk.records().filter { $0.hasSuffix(kind) }
    }

    @Test func `one record that stays does not keep the flood around it`() async throws {
        let fixture = try fixture()
        for id in 1...4 as ClosedRange<Int64> { try await fill(id, fixture) }
        let waiting = try #require(fixture.record(try long(9)))
        fixture.settle()
        try await fill(5, fixture)
        let (confirmed, bytes) = (try numbers(fixture, "confirmed"), fixture.ledger.journal.extent.bytes)
        #expect(try fixture.ledger.dropRefuted().segments.isEmpty, "in each segment something has to stay")
        let report = try fixture.ledger.compact()
        #expect(report.segments.count == 5 && report.records > 20)
        let left = fixture.ledger.journal.extent.bytes
        #expect(bytes - left == report.bytes && left * 3 < bytes)
        #expect(try numbers(fixture, "confirmed") == confirmed)
        #expect(try JournalAudit.run(fixture.disk).problems.isEmpty)
        #expect(try fixture.ledger.compact().segments.isEmpty, "nothing is left to do")
        // The call for it reads it where it stands now.
        let claim = try #require(fixture.claim())
        _ = try await fixture.ledger.settle(claim, .failed("503"), cause: .webhook)
        fixture.ledger.close()
        for hasCheckpoint in [true, false] {
            if !hasCheckpoint { fixture.disk.remove(Checkpoint.name) }
            let next = try LedgerFixture(SimulatedDisk(fixture.disk.state), segmentBytes: 12_000)
            #expect(next.ledger.counts.known == 5 && next.ledger.counts.pending == 1)
            let claim = try #require(next.claim())
            #expect(claim.reports.map(\.seq) == [waiting])
            let reports = try next.ledger.reports(of: [claim])[0].get()
            #expect(reports.first?.report?.state == "paid")
        }
    }

    @Test func `the last word on a payment stays, and so does a verdict of a report that stays`() async throws {
        let fixture = try fixture()
        try await fill(1, fixture)
        // Each is settled without news: the last of their answers is the last word.
        for number in 0..<12 {
            fixture.record(try long(1, amount: "150.0", state: "old \(number)"))
            try await settle(1, fixture)
        }
        fixture.record(try report(2, "paid"))
        try await settle(2, fixture)
        let last = fixture.ledger.state.withLock { $0.lastAnswer(on: 1) }
        #expect(try !fixture.ledger.compact().segments.isEmpty)
        #expect(try numbers(fixture, "confirmed").contains("\(last ?? 0) confirmed"))
        fixture.ledger.close()
        fixture.disk.remove(Checkpoint.name)
        let next = try fixture.reopened()
        #expect(next.ledger.counts.known == 2 && next.ledger.counts.pending == 0)
        #expect(next.ledger.state.withLock { $0.lastAnswer(on: 1) } == last)
    }

    @Test func `nothing is compacted before the baseline, nor what is not worth it`() async throws {
        let early = try LedgerFixture(segmentBytes: 12_000)
        for id in 1...2 as ClosedRange<Int64> { try await fill(id, early) }
        #expect(try early.ledger.compact().segments.isEmpty)
        let genuine = try LedgerFixture(segmentBytes: 3_000, hasBaseline: true)
        for id in 1...20 as ClosedRange<Int64> {
            genuine.record(try report(id, "paid"))
            try await settle(id, genuine)
        }
        let records = try genuine.disk.records()
        #expect(try genuine.ledger.compact().segments.isEmpty)
        #expect(try genuine.disk.records() == records)
    }

    @Test func `a disk that refuses any call of it is left with a journal, and the next attempt goes on`() async throws
    {
        let fixture = try fixture()
        for id in 1...3 as ClosedRange<Int64> { try await fill(id, fixture) }
        fixture.ledger.close()
        let state = fixture.disk.state
        for turn in 0..<200 {
            let disk = SimulatedDisk(state)
            let next = try LedgerFixture(disk, segmentBytes: 12_000)
            let counter = TurnCounter(turn)
            disk.setFault { call in counter.isTurn() ? .error(28) : nil }
            _ = try? next.ledger.compact()
            disk.setFault { _ in nil }
            guard counter.hasCome else { return }
            _ = try? next.ledger.compact()
            let after = try LedgerFixture(SimulatedDisk(disk.state), segmentBytes: 12_000)
            #expect(after.ledger.counts.known == 3)
            #expect(try JournalAudit.run(after.disk).problems.isEmpty, "turn \(turn)")
            #expect(try !after.disk.names().contains { $0.hasSuffix(".compacted") })
        }
        Issue.record("a compaction takes more calls than that")
    }
}
