import Payments
import Testing

/// What one node decides, another one's state follows.
struct SharedStateTests {
    private static let order = Instant(nanoseconds: 7)

    private func report(_ ledger: LedgerHarness, _ state: String, second: Int = 1) throws {
        ledger.offer(try PaymentsTests.report(state: state, updatedAt: time(second)))
    }

    @Test func `what another node fetches is not fetched here, and covers nothing that comes since`() throws {
        let ledger = LedgerHarness()
        try report(ledger, "paid")
        ledger.state.beganElsewhere(1, node: 2, upTo: 1, now: ledger.now)
        #expect(ledger.claim() == nil)
        #expect(ledger.state.claim(1, now: ledger.now) == nil)
        #expect(ledger.offer(try PaymentsTests.report(state: "paid", updatedAt: time(1))) == .journal)
        // The other one settled the first; the second wants its own call.
        ledger.state.confirmed(
            try payment(state: "paid", updatedAt: time(1)).summary, of: [1], seq: 3, callBegan: Self.order)
        ledger.state.endedElsewhere(1, answered(), now: ledger.now)
        #expect(try #require(ledger.claim()).reports.map(\.seq) == [2])
    }

    private func answered(turns: [PaymentSchedule.Turn] = [], notBefore: Instant = .distantPast) -> PaymentSchedule {
        PaymentSchedule(
            isAnswered: true, isNews: false, failures: 0, attempts: 1, notBefore: notBefore, turns: turns)
    }

    @Test func `a schedule that another node made is kept here`() throws {
        let one = LedgerHarness()
        let other = LedgerHarness()
        for ledger in [one, other] { try report(ledger, "paid", second: 9) }
        let claim = try #require(one.claim())
        other.state.beganElsewhere(1, node: 1, upTo: claim.upTo, now: other.now)
        // The answer lags behind the report, which then wants the next look in five seconds.
        one.settle(claim, .payment(try payment(state: "open", updatedAt: time(1))))
        other.state.confirmed(
            try payment(state: "open", updatedAt: time(1)).summary, of: [], seq: 2, callBegan: claim.order)
        let schedule = one.state.schedule(of: 1, isAnswered: true, isNews: true)
        other.state.endedElsewhere(1, schedule, now: other.now)
        other.state.forgetTaken()
        #expect(other.state.nextDue() == one.state.nextDue())
        #expect(other.claim() == nil)
        other.pass(.seconds(5))
        let next = try #require(other.claim())
        #expect(next.reports == other.state.claimReports(of: 1))
        #expect(other.state.schedule(of: 1, isAnswered: true, isNews: true).turns.map(\.lags) == [1])
    }

    @Test func `a schedule that is told by a clock which was set waits for no longer than any other`() throws {
        let ledger = LedgerHarness()
        try report(ledger, "paid")
        let later = ledger.now + .seconds(3 * 3600)
        ledger.state.beganElsewhere(1, node: 2, upTo: 1, now: ledger.now)
        let turn = PaymentSchedule.Turn(seq: 1, due: later, lags: 1, absences: 0)
        ledger.state.endedElsewhere(1, answered(turns: [turn], notBefore: later), now: ledger.now)
        #expect(ledger.claim() == nil)
        ledger.pass(.seconds(15 * 60))
        #expect(ledger.claim()?.id == 1)
    }

    @Test func `a dead node's calls are made here at once`() throws {
        let ledger = LedgerHarness()
        try report(ledger, "paid")
        ledger.state.beganElsewhere(1, node: 2, upTo: 1, now: ledger.now)
        ledger.state.forgetCalls(of: 3, now: ledger.now)
        #expect(ledger.claim() == nil)
        ledger.state.forgetCalls(of: 2, now: ledger.now)
        #expect(ledger.claim()?.id == 1)
    }

    @Test func `a call of another node is a turn of what this one has covered, if it began later`() throws {
        for isLater in [false, true] {
            let ledger = LedgerHarness()
            for second in 1...16 { ledger.offer(try PaymentsTests.report(state: "s\(second)", updatedAt: time(1))) }
            if !isLater { ledger.state.beganElsewhere(1, node: 2, upTo: 16, now: ledger.now) }
            // Those sixteen are taken by the other's call, in the one case: then this one is a report of its own.
            let admission = ledger.offer(try PaymentsTests.report(state: "s17", updatedAt: time(1)))
            #expect(admission == (isLater ? .covered(by: 16) : .journal))
            ledger.pass(.seconds(1))
            if isLater { ledger.state.beganElsewhere(1, node: 2, upTo: 16, now: ledger.now) }
            ledger.state.confirmed(
                try payment(state: "s1", updatedAt: time(1)).summary, of: Array(1...16), seq: 18,
                callBegan: Self.order)
            ledger.state.endedElsewhere(1, answered(), now: ledger.now)
            ledger.state.forgetTaken()
            let next = try #require(ledger.state.nextDue())
            #expect(isLater ? next == ledger.now + .seconds(5) : next <= ledger.now)
        }
    }

    @Test func `of two nodes' answers the one counts whose call was allowed to begin later`() throws {
        let ledger = LedgerHarness()
        try report(ledger, "paid", second: 2)
        let taken = ledger.state.claim(now: ledger.now, order: Instant(nanoseconds: 5))
        let claim = try #require(taken)
        ledger.state.confirmed(
            try payment(state: "paid", updatedAt: time(2)).summary, of: [], seq: 2,
            callBegan: Instant(nanoseconds: 6))
        ledger.settle(claim, .payment(try payment(state: "older", updatedAt: time(2))))
        #expect(ledger.story == [])
    }

