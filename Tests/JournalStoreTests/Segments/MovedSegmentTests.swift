import JournalFormat
import JournalStoreSimulation
import Ledger
import Payments
import Testing

@testable import JournalStore

/// A segment that somebody removes while it is written to.
struct MovedSegmentTests {
    private let fixture: LedgerFixture

    init() throws { fixture = try LedgerFixture(segmentBytes: 1000) }

    private var events: [String] {
        fixture.settle()
        return fixture.log.events
    }

    private func remove() { fixture.disk.remove(name(1)) }

    /// What is told, from now on until the end, and that nothing is taken behind it.
    private func expectEnd() throws {
        #expect(events.last == "failed 5", "\(events)")
        let reason = try #require(fixture.ledger.failure)
        #expect(reason.contains("replaced or removed"))
        #expect(fixture.ledger.advice.contains(".rescued"))
        for number in [1, 99] {
            #expect(fixture.ledger.record(try report(PaymentID(number), "paid"), peer: "") == .unavailable(reason))
        }
    }

    /// The records that were saved.
    private func saved() -> Int { text(fixture.disk.content("\(name(1)).rescued")).split(separator: "\n").count }

    @Test func `reports are acknowledged for a second at most, and saved`() throws {
        fixture.record(try report(1, "paid"))
        fixture.settle()
        remove()
        fixture.record(try report(2, "paid"))
        #expect(events == ["committed 2", "committed 3"])
        fixture.clock.pass(.seconds(1))
        fixture.record(try report(3, "paid"))
        try expectEnd()
        #expect(!events.contains("committed 4"))
        #expect(saved() == 4)
    }

    @Test func `no segment is begun behind it`() throws {
        remove()
        for number in 1...9 {
            fixture.record(try report(PaymentID(number), "paid"))
            fixture.settle()
        }
        try expectEnd()
        #expect(try fixture.disk.segments() == [])
        #expect(saved() == events.count)
    }

    @Test func `it is noticed while nothing is written, and at a stop`() throws {
        remove()
        fixture.ledger.checkPlace()
        try expectEnd()
        let other = try LedgerFixture()
        other.disk.remove(name(1))
        other.ledger.close()
        #expect(other.ledger.failure != nil)
    }

    @Test func `a durable mark that was removed is there again within a second`() throws {
        fixture.disk.remove(DurableMark.name)
        fixture.clock.pass(.seconds(1))
        fixture.record(try report(1, "paid"))
        #expect(events == ["committed 2"])
        #expect(fixture.disk.content(DurableMark.name) == DurableMark.encode(2))
    }

    @Test func `nothing is committed behind a cut, and what is gone is told`() throws {
        for number in 1...3 { fixture.record(try report(PaymentID(number), "paid")) }
        fixture.settle()
        let content = try #require(fixture.disk.content(name(1)))
        let second = try #require(content.firstIndex(of: UInt8(ascii: "\n"))) + 1
        try fixture.disk.truncate(fixture.disk.open(name(1), .write), to: Int64(second + 10))
        fixture.disk.remove(DurableMark.name)
        fixture.record(try report(4, "paid"))
        #expect(events.last == "failed 5", "\(events)")
        #expect(!events.contains("committed 5"))
        #expect(try #require(fixture.ledger.failure).contains("records from 2 on, up to 4, are gone"))
        // The next start misses them.
        #expect(fixture.disk.content(DurableMark.name) == DurableMark.encode(4))
        #expect(throws: JournalFault.self) { try fixture.reopened() }
    }

    @Test func `a cut of what is idle is noticed, too`() throws {
        try fixture.disk.truncate(fixture.disk.open(name(1), .write), to: 0)
        fixture.ledger.checkPlace()
        #expect(try #require(fixture.ledger.failure).contains("was cut to 0 bytes"))
    }
}
