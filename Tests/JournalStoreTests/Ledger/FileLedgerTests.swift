import JournalFormat
import JournalStoreSimulation
import Ledger
import Payments
import POSIX
import Synchronization
import Testing
import TestSupport

@testable import JournalStore

/// The ledger on a disk that does as it is told, and on one that does not.
struct FileLedgerTests {
    // MARK: Across restarts

    @Test func `reports that wait survive a restart`() throws {
        let first = try LedgerFixture()
        first.record(try report(1, "paid"))
        first.record(try report(1, "sent"))
        first.record(try report(2, "paid"))
        first.ledger.close()
        let second = try first.reopened()
        #expect(second.ledger.counts == first.ledger.counts)
        #expect(second.ledger.counts.pending == 2 && second.ledger.counts.received == 3)
        var claimed: [PaymentID: [Int64]] = [:]
        while let claim = second.claim() { claimed[claim.id] = claim.reports.map(\.seq) }
        #expect(claimed == [1: [2, 3], 2: [4]])
    }

    @Test func `verdicts survive a restart`() async throws {
        let first = try LedgerFixture()
        first.record(try report(1, "paid"))
        let claim = try #require(first.claim())
        let settlement = try await first.ledger.settle(claim, try answer(1, "paid"), cause: .webhook)
        #expect(settlement.confirmedSeq == 3)
        #expect(settlement.judgement.confirmation?.isChange == true)

        first.record(try report(2, "paid", amount: "1.0"))
        let forged = try #require(first.claim())
        _ = try await first.ledger.settle(forged, try answer(2, "paid", amount: "2.0"), cause: .webhook)
        first.ledger.close()

        let second = try first.reopened()
        #expect(second.ledger.counts == first.ledger.counts)
        #expect(second.ledger.counts.confirmed == 2 && second.ledger.counts.refuted == 1)
        #expect(second.ledger.counts.known == 2 && second.ledger.counts.pending == 0)
        #expect(second.claim() == nil)
        #expect(second.ledger.record(try report(1, "paid"), peer: "unix") == .known)
        #expect(second.ledger.durable == first.ledger.durable + 1)
    }

    @Test func `a checkpoint of what an earlier run wrote waits for no new record`() async throws {
        let first = try LedgerFixture()
        first.record(try report(1, "paid"))
        first.ledger.close()
        let second = try first.reopened()
        #expect(await second.ledger.checkpoint())
        second.ledger.close()
        #expect(try first.reopened().ledger.counts == first.ledger.counts)
    }

    @Test func `a checkpoint right after a start from one holds nothing twice`() async throws {
        let first = try LedgerFixture()
        first.record(try report(1, "paid"))
        first.settle()
        #expect(await first.ledger.checkpoint())
        // Killed: nothing follows the checkpoint's record.
        let second = try first.reopened()
        #expect(await second.ledger.checkpoint())
        let third = try first.reopened()
        #expect(third.ledger.counts == first.ledger.counts)
        #expect(third.claim()?.reports.map(\.seq) == [2])
    }

