import Ledger
import Payments
import PaymentSamples
import Testing

/// After a call a payment rests, and a forged report may not keep a genuine one waiting for the end of that.
struct RestTests {
    private let ledger = LedgerHarness(rate: 10)

    private func known(_ state: String = "pending") throws {
        ledger.offer(try report(state: state, updatedAt: time(1)))
        ledger.fetch(.payment(try payment(state: state, updatedAt: time(1))))
    }

    private func refuteForged() throws -> Answer {
        try known()
        let answer = Answer.payment(try payment(state: "pending", updatedAt: time(1)))
        ledger.offer(try report(state: "paid", amount: "1", updatedAt: time(2)))
        ledger.fetch(answer)
        #expect(ledger.story.last == "refuted 3 amount-mismatch")
        return answer
    }

    @Test func `behind a refuted report, one that agrees with what is known is due at once`() throws {
        _ = try refuteForged()
        ledger.offer(try report(state: "paid", updatedAt: time(3)))
        #expect(ledger.fetch(.payment(try payment(state: "paid", updatedAt: time(3))))?.reports.map(\.seq) == [5])
        #expect(ledger.story.last == "confirmed news [5]")
    }

    @Test(arguments: [("1", "btc"), ("2", "btc"), ("150.0", "eth")])
    func `behind a refuted report, one of another amount or currency than is known waits`(
        amount: String, currency: String
    ) throws {
        let answer = try refuteForged()
        ledger.offer(try report(state: "paid", amount: amount, currency: currency, updatedAt: time(3)))
        ledger.pass(.milliseconds(29_999))
        #expect(ledger.fetch(answer) == nil)
        ledger.pass(.milliseconds(1))
        #expect(ledger.fetch(answer) != nil)
    }

    @Test func `of a payment that nobody knows, what resembles the reports before waits, and nothing else`() throws {
        ledger.offer(try report(state: "paid", amount: "1", updatedAt: time(1)))
        #expect(ledger.fetch(.notFound) != nil)
        ledger.offer(try report(state: "other", amount: "1.0", updatedAt: time(2)))
        #expect(ledger.fetch(.notFound) == nil)
        ledger.offer(try report(state: "paid", updatedAt: time(3)))
        #expect(ledger.fetch(.payment(try payment(state: "paid", updatedAt: time(3)))) != nil)
        #expect(ledger.verdicts[3] == "settled")
    }

    @Test func `what a refuted report said is remembered when no report is left`() throws {
        let reports = try ["1", "2"].map { try report(state: "paid", amount: $0, updatedAt: time(1)) }
        ledger.answerAnother()
        ledger.offer(reports[0])
        for pause in [10, 30, 80, 0] as [Int64] {
            ledger.answerAnother()
            ledger.fetch(.notFound)
            ledger.pass(.seconds(pause))
        }
        #expect(ledger.story == ["refuted 1 not-found"])
        #expect(ledger.state.counts.pending == 0)
        ledger.offer(reports[0])
        #expect(ledger.fetch(.notFound) == nil)
        ledger.offer(reports[1])
        #expect(ledger.fetch(.notFound)?.reports.map(\.seq) == [3, 4])
    }

    @Test func `where no call is answered, a forged report's looks hold up no other of a payment that nobody knows`()
        throws
    {
        ledger.offer(try report(state: "paid", amount: "1", updatedAt: time(1)))
        for _ in 0..<1000 {
            ledger.fetch(.notFound)
            ledger.pass(.seconds(1))
        }
        #expect(ledger.story == [], "nothing has been answered since it came")
        ledger.offer(try report(state: "paid", updatedAt: time(2)))
        #expect(ledger.fetch(.payment(try payment(state: "paid", updatedAt: time(2)))) != nil)
        #expect(ledger.verdicts[2] == "settled")
    }

    @Test func `a backoff after a failed call is cut short by nothing`() throws {
        try known()
        ledger.offer(try report(state: "paid", updatedAt: time(2)))
        // A part of 1 s by chance, then of 2 s, 4 s and so on: one of them lasts longer than a moment.
        var waited = 0
        for number in 3..<10 {
            while ledger.fetch(.failed("503")) == nil { ledger.pass(.milliseconds(1)) }
            ledger.offer(try report(state: "paid\(number)", updatedAt: time(number)))
            if ledger.claim() == nil { waited += 1 }
        }
        #expect(waited == 7)
    }

    /// Whether a forger knows amount and currency or not: his reports cost at most the budget, and hold up nothing.
    @Test(arguments: [nil, "150.0"])
    func `a payment is confirmed within two seconds beside a hundred forged reports of it a second`(
        amount: String?
    ) throws {
        try known()
        var state = "pending"
        var calls: [(end: Instant, claim: Claim, answer: Answer)] = []
        var begun = 0
        var confirmedAt: Instant?
        let start = ledger.now
        for tick in 0..<6000 {
            ledger.pass(.milliseconds(10))
            let forged = try report(
                state: "forged\(tick)", amount: amount ?? "\(tick + 1)", updatedAt: time(1000 + tick))
            ledger.offer(forged)
            if tick == 3000 {
                state = "paid"
                ledger.offer(try report(state: state, updatedAt: time(2)))
            }
            for call in calls where call.end <= ledger.now { ledger.settle(call.claim, call.answer) }
            calls.removeAll { $0.end <= ledger.now }
            while let claim = ledger.claim() {
                begun += 1
                let answer = try payment(state: state, updatedAt: time(state == "paid" ? 2 : 1))
                calls.append((ledger.now + .milliseconds(100), claim, .payment(answer)))
            }
            if confirmedAt == nil,
                ledger.story.contains(where: { $0.hasPrefix("confirmed news") && $0 != "confirmed news [1]" })
            {
                confirmedAt = ledger.now
            }
        }
        let wait = try #require(confirmedAt) - (start + .milliseconds(30_010))
        #expect(wait <= .seconds(2), "\(wait)")
        // Ten a second, and ten seconds' worth saved up.
        #expect(begun <= 700, "\(begun)")
    }
}
