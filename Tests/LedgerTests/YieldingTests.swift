import Payments
import PaymentSamples
import Testing

@testable import Ledger

/// In a full house, what is far beyond all that was confirmed yields to what is nearer.
struct YieldingTests {
    private func full(known: PaymentID? = 1000, _ ids: some Sequence<PaymentID>) throws -> LedgerHarness {
        let ledger = LedgerHarness(maxPending: 50, rate: 10)
        if let known {
            ledger.offer(try report(id: known, state: "open", updatedAt: time(1)))
            ledger.fetch(.payment(try payment(id: known, state: "open", updatedAt: time(1))))
        }
        for id in ids { ledger.offer(try report(id: id, state: "paid", updatedAt: time(1))) }
        #expect(ledger.state.counts.pending == 50 && ledger.state.counts.isFull)
        return ledger
    }

    private func offer(_ id: PaymentID, _ ledger: LedgerHarness) throws -> Admission {
        let admission = ledger.offer(try report(id: id, state: "paid", updatedAt: time(2)))
        #expect(ledger.state.checkInvariants() == nil)
        #expect(ledger.state.counts.pending <= 50)
        return admission
    }

    @Test func `a genuine new payment is taken in the place of one far beyond`() throws {
        let ledger = try full(1_000_000..<1_000_050)
        for id in 1001...1020 as ClosedRange<PaymentID> { #expect(try offer(id, ledger) == .journal) }
        #expect(ledger.state.counts.yielded == 20 && ledger.state.counts.pending == 50)
        var fetched: Set<PaymentID> = []
        while let claim = ledger.claim() { fetched.insert(claim.id) }
        #expect(fetched.isSuperset(of: 1001...1020) && fetched.count == 50)
        // All of a payment that waits is taken.
        #expect(try offer(1001, ledger) != .full)
    }

    @Test func `what is farther than all that waits is refused, and so is all before anything was confirmed`() throws {
        let ledger = try full(1001...1050)
        #expect(try offer(1051, ledger) == .full && offer(5_000_000, ledger) == .full)
        let unknown = try full(known: nil, 1_000_000..<1_000_050)
        #expect(try offer(1001, unknown) == .full)
        #expect(ledger.state.counts.yielded == 0 && unknown.state.counts.yielded == 0)
    }

    @Test func `what lies far below yields to a genuine new payment, and not the other way round`() throws {
        let ledger = try full(known: 5000, 1001...1050)
        #expect(try offer(900, ledger) == .full)
        for id in 5001...5003 as ClosedRange<PaymentID> { #expect(try offer(id, ledger) == .journal) }
        for id in 1100...1400 as ClosedRange<PaymentID> { _ = try offer(id, ledger) }
        let waiting = Set(ledger.state.longestWaiting(100).map(\.id))
        #expect(waiting.isSuperset(of: 5001...5003))
    }

    @Test func `what is being asked for does not yield`() throws {
        let asking = try full(1_000_000..<1_000_050)
        while asking.claim() != nil {}
        #expect(try offer(1001, asking) == .full)
    }

    @Test func `an acknowledged report is taken however many wait, and a listing still finds what yielded`() throws {
        let ledger = try full(1_000_000..<1_000_050)
        #expect(try offer(1001, ledger) == .journal)
        let gone = (1_000_000..<1_000_050).first { id in ledger.state.longestWaiting(100).allSatisfy { $0.id != id } }
        let id = try #require(gone)
        // Nothing else would ask for it.
        #expect(ledger.state.isFlooded)
        let begins = ledger.state.beginListing(now: ledger.now)
        #expect(begins)
        let listed = try payment(id: id, state: "paid", updatedAt: time(1))
        let taken = ledger.state.claimListed(listed)
        let claim = try #require(taken)
        ledger.settle(claim, .payment(listed))
        #expect(ledger.story.last == "confirmed news []")
        _ = ledger.state.endListing(isWhole: true)
        #expect(!ledger.state.isFlooded)
    }

    @Test func `a start has no more wait than may, whatever the journal holds`() throws {
        let ledger = try full(1_000_000..<1_000_050)
        for id in (1001...1100 as ClosedRange<PaymentID>).reversed() { _ = try offer(id, ledger) }
        let reports = ledger.journal.sorted { $0.key < $1.key }
        #expect(reports.count > 100)
        let next = LedgerHarness(maxPending: 50, rate: 10)
        for (seq, report) in reports {
            next.state.received(report.summary.admitted, seq: seq, offset: seq, now: nil)
            let known = try payment(id: 1000, state: "open", updatedAt: time(1))
            if seq == 1 { next.state.confirmed(known.summary, of: [1], seq: 2, callBegan: .distantPast) }
        }
        next.state.resume(now: next.now)
        #expect(next.state.counts.pending <= 50 && next.state.counts.yielded == 0)
        #expect(next.state.checkInvariants() == nil)
    }

    @Test func `what yielded is told from what waits, behind a whole listing only`() throws {
        let ledger = try full(1_000_000..<1_000_050)
        #expect(try offer(1001, ledger) == .journal)
        func yielded() -> [Int64] {
            ledger.journal.filter { ledger.state.hasYielded($0.key, of: $0.value.id) }.map(\.key)
        }
        #expect(yielded() == [])
        for isWhole in [false, true] {
            let begins = ledger.state.beginListing(now: ledger.now)
            #expect(begins)
            _ = ledger.state.endListing(isWhole: isWhole)
            // The first report of all was settled.
            #expect(yielded().count { $0 > 1 } == (isWhole ? 1 : 0))
        }
    }

    @Test func `what yields in a pause leaves nothing behind that grows`() throws {
        let ledger = try full(2_000_000..<2_000_050)
        ledger.state.pause(.seconds(900), now: ledger.now)
        for id in (1_100_000..<1_105_000 as Range<PaymentID>).reversed() {
            ledger.offer(try report(id: id, state: "paid", updatedAt: time(2)))
        }
        #expect(ledger.state.counts.yielded > 2000)
        #expect(ledger.state.pending.due[0].count < 1500)
        ledger.pass(.seconds(900))
        var fetched: Set<PaymentID> = []
        while let claim = ledger.claim() { fetched.insert(claim.id) }
        #expect(fetched.count == 50)
    }
}
