import Ledger
import Payments
import PaymentSamples
import Testing

/// Records that nothing can read any more: reports that wait, and confirmations that wait for their delivery.
struct UnreadableRecordTests {
    // MARK: Reports

    @Test func `an unreadable report is refuted by an answer, and no other report with it`() throws {
        let ledger = LedgerHarness()
        for state in ["paid", "sent"] { ledger.offer(try report(state: state, updatedAt: time(1))) }
        ledger.offer(try report(state: "paid", amount: "1", updatedAt: time(1)))
        ledger.journal[2] = nil
        ledger.fetch(.payment(try payment(state: "paid", updatedAt: time(1))))
        #expect(ledger.story == ["confirmed news [1]", "refuted 2 unreadable", "refuted 3 amount-mismatch"])
    }

    @Test func `it waits while no answer tells the truth, however long that takes`() throws {
        let ledger = LedgerHarness(window: .seconds(60))
        ledger.offer(try report(state: "paid", updatedAt: time(1)))
        ledger.journal[1] = nil
        for _ in 0..<5 {
            #expect(ledger.fetch(.failed("down")) != nil)
            ledger.pass(.seconds(900))
        }
        #expect(ledger.story.isEmpty && ledger.state.counts.pending == 1)
        ledger.fetch(.payment(try payment(state: "paid", updatedAt: time(1))))
        #expect(ledger.story == ["confirmed news []", "refuted 1 unreadable"])
    }

    @Test func `absence is told as often as of others before it is refuted`() throws {
        let ledger = LedgerHarness()
        for state in ["paid", "sent"] { ledger.offer(try report(state: state, updatedAt: time(1))) }
        ledger.journal[1] = nil
        ledger.answerAnother()
        for _ in 0..<4 {
            #expect(ledger.story.isEmpty)
            ledger.fetch(.notFound)
            ledger.pass(.seconds(80))
        }
        #expect(ledger.story == ["refuted 1 unreadable", "refuted 2 not-found"])
    }

    @Test func `what it may have told of is looked for again, since the API may lag`() throws {
        let ledger = LedgerHarness()
        ledger.offer(try report(state: "open", updatedAt: time(1)))
        ledger.fetch(.payment(try payment(state: "open", updatedAt: time(1))))
        ledger.pass(.seconds(60))
        ledger.offer(try report(state: "paid", updatedAt: time(2)))
        ledger.journal[3] = nil
        ledger.fetch(.payment(try payment(state: "open", updatedAt: time(1))))
        #expect(ledger.story.last == "refuted 3 unreadable")
        ledger.pass(.seconds(30))
        #expect(ledger.fetch(.payment(try payment(state: "paid", updatedAt: time(2)))) != nil)
        #expect(ledger.story.last == "confirmed news []")
        ledger.pass(.seconds(3600))
        #expect(ledger.claim() == nil, "and no longer")
    }

    @Test func `a webhook has told of it, though a listing finds what`() throws {
        let ledger = LedgerHarness()
        ledger.list([])
        ledger.offer(try report(state: "paid", updatedAt: time(1)))
        ledger.journal[ledger.seq] = nil
        ledger.list([try payment(state: "paid", updatedAt: time(1))])
        #expect(ledger.story == ["baseline", "confirmed news []", "refuted 2 unreadable"])
        #expect(ledger.state.counts.unannounced == 0)
    }

    // MARK: Deliveries

    /// A payment that is confirmed in record 2, and news for two endpoints.
    private func confirmed() throws -> LedgerHarness {
        let ledger = LedgerHarness()
        ledger.state.configured(endpoints: ["a", "b"], seq: 0)
        ledger.offer(try report(state: "paid", updatedAt: time(1)))
        ledger.fetch(.payment(try payment(state: "paid", updatedAt: time(1))))
        return ledger
    }

    private func lose(_ seq: Int64, _ endpoint: String, _ ledger: LedgerHarness, isReplay: Bool = false) {
        ledger.state.apply(
            .deliveryEnded(1, of: seq, endpoint: endpoint, .unreadable), at: .none, now: isReplay ? nil : ledger.now)
        #expect(ledger.state.checkInvariants() == nil)
    }

    @Test(arguments: [false, true])
    func `the next answer is news again, also after a restart`(isReplay: Bool) throws {
        let ledger = try confirmed()
        lose(2, "a", ledger, isReplay: isReplay)
        if isReplay { ledger.state.resume(now: ledger.now) }
        ledger.pass(.seconds(10))
        #expect(ledger.state.admit(try report(state: "paid", updatedAt: time(1)).summary.admitted) == .journal)
        #expect(ledger.fetch(.payment(try payment(state: "paid", updatedAt: time(1)))) != nil)
        #expect(ledger.story.last == "confirmed news []")
        #expect(ledger.state.undelivered == nil, "a replay could do nothing about it")
        // The other endpoint has the same trouble, and the new record before it.
        lose(2, "b", ledger)
        ledger.pass(.seconds(3600))
        #expect(ledger.claim() == nil)
        let next = ledger.state.claimDelivery(for: "b", now: ledger.now)
        #expect(next?.position.seq == 3)
    }

    @Test func `a checkpoint keeps that it is to be asked for`() throws {
        let ledger = try confirmed()
        lose(2, "a", ledger)
        let other = LedgerHarness()
        let isRestored = other.state.restore(ledger.state.snapshot, asOf: ledger.seq)
        #expect(isRestored)
        other.state.resume(now: other.now)
        other.pass(.seconds(10))
        other.seq = 10
        #expect(other.fetch(.payment(try payment(state: "paid", updatedAt: time(1)))) != nil)
        #expect(other.story == ["confirmed news []"])
    }

    @Test func `what is newer and waits goes out instead, and nothing is asked for`() throws {
        let ledger = try confirmed()
        ledger.pass(.seconds(60))
        ledger.offer(try report(state: "sent", updatedAt: time(2)))
        ledger.fetch(.payment(try payment(state: "sent", updatedAt: time(2))))
        lose(2, "a", ledger)
        ledger.pass(.seconds(3600))
        #expect(ledger.claim() == nil)
        let next = ledger.state.claimDelivery(for: "a", now: ledger.now)
        #expect(next?.position.seq == 4)
    }
}
