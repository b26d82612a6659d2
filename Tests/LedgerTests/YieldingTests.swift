import Ledger
import Payments
import PaymentSamples
import Testing

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

    @Test func `neither what lies below the highest confirmed id yields, nor what is being asked for`() throws {
        let ledger = try full(known: 2000, 1001...1050)
        #expect(try offer(900, ledger) == .full && offer(2001, ledger) == .full)
        let asking = try full(1_000_000..<1_000_050)
        while asking.claim() != nil {}
        #expect(try offer(1001, asking) == .full)
    }

    @Test func `an acknowledged report is taken however many wait, and a listing still finds what yielded`() throws {
        let ledger = try full(1_000_000..<1_000_050)
        #expect(try offer(1001, ledger) == .journal)
        let gone = (1_000_000..<1_000_050).first { id in ledger.state.longestWaiting(100).allSatisfy { $0.id != id } }
        let id = try #require(gone)
        let begins = ledger.state.beginListing(now: ledger.now)
        #expect(begins)
        let listed = try payment(id: id, state: "paid", updatedAt: time(1))
        let taken = ledger.state.claimListed(listed)
        let claim = try #require(taken)
        ledger.settle(claim, .payment(listed))
        #expect(ledger.story.last == "confirmed news []")
    }
}