    @Test func `a report nested as deep as one may be survives a restart`() throws {
        let depth = 63
        let nest = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        let body = Array(#"{"id":1,"state":"paid","x":\#(nest)}"#.utf8)
        let first = try LedgerFixture()
        first.record(try ReportedPayment(body: body.span))
        first.ledger.close()
        #expect(try first.reopened().ledger.counts.pending == 1)
        let deeper = Array(#"{"id":1,"state":"paid","x":[\#(nest)]}"#.utf8)
        #expect(throws: ReportFault.self) { try ReportedPayment(body: deeper.span) }
    }

    // MARK: Receptions

    @Test func `an equal report is covered by the first and not written again`() throws {
        let fixture = try LedgerFixture()
        #expect(fixture.record(try report(1, "paid")) == 2)
        #expect(fixture.record(try report(1, "paid")) == 2)
        #expect(fixture.record(try report(1, "sent")) == 3)
        fixture.ledger.close()
        #expect(try fixture.disk.records() == ["1 opened", "2 received", "3 received", "4 closed"])
    }

    @Test func `observers hear of calls that fall due though nothing is written`() throws {
        let fixture = try LedgerFixture(hasBaseline: true)
        let watcher = ScheduleWatcher()
        fixture.ledger.addObserver(watcher)
        fixture.record(try report(1, "paid"))
        fixture.settle()
        #expect(watcher.count == 0, "the commit tells of it")
        fixture.record(try report(1, "paid"))
        #expect(watcher.count == 1, "an equal report restarts the one that waits")
        fixture.ledger.requeueAbandoned()
        #expect(watcher.count == 2)
        #expect(fixture.ledger.beginListing())
        guard case .payment(let lagging) = try answer(1, "open", second: 0) else { return }
        fixture.record(try report(1, "later", second: 9))
        _ = try fixture.ledger.list([lagging])
        #expect(watcher.count == 3, "a listing may leave what it answers unknown")
        _ = try fixture.ledger.endListing(isWhole: true)
    }

    @Test func `an equal report is written again once its call has begun`() throws {
        let fixture = try LedgerFixture()
        fixture.record(try report(1, "paid"))
        _ = try #require(fixture.claim())
        #expect(fixture.record(try report(1, "paid")) == 3)
    }

    @Test func `too many payments that were never confirmed are refused`() throws {
        let fixture = try LedgerFixture(maxPending: 2)
        fixture.record(try report(1, "paid"))
        fixture.record(try report(2, "paid"))
        guard case .unavailable = fixture.ledger.record(try report(3, "paid"), peer: "unix") else {
            Issue.record("it was taken")
            return
        }
        #expect(fixture.record(try report(2, "sent")) != nil)
    }

    @Test func `with little room reports are refused and verdicts are written, until there is room again`() async throws
    {
        let fixture = try LedgerFixture(minimumFreeBytes: 1000)
        fixture.record(try report(1, "paid"))
        #expect(fixture.ledger.unavailability == nil)
        fixture.disk.setFreeBytes(999)
        fixture.clock.pass(.seconds(1))
        #expect(
            fixture.ledger.unavailability == "the disk has 999 bytes free, fewer than ECRYPTOPAY_MIN_FREE_BYTES=1000")
        #expect(
            fixture.ledger.record(try report(2, "paid"), peer: "unix")
                == .unavailable(fixture.ledger.unavailability ?? ""))
        let claim = try #require(fixture.claim())
        _ = try await fixture.ledger.settle(claim, try answer(1, "paid"), cause: .webhook)
        #expect(fixture.ledger.counts.confirmed == 1)

        fixture.disk.setFreeBytes(1000)
        fixture.clock.pass(.seconds(1))
        #expect(fixture.ledger.unavailability == nil)
        #expect(fixture.record(try report(2, "paid")) != nil)

        fixture.ledger.update(LedgerFixture.options(minimumFreeBytes: 1001))
        #expect(fixture.ledger.unavailability != nil)
    }

    @Test func `what is written counts against free space at once`() throws {
        let fixture = try LedgerFixture(minimumFreeBytes: 1000)
        fixture.disk.setFreeBytes(6000)
        fixture.clock.pass(.seconds(1))
        fixture.record(try report(1, "paid"))
        fixture.disk.setFreeBytes(5000)
        var count: Int64 = 1
        while fixture.record(try report(count + 1, "paid")) != nil, count < 100 {
            count += 1
            // The disk has less by what was written, and no second has passed.
            fixture.disk.setFreeBytes(5000 - count * 350)
        }
        #expect((10...16).contains(count), "\(count) reports of some 350 bytes")
    }

    @Test func `free space is asked for once a second`() throws {
        let fixture = try LedgerFixture(minimumFreeBytes: 1000)
        #expect(fixture.ledger.unavailability == nil)
        fixture.disk.setFreeBytes(0)
        fixture.clock.pass(.milliseconds(999))
        #expect(fixture.ledger.unavailability == nil)
        fixture.clock.pass(.milliseconds(1))
        #expect(fixture.ledger.unavailability != nil)
    }

    // MARK: Floods

    @Test func `a flood that falls due by itself is told of, though nothing is written`() throws {
        let fixture = try LedgerFixture(hasBaseline: true)
        var options = LedgerFixture.options()
        options.limits.confirmRate = 1
        fixture.ledger.update(options)
        for id in 1...30 as ClosedRange<Int64> { fixture.record(try report(id, "paid", second: 9)) }
        fixture.settle()
        // The list shows none of it yet: each waits for its next turn.
        _ = fixture.ledger.beginListing()
        _ = try fixture.ledger.list(
            (1...30).map { id in
                guard case .payment(let payment) = try answer(PaymentID(id), "open") else { preconditionFailure() }
                return payment
            })
        _ = try fixture.ledger.endListing(isWhole: true)
        while fixture.ledger.claim() != nil {}
        #expect(!fixture.ledger.isFlooded)
        let watcher = ScheduleWatcher()
        fixture.ledger.addObserver(watcher)
        fixture.clock.pass(.seconds(6))
        _ = fixture.ledger.claim()
        #expect(fixture.ledger.isFlooded)
        #expect(watcher.count == 1)
        _ = fixture.ledger.claim()
        #expect(watcher.count == 1, "once")
    }

