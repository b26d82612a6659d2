import Glibc
import JournalFormat
import JournalStoreSimulation
import Ledger
import Payments
import Testing

@testable import JournalStore

/// Which failures to read a record back are waited for, and which are not.
struct UnreadableRecordTests {
    /// A report that waits for its verdict, and the call that is to bring it.
    private func waiting() throws -> LedgerFixture {
        let fixture = try LedgerFixture()
        fixture.record(try report(1, "paid"))
        fixture.settle()
        return fixture
    }

    /// Has the call be answered; why its report was refuted, if it was.
    private func settle(_ fixture: LedgerFixture) async throws -> RefutationReason? {
        let claim = try #require(fixture.ledger.claim(1))
        let settlement = try await fixture.ledger.settle(claim, try answer(1, "paid"), cause: .manual)
        #expect(settlement.judgement.confirmation?.isChange == true)
        return settlement.judgement.refutations.first?.reason
    }

    private func fail(_ error: Int32?, _ fixture: LedgerFixture) {
        fixture.disk.setFault { call in
            if case .open(name(1), .read) = call { return error.map { .error($0) } }
            return nil
        }
    }

    private func damage(_ fixture: LedgerFixture) -> [String] {
        fixture.log.events.filter { $0.hasPrefix("damaged") }
    }

    @Test(arguments: [EMFILE, ENFILE, ENOMEM, EIO])
    func `what may pass by itself is waited for`(error: Int32) async throws {
        let fixture = try waiting()
        fail(error, fixture)
        for _ in 0..<3 {
            await #expect(throws: (any Error).self) { _ = try await settle(fixture) }
            fixture.clock.pass(.seconds(9))
        }
        fail(nil, fixture)
        #expect(try await settle(fixture) == nil)
        #expect(damage(fixture) == [])
        #expect(fixture.ledger.counts.pending == 0)
    }

    @Test func `a disk that fails for half a minute is waited for no longer`() async throws {
        let fixture = try waiting()
        fail(EIO, fixture)
        await #expect(throws: (any Error).self) { _ = try await settle(fixture) }
        fixture.clock.pass(.seconds(31))
        #expect(try await settle(fixture) == .unreadable)
        #expect(damage(fixture).count == 1)
    }

    @Test func `a segment that is gone is not waited for`() async throws {
        let fixture = try waiting()
        fail(ENOENT, fixture)
        #expect(try await settle(fixture) == .unreadable)
        #expect(damage(fixture).count == 1)
    }

    @Test func `a record of another kind in its place is none, however good`() async throws {
        let fixture = try waiting()
        let opened = fixture.disk.content(name(1))?.split(separator: 0x0A).first ?? []
        // As long as it was, at least: a cut is another matter.
        fixture.disk.put(Array(opened + [0x0A]) + line(2) + line(3) + line(4), as: name(1))
        #expect(try await settle(fixture) == .unreadable)
        #expect(
            damage(fixture) == [
                "damaged \(name(1)) its checksum is right, but record 2 is of kind baseline, and not received"
            ])
    }

    @Test func `what is on its way to the disk is not missing`() async throws {
        let fixture = try LedgerFixture()
        fixture.ledger.journal.commits.queue.suspend()
        fixture.record(try report(1, "paid"))
        let overview = await fixture.ledger.overview(waiting: 1)
        #expect(overview.waiting.count == 1 && damage(fixture) == [])
        fixture.ledger.journal.commits.queue.resume()
    }

    @Test func `a replay since a time leaves out damage that is older`() async throws {
        let fixture = try LedgerFixture()
        for id in 1...2 as ClosedRange<PaymentID> {
            let claim = try #require(fixture.ledger.claim(id))
            _ = try await fixture.ledger.settle(claim, try answer(id, "paid"), cause: .manual)
        }
        var bytes = try #require(fixture.disk.content(name(1)))
        let second = try #require(bytes.firstIndex(of: 0x0A)) + 1
        bytes[second + 40] ^= 1
        fixture.disk.put(bytes, as: name(1))
        let all = try fixture.ledger.journal.changes(.since(0), upTo: 3)
        #expect(all.found.map(\.0) == [2] && all.damage.map(\.lost) == [2...2])
        let none = try fixture.ledger.journal.changes(.since(.max), upTo: 3)
        #expect(none.found.isEmpty && none.damage.isEmpty)
        let one = try fixture.ledger.journal.changes(.record(2), upTo: 3)
        #expect(one.found.isEmpty && one.damage.map(\.lost) == [2...2])
        #expect(try fixture.ledger.journal.changes(.record(3), upTo: 3).damage.isEmpty)
    }

    @Test func `what pruning comes across is told`() async throws {
        let fixture = try LedgerFixture(segmentBytes: 200, hasBaseline: true)
        for id in 1...3 as ClosedRange<PaymentID> {
            let claim = try #require(fixture.ledger.claim(id))
            _ = try await fixture.ledger.settle(claim, try answer(id, "paid"), cause: .manual)
        }
        var bytes = try #require(fixture.disk.content(name(1)))
        bytes[40] ^= 1
        fixture.disk.put(bytes, as: name(1))
        #expect(throws: (any Error).self) { try fixture.ledger.prune(before: .max) }
        #expect(damage(fixture).count == 1)
    }
}
