import JournalFormat
import Ledger
import Payments
import PaymentSamples
import Testing

extension LedgerHarness {
    func beginListing() -> Bool { state.beginListing(now: now) }

    func claimListed(_ payment: ConfirmedPayment) -> Claim? { state.claimListed(payment) }

    func claim(_ id: PaymentID) -> Claim? { state.claim(id, now: now) }

    /// A whole listing that shows these payments; `meanwhile` happens after it has begun.
    @discardableResult
    func list(_ payments: [ConfirmedPayment], isWhole: Bool = true, meanwhile: () -> Void = {}) -> ListingSummary {
        guard state.beginListing(now: now) else { return ListingSummary() }
        meanwhile()
        for payment in payments {
            if let claim = state.claimListed(payment) { settleListed(claim, .payment(payment)) }
        }
        guard isWhole else { return state.endListing(isWhole: false) }
        state.noteListed()
        for id in state.absentees() {
            if let claim = state.claimAbsent(id) { settleListed(claim, .notFound) }
        }
        if state.listing?.isBaseline == true {
            seq += 1
            story.append("baseline")
            state.completedBaseline()
        }
        return state.endListing(isWhole: true)
    }

    private func settleListed(_ claim: Claim, _ answer: Answer) {
        let reports = claim.reports.map(read)
        let (judgement, cause) = state.judgeListed(claim, answer, reports, now: now, wallClock: now.nanoseconds)
        apply(claim, judgement, cause)
    }
}

/// A listing answers for every payment in it, and says nothing it cannot know.
struct ListingTests {
    /// A ledger that was opened at the API's second 100, and has its baseline.
    private func ledger(baseline: [ConfirmedPayment] = [], rate: Int = 1000) -> LedgerHarness {
        let ledger = LedgerHarness(rate: rate)
        ledger.state.opened(at: 1_700_000_100_000_000_000)
        ledger.list(baseline)
        ledger.story = []
        return ledger
    }

    private func paid(_ id: PaymentID, state: String = "paid", amount: String = "150.0", at second: Int = 200) throws
        -> ConfirmedPayment
    { try payment(id: id, state: state, amount: amount, updatedAt: time(second)) }

    // MARK: The baseline

    @Test func `the first listing is the baseline, and no news`() throws {
        let ledger = LedgerHarness()
        ledger.state.opened(at: 1_700_000_100_000_000_000)
        let summary = ledger.list([try paid(1, at: 50), try paid(2, at: 60)])
        #expect(ledger.story == ["confirmed [] baseline", "confirmed [] baseline", "baseline"])
        #expect(summary.completedBaseline && summary.count == 2 && summary.confirmed == 0)
        #expect(ledger.state.hasBaseline)
        #expect(ledger.state.counts.known == 2)
        #expect(ledger.state.counts.unannounced == 0)
        #expect(ledger.list([try paid(1, at: 50)]).completedBaseline == false)
    }

    @Test func `what changed since the journal was opened is news in the baseline too`() throws {
        let ledger = LedgerHarness()
        ledger.state.opened(at: 1_700_000_100_000_000_000)
        ledger.list([try paid(1, at: 100), try paid(2, at: 101)])
        #expect(ledger.story == ["confirmed [] baseline", "confirmed news [] reconcile", "baseline"])
    }

    @Test func `what was made since the journal was opened, and has not changed, is news in the baseline too`() throws {
        func made(_ id: PaymentID, at second: Int) throws -> ConfirmedPayment {
            let json =
                #"{"id":\#(id),"state":"open","amount":"150.0","currency":"btc","created_at":"\#(time(second))"}"#
            return try ConfirmedPayment(answer: Array(json.utf8), asked: id)
        }
        let ledger = LedgerHarness()
        ledger.state.opened(at: 1_700_000_100_000_000_000)
        ledger.list([try made(1, at: 100), try made(2, at: 101)])
        #expect(ledger.story == ["confirmed [] baseline", "confirmed news [] reconcile", "baseline"])
    }