    @Test func `a listing of another node covers nothing either`() throws {
        let ledger = LedgerHarness()
        try report(ledger, "paid")
        ledger.state.beganListingElsewhere(node: 2, upTo: 1)
        #expect(ledger.offer(try PaymentsTests.report(state: "paid", updatedAt: time(1))) == .journal)
        ledger.state.forgetCalls(of: 2, now: ledger.now)
        #expect(!ledger.state.isListingElsewhere)
    }

    @Test func `a claim that is put back is due again, and reports that were not written are gone`() throws {
        let ledger = LedgerHarness()
        try report(ledger, "paid")
        let claim = try #require(ledger.claim())
        ledger.state.putBack(claim, now: ledger.now)
        let again = ledger.claim()
        #expect(again?.reports == claim.reports)
        ledger.state.withdraw(reportsAfter: 0)
        #expect(ledger.state.counts.pending == 0)
        #expect(ledger.state.counts.received == 0)
    }

    @Test func `what other nodes have taken counts for no flood`() throws {
        let ledger = LedgerHarness(rate: 1)
        for id in 1...20 { ledger.offer(try PaymentsTests.report(id: PaymentID(id), state: "x", updatedAt: time(1))) }
        #expect(ledger.state.isFlooded)
        for id in 1...15 { ledger.state.beganElsewhere(PaymentID(id), node: 2, upTo: 20, now: ledger.now) }
        ledger.state.forgetTaken()
        #expect(!ledger.state.isFlooded)
    }

    // MARK: The budget

    @Test func `what one node has spent, the others cannot`() throws {
        let one = LedgerHarness(rate: 1)
        let other = LedgerHarness(rate: 1)
        for id in 1...30 {
            for ledger in [one, other] {
                ledger.offer(try PaymentsTests.report(id: PaymentID(id), state: "x", updatedAt: time(1)))
            }
        }
        var taken = 0
        while one.claim() != nil { taken += 1 }
        #expect(taken == 10)
        // The server's clock is an hour ahead of the one's and a day behind the other's.
        let hour: Int64 = 3_600_000_000_000
        other.state.adopt(one.state.sharedBudget(ahead: hour), ahead: hour, now: other.now)
        #expect(other.claim() == nil)
        other.pass(.seconds(1))
        #expect(other.claim() != nil)
        #expect(other.claim() == nil)
    }

    @Test func `a server's clock that steps neither fills the budget anew nor stops the calls for long`() throws {
        let hour: Int64 = 3_600_000_000_000
        for step in [-2 * hour, 2 * hour] {
            let ledger = LedgerHarness(rate: 1)
            for id in 1...40 {
                ledger.offer(try PaymentsTests.report(id: PaymentID(id), state: "x", updatedAt: time(1)))
            }
            while ledger.claim() != nil {}
            ledger.state.pause(.seconds(1), now: ledger.now)
            let budget = ledger.state.sharedBudget(ahead: hour)
            ledger.state.adopt(budget, ahead: hour + step, now: ledger.now)
            #expect(ledger.claim() == nil)
            ledger.pass(.seconds(901))
            #expect(ledger.claim() != nil)
        }
    }

    // MARK: Rows

    @Test func `a state comes back from its rows`() throws {
        let ledger = LedgerHarness(window: .seconds(3600))
        try report(ledger, "paid")
        ledger.fetch(.payment(try payment(state: "paid", updatedAt: time(1))))
        ledger.offer(try PaymentsTests.report(id: 3, state: "paid", updatedAt: time(1)))
        while !ledger.story.contains(where: { $0.hasPrefix("abandoned") }) {
            ledger.fetch(.failed("503"))
            ledger.pass(.seconds(60))
        }
        for second in 1...3 {
            ledger.offer(try PaymentsTests.report(id: 4, state: "s\(second)", updatedAt: time(second)))
        }
        ledger.state.configured(endpoints: ["https://shop.example/hook", "gone"], seq: 100)
        for (id, seq) in [(1, 101), (1, 103), (3, 102)] as [(PaymentID, Int64)] {
            ledger.state.announced(id, DeliveryPosition(seq: seq, offset: 0), now: ledger.now)
        }
        ledger.state.configured(endpoints: ["https://shop.example/hook", "é"], seq: 104)
        let rows = ledger.state.rows
        #expect(rows.known.count == 1)
        #expect(rows.waiting.count == 4)
        #expect(rows.endpoints.count == 3)
        #expect(rows.deliveries.count == 6)
        var state = LedgerHarness().state
        let isRestored = state.restore(rows)
        #expect(isRestored)
        #expect(state.rows == rows)
        #expect(state.counts == ledger.state.counts)
        #expect(state.endpointStatus.map(\.waiting) == ledger.state.endpointStatus.map(\.waiting))
        #expect(ledger.state.rows(of: [4]).waiting.map(\.payment) == [4, 4, 4])
    }
}

extension LedgerState {
    /// The reports of a payment that is in flight.
    fileprivate func claimReports(of id: PaymentID) -> [WaitingReport] {
        var copy = self
        copy.forgetOwnCalls(now: .distantPast)
        return copy.claim(id, now: Instant(nanoseconds: .max))?.reports ?? []
    }
}