    // MARK: Settling

    @Test func `a verdict changes the state once it is durable, not before`() async throws {
        let fixture = try LedgerFixture()
        fixture.record(try report(1, "paid"))
        fixture.record(try report(1, "paid", amount: "7.0"))
        let claim = try #require(fixture.claim())
        fixture.settle()
        let gate = Gate()
        fixture.disk.setFault { call in
            if case .synchronize = call { gate.pass() }
            return nil
        }
        let answer = try answer(1, "paid")
        let settlement = Task { try await fixture.ledger.settle(claim, answer, cause: .webhook) }
        try await eventually("a call comes to the gate") { gate.isReached }
        #expect(fixture.ledger.counts.confirmed == 0 && fixture.ledger.counts.refuted == 0)
        #expect(fixture.ledger.counts.pending == 1)
        #expect(try fixture.disk.records().contains("4 confirmed"))
        gate.open()
        _ = try await settlement.value
        #expect(fixture.ledger.counts.confirmed == 1 && fixture.ledger.counts.refuted == 1)
        #expect(fixture.ledger.counts.pending == 0)
    }

    @Test func `a verdict that cannot be written settles nothing, and its payment is fetched again`() async throws {
        let fixture = try LedgerFixture()
        fixture.record(try report(1, "paid"))
        let claim = try #require(fixture.claim())
        fixture.settle()
        fixture.disk.setFault { if case .write = $0 { .error(28) } else { nil } }
        let answer = try answer(1, "paid")
        await #expect(throws: JournalUnavailable.rejected(SystemError(call: "pwrite", errno: 28))) {
            try await fixture.ledger.settle(claim, answer, cause: .webhook)
        }
        fixture.settle()
        fixture.disk.setFault(nil)
        #expect(fixture.ledger.counts.confirmed == 0 && fixture.ledger.counts.pending == 1)
        let again = try #require(fixture.claim())
        #expect(again.id == 1 && again.reports.map(\.seq) == [2])
        _ = try await fixture.ledger.settle(again, answer, cause: .webhook)
        #expect(fixture.ledger.counts.confirmed == 1 && fixture.ledger.counts.pending == 0)
        #expect(try fixture.disk.records() == ["1 opened", "2 received", "3 confirmed"])
    }

    @Test func `a confirmation that became durable counts, though the refutation behind it was rejected`() async throws
    {
        let fixture = try fixtureThatRotatesBehindConfirmation()
        let claim = try #require(fixture.claim())
        fixture.disk.setFault { if case .open(_, .create) = $0 { .error(28) } else { nil } }
        let answer = try answer(1, "paid")
        await #expect(throws: JournalUnavailable.self) {
            try await fixture.ledger.settle(claim, answer, cause: .webhook)
        }
        fixture.settle()
        fixture.disk.setFault(nil)
        #expect(fixture.ledger.counts.confirmed == 1 && fixture.ledger.counts.refuted == 0)
        #expect(fixture.log.events == ["committed 6", "rejected 6"])

        // The next answer is no news any more, and refutes what is left.
        let again = try #require(fixture.claim())
        #expect(again.reports.map(\.seq) == [3])
        let settlement = try await fixture.ledger.settle(again, answer, cause: .webhook)
        #expect(settlement.judgement.confirmation == nil)
        #expect(fixture.ledger.counts.refuted == 1 && fixture.ledger.counts.pending == 0)
        let kinds = try fixture.disk.records()
        #expect(kinds.suffix(3) == ["6 confirmed", "7 opened", "8 refuted"])
    }

    /// A ledger with a genuine and a forged report of payment 1, whose segment is full behind the next record.
    private func fixtureThatRotatesBehindConfirmation() throws -> LedgerFixture {
        let first = try LedgerFixture()
        first.record(try report(1, "paid"))
        first.record(try report(1, "paid", amount: "7.0"))
        first.ledger.close()
        let content = try #require(first.disk.content(name(1)))
        let opened = try #require(content.firstIndex(of: UInt8(ascii: "\n"))) + 1
        return try LedgerFixture(first.disk, segmentBytes: Int64(content.count + opened + 1))
    }

    @Test func `an answer too long for the journal settles nothing, and the ledger goes on`() async throws {
        let fixture = try LedgerFixture()
        fixture.record(try report(1, "paid"))
        let claim = try #require(fixture.claim())
        let filler = String(repeating: "x", count: RecordCodec.maximumLineLength)
        let body = #"{"id":1,"state":"paid","amount":"150.0","currency":"btc","note":"\#(filler)"}"#
        let answer = Answer.payment(try ConfirmedPayment(answer: Array(body.utf8), asked: 1))
        await #expect(throws: JournalUnavailable.self) {
            try await fixture.ledger.settle(claim, answer, cause: .webhook)
        }
        #expect(fixture.ledger.counts.confirmed == 0 && fixture.ledger.counts.pending == 1)
        #expect(try #require(fixture.claim()).id == 1)
        fixture.ledger.close()
        #expect(try fixture.reopened().ledger.counts.pending == 1)
    }

    // MARK: Failures

    @Test func `a report that could not be written is forgotten, and its number is given again`() async throws {
        let fixture = try LedgerFixture()
        let gate = Gate()
        fixture.disk.setFault { call in
            guard case .write = call else { return nil }
            gate.pass()
            return .error(28)
        }
        #expect(fixture.record(try report(1, "paid")) == 2)
        let claim = try #require(fixture.claim())
        gate.open()
        fixture.settle()
        #expect(fixture.log.events == ["rejected 1"])
        fixture.disk.setFault(nil)
        #expect(fixture.ledger.counts.received == 0 && fixture.ledger.counts.pending == 0)
        #expect(fixture.record(try report(2, "paid")) == 2)
        fixture.settle()

        // What the API says of the report that is gone must not settle the one that has its number.
        let answer = try answer(1, "paid")
        await #expect(throws: JournalUnavailable.self) {
            try await fixture.ledger.settle(claim, answer, cause: .webhook)
        }
        #expect(fixture.ledger.counts.pending == 1)
        #expect(fixture.claim()?.id == 2)
    }

    @Test func `an answer that is quicker than the disk waits for its report`() async throws {
        let fixture = try LedgerFixture()
        let gate = Gate()
        fixture.disk.setFault { call in
            if case .write(name(1), _) = call { gate.pass() }
            return nil
        }
        fixture.record(try report(1, "paid"))
        let claim = try #require(fixture.claim())
        let answer = try answer(1, "paid")
        try await eventually("a call comes to the gate") { gate.isReached }
        async let settlement = fixture.ledger.settle(claim, answer, cause: .webhook)
        gate.open()
        #expect(try await settlement.confirmedSeq == 3)
    }

    @Test func `after a failed sync nothing is taken, not even what an earlier report would cover`() async throws {
        let fixture = try LedgerFixture()
        fixture.record(try report(1, "paid"))
        fixture.settle()
        fixture.disk.setFault { if case .synchronize = $0 { .lie(5, seed: nil) } else { nil } }
        fixture.record(try report(2, "paid"))
        fixture.settle()
        #expect(fixture.log.events.last == "failed 5")
        #expect(fixture.ledger.journal.failure?.errno == 5)
        let refusal = Reception.unavailable(fixture.ledger.unavailability ?? "")
        #expect(fixture.ledger.record(try report(2, "paid"), peer: "unix") == refusal)
        #expect(fixture.ledger.record(try report(3, "paid"), peer: "unix") == refusal)
        // What has long been durable would be true; it is refused all the same, since nothing more is acknowledged.
        #expect(fixture.ledger.record(try report(1, "paid"), peer: "unix") == refusal)
        let claim = try #require(fixture.claim())
        let answer = try answer(claim.id, "paid")
        await #expect(throws: (any Error).self) {
            try await fixture.ledger.settle(claim, answer, cause: .webhook)
        }
        #expect(fixture.ledger.counts.confirmed == 0)
    }

    @Test func `a listing answers a report that was gathered and is not written yet`() throws {
        let fixture = try LedgerFixture(hasBaseline: true)
        guard case .pending(let seq) = fixture.ledger.record(try report(1, "paid"), peer: "unix", defersCommit: true),
            case .payment(let payment) = try answer(1, "paid")
        else {
            Issue.record("the report was not taken")
            return
        }
        #expect(fixture.ledger.beginListing())
        let settled = try fixture.ledger.list([payment])
        #expect(settled.map(\.judgement.confirmation?.of) == [[seq]])
        _ = try fixture.ledger.endListing(isWhole: true)
    }
}

/// Counts how often the ledger says that something may be due.
private final class ScheduleWatcher: LedgerObserver {
    private let total = Atomic(0)

    var count: Int { total.load(ordering: .relaxed) }

    func ledgerDidReschedule() { total.add(1, ordering: .relaxed) }
}
