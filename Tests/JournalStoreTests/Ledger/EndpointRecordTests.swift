import Glibc
import JournalFormat
import JournalStoreSimulation
import Ledger
import Payments
import Testing

@testable import JournalStore

/// Which endpoints there are is a record like any other: one that the disk refuses has never been.
struct EndpointRecordTests {
    private func confirm(_ id: Int64, _ fixture: LedgerFixture) async throws {
        fixture.record(try report(id, "paid"))
        let claim = try #require(fixture.claim())
        _ = try await fixture.ledger.settle(claim, try answer(id, "paid"), cause: .webhook)
    }

    private func waiting(_ fixture: LedgerFixture) -> [String: Int] {
        Dictionary(uniqueKeysWithValues: fixture.ledger.endpointStatus.map { ($0.name, $0.waiting) })
    }

    @Test func `endpoints that the disk refuses leave those that were there, now and after a restart`() async throws {
        let fixture = try LedgerFixture(segmentBytes: 600)
        try fixture.ledger.configure(endpoints: ["a"])
        fixture.disk.setFault { call in
            if case .write(let name, _) = call, name.hasSuffix(".jsonl") { return .error(ENOSPC) }
            return nil
        }
        #expect(throws: JournalUnavailable.self) { try fixture.ledger.configure(endpoints: ["b"]) }
        fixture.disk.setFault(nil)
        // Also what begins the next segments names the old ones.
        for id in 1...4 as ClosedRange<Int64> { try await confirm(id, fixture) }
        #expect(waiting(fixture) == ["a": 4])
        #expect(try JournalReader(fixture.disk).segments.count > 1)
        fixture.ledger.close()
        fixture.disk.remove(Checkpoint.name)
        let next = try fixture.reopened()
        #expect(waiting(next) == ["a": 4])
        try next.ledger.configure(endpoints: ["a", "b"])
        try await confirm(9, next)
        #expect(waiting(next) == ["a": 5, "b": 1])
    }

    @Test func `what is confirmed behind the record of new endpoints is for those`() async throws {
        let fixture = try LedgerFixture()
        try fixture.ledger.configure(endpoints: ["a"])
        try await confirm(1, fixture)
        try fixture.ledger.configure(endpoints: ["a", "b"])
        try await confirm(2, fixture)
        #expect(waiting(fixture) == ["a": 2, "b": 1])
        #expect(await fixture.ledger.checkpoint())
        fixture.ledger.close()
        #expect(waiting(try fixture.reopened()) == ["a": 2, "b": 1])
    }

    @Test func `a segment that a run begins names the endpoints of the run before`() async throws {
        let fixture = try LedgerFixture()
        try fixture.ledger.configure(endpoints: ["a"])
        fixture.ledger.close()
        let next = try LedgerFixture(fixture.disk, segmentBytes: 400)
        for id in 1...5 as ClosedRange<Int64> { next.record(try report(id, "paid")) }
        next.ledger.close()
        var named: [Int64: [String]?] = [:]
        _ = try JournalReader(next.disk).forEachLine { _, entry in
            if case .opened(let opened) = entry.record { named[entry.seq] = opened.endpoints }
        }
        let last = try #require(try next.disk.segments().last)
        #expect(last > 3)
        #expect(named[last] == ["a"])
    }
}