    @Test func `what a webhook has told of is news in the baseline too`() throws {
        let ledger = LedgerHarness()
        ledger.state.opened(at: 1_700_000_100_000_000_000)
        ledger.offer(try report(id: 1, state: "paid", updatedAt: time(50)))
        ledger.offer(try report(id: 2, state: "paid", amount: "1", updatedAt: time(50)))
        ledger.list([try paid(1, at: 50), try paid(2, at: 50), try paid(3, at: 50)])
        #expect(
            ledger.story == [
                "confirmed news [1]", "confirmed news [] reconcile", "refuted 2 amount-mismatch",
                "confirmed [] baseline", "baseline",
            ])
    }

    @Test func `what a webhook tells of while the baseline is being listed is news too`() throws {
        let ledger = LedgerHarness()
        ledger.state.opened(at: 1_700_000_100_000_000_000)
        let late = try report(id: 1, state: "paid", updatedAt: time(50))
        ledger.list([try paid(1, at: 50), try paid(2, at: 50)]) { ledger.offer(late) }
        #expect(ledger.story == ["confirmed news [] reconcile", "confirmed [] baseline", "baseline"])
    }

    @Test func `half a listing completes no baseline`() throws {
        let ledger = LedgerHarness()
        ledger.list([try paid(1, at: 50)], isWhole: false)
        #expect(!ledger.state.hasBaseline)
        let summary = ledger.list([try paid(1, at: 50), try paid(2, at: 50)])
        #expect(summary.completedBaseline)
        #expect(ledger.state.counts.known == 2)
    }

    // MARK: News

    @Test func `a change that no webhook told is found by a listing, once`() throws {
        let ledger = ledger(baseline: [try paid(1, state: "open", at: 50)])
        ledger.list([try paid(1), try paid(2)])
        #expect(ledger.story == ["confirmed news [] reconcile", "confirmed news [] reconcile"])
        ledger.list([try paid(1), try paid(2)])
        #expect(ledger.story.count == 2)
        #expect(ledger.state.counts.unannounced == 2)
    }

    @Test func `a payment as it was before changes nothing`() throws {
        let ledger = ledger(baseline: [try paid(1, at: 90)])
        let summary = ledger.list([try paid(1, state: "open", at: 80)])
        #expect(ledger.story == [])
        #expect(summary.lagging == 1)
        #expect(ledger.offer(try report(id: 1, state: "paid", updatedAt: time(90))) == .known)
    }

    @Test func `a list that lacks a known payment is reported and not believed`() throws {
        let ledger = ledger(baseline: try (1...12 as ClosedRange<PaymentID>).map { try paid($0, at: 50) })
        let summary = ledger.list([try paid(1, at: 50), try paid(12, at: 50)])
        #expect(summary.lacking == 10)
        #expect(summary.lackingExamples == Array(2...11))
        #expect(ledger.state.counts.known == 12)
        #expect(ledger.list([], isWhole: false).lacking == 0, "half a list lacks nothing")
        #expect(ledger.list([]).lacking == 12)
    }

    @Test func `of many known payments, just those that a list lacks are told`() throws {
        let payments = try (1...300 as ClosedRange<PaymentID>).map { try paid($0, at: 50) }
        let ledger = ledger(baseline: payments)
        for lacking in [1, 64, 65, 128, 129, 300] as [PaymentID] {
            let summary = ledger.list(payments.filter { $0.id != lacking })
            #expect(summary.lacking == 1)
            #expect(summary.lackingExamples == [lacking])
        }
    }

    // MARK: Settling

    @Test func `a listing settles reports that came before it began, and no others`() throws {
        let ledger = ledger()
        ledger.offer(try report(id: 1, state: "paid", updatedAt: time(200)))
        ledger.list([try paid(1), try paid(2)]) {
            #expect((try? ledger.offer(report(id: 2, state: "paid", updatedAt: time(200)))) == .journal)
        }
        #expect(ledger.story == ["confirmed news [2]", "confirmed news [] reconcile"])
        #expect(ledger.claim()?.reports.map(\.seq) == [3])
    }

    @Test func `an equal report that comes while a listing is under way is not covered by what it may settle`() throws {
        let ledger = ledger()
        ledger.offer(try report(id: 1, state: "paid", updatedAt: time(200)))
        ledger.list([try paid(1)]) {
            #expect((try? ledger.offer(report(id: 1, state: "paid", updatedAt: time(200)))) == .journal)
        }
        #expect(ledger.story == ["confirmed news [2]"])
        #expect(ledger.state.counts.pending == 1)
    }

    @Test func `a payment with a call of its own under way is left to that`() throws {
        let ledger = ledger()
        ledger.offer(try report(id: 1, state: "paid", updatedAt: time(200)))
        let claim = try #require(ledger.claim())
        ledger.list([try paid(1)])
        #expect(ledger.story == [])
        ledger.settle(claim, .payment(try paid(1)))
        #expect(ledger.story == ["confirmed news [2]"])
    }

    @Test func `a listing settles what backs off or rests`() throws {
        let ledger = ledger()
        ledger.offer(try report(id: 1, state: "paid", updatedAt: time(200)))
        ledger.fetch(.failed("503"))
        ledger.list([try paid(1)])
        #expect(ledger.story == ["confirmed news [2]"])
        #expect(ledger.state.counts.pending == 0)
    }

    @Test func `while a listing's answer is on its way to the disk, no call for the payment begins`() throws {
        let ledger = ledger()
        #expect(ledger.beginListing())
        let payment = try paid(1)
        let claim = try #require(ledger.claimListed(payment))
        ledger.offer(try report(id: 1, state: "sent", updatedAt: time(201)))
        #expect(ledger.claim() == nil)
        let (judgement, cause) = ledger.state.judgeListed(claim, .payment(payment), [], now: ledger.now, wallClock: 0)
        ledger.apply(claim, judgement, cause)
        _ = ledger.state.endListing(isWhole: true)
        #expect(ledger.claim()?.reports.count == 1)
    }

    // MARK: Absence

    @Test func `what a list shows as it has just been confirmed is not older than that`() throws {
        let ledger = ledger(baseline: [try paid(1, at: 50)])
        let open = try paid(1, state: "open", at: 60)
        ledger.offer(try report(id: 1, state: "open", updatedAt: time(60)))
        // A call of its own begins, and ends, while the list is on its way.
        #expect(
            ledger.list([open]) {
                ledger.pass(.seconds(1)); ledger.fetch(.payment(open))
            }.lagging == 0)
        #expect(ledger.list([try paid(1, at: 50)]).lagging == 1)
    }

    @Test func `a payment that was confirmed before is not refuted by a list that lacks it`() throws {
        let ledger = ledger(baseline: [try paid(1), try paid(2, state: "open", at: 50), try paid(3)])
        ledger.offer(try report(id: 2, state: "paid", updatedAt: time(200)))
        for _ in 0..<10 {
            ledger.list([try paid(1), try paid(3)])
            ledger.fetch(.failed("500"))
            ledger.pass(.seconds(300))
        }
        #expect(ledger.verdicts == [:])
        ledger.pass(.seconds(900))
        ledger.fetch(.payment(try paid(2)))
        #expect(ledger.verdicts.values.sorted() == ["settled"])
    }

    @Test func `absence between the lowest and the highest id counts as a 404, at the report's own turns`() throws {
        let ledger = ledger()
        for id in [2, 9] as [PaymentID] { ledger.offer(try report(id: id, state: "paid", updatedAt: time(200))) }
        let payments = [try paid(1), try paid(5)]
        for wait in [0, 1, 9, 30, 79] {
            ledger.pass(.seconds(wait))
            ledger.list(payments)
            #expect(!ledger.story.contains { $0.hasPrefix("refuted") }, "after \(wait) s")
        }
        ledger.pass(.seconds(2))
        ledger.list(payments)
        #expect(ledger.story.filter { $0.hasPrefix("refuted") } == ["refuted 2 not-found"])
        // Beyond the highest id the list says nothing: a payment may have been made since.
        #expect(ledger.claim()?.id == 9)
    }

    @Test func `an absence before any report has its turn is no call for the payment`() throws {
        let ledger = ledger()
        ledger.offer(try report(id: 2, state: "paid", updatedAt: time(200)))
        let payments = [try paid(1), try paid(5)]
        ledger.list(payments)
        for (wait, isTaken) in [(9, false), (1, true)] {
            ledger.pass(.seconds(wait))
            #expect(ledger.beginListing())
            for payment in payments { _ = ledger.claimListed(payment) }
            #expect(ledger.state.absentees() == [2])
            #expect((ledger.state.claimAbsent(2) != nil) == isTaken)
            _ = ledger.state.endListing(isWhole: true)
        }
    }

    @Test func `an empty list says nothing about any payment`() throws {
        let ledger = ledger()
        ledger.offer(try report(id: 2, state: "paid", updatedAt: time(200)))
        for _ in 0..<8 {
            ledger.list([])
            ledger.pass(.seconds(60))
        }
        #expect(ledger.story == [])
    }

    @Test func `half a list says nothing by what it lacks`() throws {
        let ledger = ledger()
        ledger.offer(try report(id: 2, state: "paid", updatedAt: time(200)))
        for _ in 0..<8 {
            ledger.list([try paid(1), try paid(5)], isWhole: false)
            ledger.pass(.seconds(60))
        }
        #expect(!ledger.story.contains { $0.hasPrefix("refuted") })
    }

    // MARK: Silence

    @Test func `news that only reconciling found are counted until a webhook tells of something`() throws {
        let ledger = ledger()
        for id in 1...3 as ClosedRange<PaymentID> { ledger.list(try (1...id).map { try paid($0) }) }
        #expect(ledger.state.counts.unannounced == 3)
        #expect(ledger.state.counts.unannouncedInARow == 3)
        ledger.offer(try report(id: 4, state: "paid", updatedAt: time(200)))
        ledger.fetch(.payment(try paid(4)))
        #expect(ledger.state.counts.unannounced == 3)
        #expect(ledger.state.counts.unannouncedInARow == 0)
    }

    // MARK: Floods

    @Test func `more than ten seconds' worth of budget is a flood`() throws {
        let ledger = ledger(rate: 10)
        for id in 1...101 as ClosedRange<PaymentID> {
            #expect(!ledger.state.isFlooded)
            // Ids of their own: the bound of what may wait is not in the way.
            if id <= 100 { ledger.offer(try report(id: id, state: "paid", updatedAt: time(200))) }
        }
        ledger.state.limits.maxPending = 1000
        ledger.offer(try report(id: 101, state: "paid", updatedAt: time(200)))
        #expect(ledger.state.isFlooded)
    }

    // MARK: Set aside

    @Test func `what was set aside is taken up again by a call for its payment, or for all`() throws {
        for all in [true, false] {
            let ledger = LedgerHarness(window: .nanoseconds(-1))
            ledger.offer(try report(id: 1, state: "paid", updatedAt: time(200)))
            ledger.pass(.seconds(1))
            ledger.fetch(.failed("down"))
            #expect(ledger.story == ["abandoned [1]"])
            #expect(ledger.state.counts.pending == 0)
            ledger.pass(.seconds(3600))
            #expect(ledger.claim() == nil)
            if all { ledger.state.requeueAbandoned(now: ledger.now) }
            let claim = all ? ledger.claim() : ledger.claim(1)
            #expect(claim?.reports.map(\.seq) == [1])
            #expect(ledger.state.counts.pending == 1)
            ledger.settle(try #require(claim), .payment(try paid(1)))
            #expect(ledger.story.last == "confirmed news [1]")
        }
    }

    @Test func `a call for one payment waits for none that is under way`() throws {
        let ledger = ledger()
        #expect(ledger.claim(7) != nil)
        #expect(ledger.claim(7) == nil)
    }
}
