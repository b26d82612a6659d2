import Ledger
import Payments
import PaymentSamples
import Testing

struct LedgerStateTests {
    // MARK: Taking in

    @Test func `an equal report is covered by the one that waits`() throws {
        let ledger = LedgerHarness()
        #expect(ledger.offer(try report(state: "paid", updatedAt: time(1))) == .journal)
        #expect(ledger.offer(try report(state: "paid", amount: "150.00", updatedAt: time(1))) == .coalesced(by: 1))
        #expect(ledger.offer(try report(state: "open", updatedAt: time(1))) == .journal)
    }

    @Test func `a report that arrives while a call is under way is not covered by it`() throws {
        let ledger = LedgerHarness()
        ledger.offer(try report(state: "paid", updatedAt: time(1)))
        let claim = try #require(ledger.claim())
        #expect(ledger.offer(try report(state: "paid", updatedAt: time(1))) == .journal)
        ledger.settle(claim, .payment(try payment(state: "paid", updatedAt: time(1))))
        #expect(ledger.story == ["confirmed news [1]"])
        // The second one has a call of its own, which begins after it came.
        let next = try #require(ledger.fetch(.payment(try payment(state: "paid", updatedAt: time(1)))))
        #expect(next.reports.map(\.seq) == [2])
        #expect(ledger.story == ["confirmed news [1]", "confirmed [2]"])
    }

    @Test func `sixteen distinct reports are journaled for one call, the next are covered`() throws {
        let ledger = LedgerHarness()
        for second in 1...16 { #expect(ledger.offer(try report(state: "s\(second)", updatedAt: time(1))) == .journal) }
        #expect(ledger.offer(try report(state: "s17", updatedAt: time(1))) == .coalesced(by: 16))
        let claim = try #require(ledger.fetch(.payment(try payment(state: "s17", updatedAt: time(1)))))
        #expect(claim.reports.count == 16)
        #expect(ledger.story == ["confirmed news \(Array(1...16))"])
    }

    @Test func `what the API has said already is known, an equal refuted report is not`() throws {
        let ledger = LedgerHarness()
        ledger.offer(try report(state: "paid", updatedAt: time(1)))
        ledger.fetch(.payment(try payment(state: "paid", updatedAt: time(1))))
        #expect(ledger.offer(try report(state: "paid", updatedAt: time(1))) == .known)
        let forged = try report(state: "paid", amount: "1", updatedAt: time(1))
        #expect(ledger.offer(forged) == .journal)
        ledger.pass(.seconds(60))
        ledger.fetch(.payment(try payment(state: "paid", updatedAt: time(1))))
        #expect(ledger.story.last == "refuted 3 amount-mismatch")
        #expect(ledger.offer(forged) == .journal)
    }

    @Test func `beyond the bound no further id is taken, but one that waits and one confirmed before are`() throws {
        let ledger = LedgerHarness(maxPending: 2)
        ledger.offer(try report(id: 9, state: "paid", updatedAt: time(1)))
        ledger.fetch(.payment(try payment(id: 9, state: "paid", updatedAt: time(1))))
        ledger.offer(try report(id: 1, state: "paid", updatedAt: time(1)))
        ledger.offer(try report(id: 2, state: "paid", updatedAt: time(1)))
        #expect(ledger.offer(try report(id: 20, state: "paid", updatedAt: time(1))) == .full)
        #expect(ledger.offer(try report(id: 2, state: "open", updatedAt: time(1))) == .journal)
        #expect(ledger.offer(try report(id: 9, state: "open", updatedAt: time(2))) == .journal)
    }

    // MARK: Verdicts

    @Test func `the truth is confirmed whatever a report said`() throws {
        let ledger = LedgerHarness()
        ledger.offer(try report(state: "paid", amount: "1", updatedAt: time(1)))
        ledger.fetch(.payment(try payment(state: "open", updatedAt: time(1))))
        #expect(ledger.story == ["confirmed news []", "refuted 1 amount-mismatch"])
    }

    @Test func `of reports of one payment each is settled, refuted or left waiting for itself`() throws {
        let ledger = LedgerHarness()
        ledger.offer(try report(state: "paid", updatedAt: time(2)))
        ledger.offer(try report(state: "paid", amount: "1", updatedAt: time(2)))
        ledger.offer(try report(state: "later", updatedAt: time(3)))
        ledger.fetch(.payment(try payment(state: "paid", updatedAt: time(2))))
        #expect(ledger.story == ["confirmed news [1]", "refuted 2 amount-mismatch"])
        #expect(ledger.state.counts.pending == 1)
    }

    @Test func `a state that the API never shows is refuted after 5 s, 30 s, 2 min and 10 min`() throws {
        let ledger = LedgerHarness()
        ledger.offer(try report(state: "paid", updatedAt: time(2)))
        let lagging = Answer.payment(try payment(state: "open", updatedAt: time(1)))
        ledger.fetch(lagging)
        for seconds in [5, 30, 120, 600] {
            #expect(ledger.story == ["confirmed news []"])
            ledger.pass(.seconds(seconds) - .milliseconds(1))
            #expect(ledger.fetch(lagging) == nil, "before \(seconds) s are over")
            ledger.pass(.milliseconds(1))
            #expect(ledger.fetch(lagging) != nil, "after \(seconds) s")
        }
        #expect(ledger.story == ["confirmed news []", "refuted 1 state-never-reached"])
    }

    @Test func `forged reports do not use up a genuine one's turns`() throws {
        let ledger = LedgerHarness()
        ledger.offer(try report(state: "paid", updatedAt: time(100)))
        let lagging = Answer.payment(try payment(state: "open", updatedAt: time(1)))
        ledger.fetch(lagging)
        // A forger makes the id due again and again; four turns would be over in 20 seconds.
        for second in 0..<20 {
            ledger.offer(try report(state: "forged \(second)", updatedAt: time(0)))
            ledger.pass(.seconds(5))
            ledger.fetch(lagging)
        }
        #expect(!ledger.story.contains { $0.hasPrefix("refuted 1 ") })
        ledger.pass(.seconds(60))
        ledger.fetch(.payment(try payment(state: "paid", updatedAt: time(100))))
        #expect(ledger.story.last?.hasPrefix("confirmed news [1") == true)
    }

    @Test(arguments: [(Answer.notFound, "not-found"), (.forbidden, "forbidden")])
    func `absence is unknown three times over two minutes, then refuted`(answer: Answer, reason: String) throws {
        let ledger = LedgerHarness()
        ledger.offer(try report(state: "paid", updatedAt: time(2)))
        ledger.answerAnother()
        let start = ledger.now
        var looks = 0
        while ledger.story.isEmpty, looks < 10 {
            if ledger.fetch(answer) != nil { looks += 1 } else { ledger.pass(.milliseconds(500)) }
        }
        #expect(ledger.story == ["refuted 1 \(reason)"])
        #expect(looks == 4)
        #expect(ledger.now - start >= .seconds(120))
        #expect(ledger.now - start < .seconds(125))
    }

    @Test func `a call that began before a report's turn and ends after it uses none up`() throws {
        let ledger = LedgerHarness()
        ledger.offer(try report(id: 1, state: "paid", updatedAt: time(1)))
        ledger.fetch(.notFound)
        // Its second look is due after 10 s. Another report has a call made before, which takes 8 s.
        ledger.pass(.seconds(6))
        ledger.offer(try report(id: 1, state: "open", updatedAt: time(1)))
        let claim = try #require(ledger.claim())
        ledger.pass(.seconds(8))
        ledger.settle(claim, .notFound)
        // The second look is still to come, and the third 30 s after it.
        ledger.pass(.seconds(5))
        #expect(ledger.fetch(.notFound)?.reports.first?.seq == 1)
        ledger.pass(.seconds(25))
        #expect(ledger.fetch(.notFound) != nil, "the other report's third look")
        ledger.pass(.seconds(5))
        #expect(ledger.fetch(.notFound) != nil, "the report's third look")
    }

    @Test func `absence refutes nothing while no call has been answered since the report came`() throws {
        let ledger = LedgerHarness()
        ledger.offer(try report(id: 2, state: "paid", updatedAt: time(2)))
        ledger.fetch(.payment(try payment(id: 2, state: "paid", updatedAt: time(2))))
        ledger.offer(try report(state: "paid", updatedAt: time(2)))
        for _ in 0..<2000 {
            ledger.fetch(.notFound)
            ledger.pass(.seconds(2))
        }
        #expect(ledger.story == ["confirmed news [1]"])
        // Another payment is answered: now the API's word about this one counts.
        ledger.offer(try report(id: 2, state: "open", updatedAt: time(3)))
        for _ in 0..<2000 {
            guard let claim = ledger.claim() else {
                ledger.pass(.seconds(2))
                continue
            }
            ledger.settle(
                claim, claim.id == 2 ? .payment(try payment(id: 2, state: "open", updatedAt: time(3))) : .notFound)
        }
        #expect(ledger.story.contains("refuted 3 not-found"))
    }

    @Test func `a failed call decides nothing, and backs off`() throws {
        let ledger = LedgerHarness()
        ledger.offer(try report(state: "paid", updatedAt: time(1)))
        var calls = 0
        for _ in 0..<7200 {
            if ledger.fetch(.failed("503")) != nil { calls += 1 }
            ledger.pass(.milliseconds(500))
        }
        #expect(ledger.story == [])
        // An hour of exponential backoff up to 15 minutes: tens of calls, not thousands.
        #expect((8...60).contains(calls))
        ledger.pass(.seconds(900))
        ledger.fetch(.payment(try payment(state: "paid", updatedAt: time(1))))
        #expect(ledger.story == ["confirmed news [1]"])
    }

    @Test func `a new report cuts no backoff short`() throws {
        let ledger = LedgerHarness()
        ledger.offer(try report(state: "s", updatedAt: time(1)))
        var longest = Duration.zero
        for second in 0..<400 {
            let before = ledger.now
            while ledger.fetch(.failed("503")) == nil {
                ledger.offer(try report(state: "s\(second)", updatedAt: time(second)))
                ledger.pass(.seconds(1))
            }
            longest = max(longest, ledger.now - before)
        }
        #expect(longest > .seconds(300))
    }

    @Test func `after an answer, backoff begins anew`() throws {
        let ledger = LedgerHarness()
        ledger.offer(try report(state: "open", updatedAt: time(1)))
        for _ in 0..<20 {
            ledger.fetch(.failed("503"))
            ledger.pass(.seconds(900))
        }
        let claim = try #require(ledger.claim())
        // It keeps the payment in the queue.
        ledger.offer(try report(state: "paid", updatedAt: time(2)))
        ledger.settle(claim, .payment(try payment(state: "open", updatedAt: time(1))))
        #expect(ledger.fetch(.failed("503")) != nil)
        ledger.pass(.seconds(1))
        #expect(ledger.fetch(.failed("503")) != nil)
    }

    @Test func `an answer older than the last confirmed one is lag`() throws {
        let ledger = LedgerHarness()
        ledger.offer(try report(state: "paid", updatedAt: time(5)))
        ledger.fetch(.payment(try payment(state: "paid", updatedAt: time(5))))
        ledger.offer(try report(state: "refunded", updatedAt: time(9)))
        ledger.pass(.seconds(60))
        ledger.fetch(.payment(try payment(state: "open", updatedAt: time(1))))
        #expect(ledger.story == ["confirmed news [1]"])
        #expect(ledger.state.counts.pending == 1)
        ledger.pass(.seconds(900))
        ledger.fetch(.payment(try payment(state: "refunded", updatedAt: time(9))))
        #expect(ledger.story == ["confirmed news [1]", "confirmed news [3]"])
    }

    @Test func `unknown for longer than the window is abandoned, and a new report takes it up again`() throws {
        let ledger = LedgerHarness(window: .seconds(3600))
        ledger.offer(try report(state: "paid", updatedAt: time(1)))
        while ledger.story.isEmpty {
            ledger.fetch(.failed("503"))
            ledger.pass(.seconds(30))
        }
        #expect(ledger.story == ["abandoned [1]"])
        #expect(ledger.now - Instant(nanoseconds: 0) > .seconds(3600))
        #expect(ledger.state.counts.pending == 0)
        #expect(ledger.state.counts.abandoned == 1)
        ledger.pass(.seconds(900))
        ledger.offer(try report(state: "open", updatedAt: time(2)))
        ledger.pass(.seconds(900))
        ledger.fetch(.payment(try payment(state: "open", updatedAt: time(2))))
        #expect(ledger.story.last == "confirmed news [1, 3]")
    }

    @Test func `a report that came while the others were being abandoned takes them up, as it does in a replay`() throws
    {
        let running = LedgerHarness()
        let replayed = LedgerHarness()
        let reports = try (1...3).map { try report(state: "s\($0)", updatedAt: time($0)).summary }
        for ledger in [running, replayed] {
            for (index, report) in reports[..<2].enumerated() {
                ledger.state.received(report.admitted, seq: Int64(index + 1), offset: 0, now: ledger.now)
            }
        }
        let id = reports[0].id
        // Record 3 abandons the first, record 4 is the third report.
        running.state.received(reports[2].admitted, seq: 4, offset: 0, now: running.now)
        running.state.abandoned(id, of: [1], seq: 3)
        replayed.state.abandoned(id, of: [1], seq: 3)
        replayed.state.received(reports[2].admitted, seq: 4, offset: 0, now: replayed.now)
        #expect(running.state.snapshot == replayed.state.snapshot)
        #expect(running.claim()?.reports.map(\.seq) == [2, 1, 4])
        #expect(running.state.counts == replayed.state.counts)
    }

    @Test func `abandoned reports that a report took up are abandoned again when it is never written`() throws {
        let ledger = LedgerHarness()
        let first = try report(state: "s1", updatedAt: time(1))
        ledger.state.received(first.summary.admitted, seq: 1, offset: 0, now: ledger.now)
        ledger.state.abandoned(first.id, of: [1], seq: 2)
        let before = ledger.state.snapshot
        ledger.state.received(
            try report(state: "s2", updatedAt: time(2)).summary.admitted, seq: 3, offset: 0, now: ledger.now)
        #expect(ledger.state.counts.pending == 1)
        ledger.state.rollBack(after: 2)
        #expect(ledger.state.counts.pending == 0)
        // All but the two numbers that say how far the API has answered.
        #expect(ledger.state.snapshot.words[6...] == before.words[6...])
    }

    @Test func `what was taken up by hand and settled is not set aside again by a replay`() throws {
        let ledger = LedgerHarness()
        ledger.state.completedBaseline()
        for seq in 1...3 {
            let report = try report(state: "s\(seq)", updatedAt: time(seq)).summary
            ledger.state.received(report.admitted, seq: Int64(seq), offset: 0, now: nil)
        }
        ledger.state.abandoned(1, of: [1, 2, 3], seq: 4)
        let truth = try payment(state: "s3", updatedAt: time(3)).summary
        ledger.state.confirmed(truth, of: [1, 3], seq: 5, callBegan: .distantPast)
        #expect(ledger.state.pruningHold?.seq == 2)
        ledger.state.refuted(1, of: 2)
        #expect(ledger.state.pruningHold == nil)
    }

    @Test func `abandoned reports whose records are gone are forgotten, and the others are not`() throws {
        let ledger = LedgerHarness()
        ledger.state.completedBaseline()
        for seq in 1...2 {
            let report = try report(state: "s\(seq)", updatedAt: time(seq)).summary
            ledger.state.received(report.admitted, seq: Int64(seq), offset: 0, now: nil)
        }
        ledger.state.abandoned(1, of: [1, 2], seq: 3)
        ledger.state.forgetReports { $0 == 1 }
        #expect(ledger.state.pruningHold?.seq == 2)
    }

    @Test func `a confirmation that waits to be delivered is kept, with what follows it`() throws {
        let ledger = LedgerHarness()
        ledger.state.completedBaseline()
        ledger.state.configured(endpoints: ["a"], seq: 1)
        ledger.state.announced(7, JournalPosition(seq: 10, offset: 0), now: ledger.now)
        let report = try report(state: "paid", updatedAt: time(1)).summary
        ledger.state.received(report.admitted, seq: 11, offset: 0, now: nil)
        #expect(ledger.state.pruningHold?.seq == 10)
        #expect(ledger.state.pruningHold?.reason.contains("payment 7 that is not delivered") == true)
        ledger.state.deliveryEnded(7, of: 10, endpoint: "a", .delivered, now: ledger.now)
        #expect(ledger.state.pruningHold?.seq == 11)
    }

    @Test func `sixteen forged reports do not swallow a genuine one that the API lags behind`() throws {
        let ledger = LedgerHarness()
        let open = Answer.payment(try payment(state: "open", updatedAt: time(1)))
        ledger.offer(try report(state: "open", updatedAt: time(1)))
        ledger.fetch(open)
        for index in 0..<16 { ledger.offer(try report(state: "f", amount: "\(index)", updatedAt: time(9))) }
        #expect(ledger.offer(try report(state: "paid", updatedAt: time(9))) == .coalesced(by: 18))
        // The first fetches show the old state; all sixteen are refuted.
        for _ in 0..<3 {
            while ledger.fetch(open) == nil { ledger.pass(.seconds(1)) }
        }
        #expect(ledger.state.counts.refuted == 16)
        let paid = Answer.payment(try payment(state: "paid", updatedAt: time(9)))
        for _ in 0..<300 where ledger.story.last != "confirmed news []" {
            ledger.fetch(paid)
            ledger.pass(.seconds(1))
        }
        #expect(ledger.story.last == "confirmed news []")
    }

    @Test func `covered reports are followed up as long as a journaled one, and then no more`() throws {
        let ledger = LedgerHarness()
        let open = Answer.payment(try payment(state: "open", updatedAt: time(1)))
        for index in 0..<17 { ledger.offer(try report(state: "s\(index)", updatedAt: time(1))) }
        var calls = 0
        for _ in 0..<4000 {
            if ledger.fetch(open) != nil { calls += 1 }
            ledger.pass(.seconds(1))
        }
        // The one that tells news ends it: what was covered may have been that.
        #expect(calls == 1)
        for index in 0..<17 { ledger.offer(try report(state: "t\(index)", updatedAt: time(1))) }
        for _ in 0..<4000 {
            if ledger.fetch(open) != nil { calls += 1 }
            ledger.pass(.seconds(1))
        }
        #expect(calls == 1 + 5)
    }

    @Test func `a call that began before a covered report came is no turn of it`() throws {
        let ledger = LedgerHarness()
        let open = Answer.payment(try payment(state: "open", updatedAt: time(1)))
        ledger.offer(try report(state: "open", updatedAt: time(1)))
        let claim = try #require(ledger.claim())
        ledger.pass(.seconds(1))
        for index in 0..<17 { ledger.offer(try report(state: "s\(index)", updatedAt: time(1))) }
        // It tells news, which would end the turns.
        ledger.settle(claim, open)
        var calls = 0
        for _ in 0..<4000 {
            if ledger.fetch(open) != nil { calls += 1 }
            ledger.pass(.seconds(1))
        }
        #expect(calls == 5)
    }

    @Test func `calls that others cause use up no turns of a covered report`() throws {
        let ledger = LedgerHarness()
        let open = Answer.payment(try payment(state: "open", updatedAt: time(1)))
        ledger.offer(try report(state: "open", updatedAt: time(1)))
        ledger.fetch(open)
        for index in 0..<17 { ledger.offer(try report(state: "s\(index)", updatedAt: time(1))) }
        ledger.fetch(open)
        // Two minutes, with a call every six seconds: the turns after 5 s and 30 s are over then.
        for index in 0..<20 {
            ledger.offer(try report(state: "t\(index)", updatedAt: time(1)))
            ledger.pass(.seconds(6))
            #expect(ledger.fetch(open) != nil)
        }
        var calls = 0
        for _ in 0..<4000 {
            if ledger.fetch(open) != nil { calls += 1 }
            ledger.pass(.seconds(1))
        }
        #expect(calls == 2)
    }

    @Test func `an equal report is covered by one that has all its turns before it, and by no other`() throws {
        let ledger = LedgerHarness()
        let lagging = Answer.payment(try payment(state: "open", updatedAt: time(1)))
        let paid = try report(state: "paid", updatedAt: time(2))
        ledger.offer(paid)
        #expect(ledger.offer(paid) == .coalesced(by: 1))
        ledger.fetch(lagging)
        // The one that waits has used one up. The sender asks again, and the API goes on lagging for a while.
        #expect(ledger.offer(paid) == .journal)
        for seconds in [5, 30, 120, 600] {
            ledger.pass(.seconds(seconds))
            ledger.fetch(lagging)
        }
        #expect(ledger.verdicts == [1: "state-never-reached"], "its turns are over; the other has one left")
        ledger.pass(.seconds(600))
        ledger.fetch(.payment(try payment(state: "paid", updatedAt: time(2))))
        #expect(ledger.verdicts[3] == "settled")
    }

    @Test func `a forged report is refuted, however often it is repeated`() throws {
        let ledger = LedgerHarness()
        ledger.answerAnother()
        for _ in 0..<10 {
            ledger.offer(try report(state: "paid", updatedAt: time(2)))
            ledger.answerAnother()
            ledger.fetch(.notFound)
            ledger.pass(.seconds(45))
        }
        #expect(ledger.verdicts[1] == "not-found")
        #expect(ledger.verdicts.count >= 5, "and so are the others, each at its time")
    }

    @Test func `while the API has asked for a pause, no call is made by hand either`() throws {
        let ledger = LedgerHarness()
        ledger.offer(try report(state: "paid", updatedAt: time(2)))
        ledger.state.pause(.seconds(60), now: ledger.now)
        #expect(ledger.claim(42) == nil)
        ledger.pass(.seconds(60))
        #expect(ledger.claim(42) != nil)
    }

    @Test func `an answer says nothing of reports that came after its call began`() throws {
        let ledger = LedgerHarness()
        ledger.offer(try report(id: 1, state: "paid", updatedAt: time(1)))
        let claim = try #require(ledger.claim())
        ledger.offer(try report(id: 9, state: "paid", updatedAt: time(1)))
        // The answer came before that report, and is taken in behind it.
        ledger.settle(claim, .payment(try payment(id: 1, state: "paid", updatedAt: time(1))))
        for _ in 0..<1000 {
            ledger.fetch(.notFound)
            ledger.pass(.seconds(1))
        }
        #expect(ledger.verdicts == [1: "settled"])
        ledger.answerAnother()
        ledger.pass(.seconds(900))
        ledger.fetch(.notFound)
        #expect(ledger.verdicts[2] == "not-found")
    }

    @Test func `a listing says nothing of reports that came while it was under way`() throws {
        let ledger = LedgerHarness()
        ledger.list([try payment(id: 1, state: "paid", updatedAt: time(1))]) {
            _ = try? ledger.offer(report(id: 9, state: "paid", updatedAt: time(1)))
        }
        for _ in 0..<1000 {
            ledger.fetch(.notFound)
            ledger.pass(.seconds(1))
        }
        #expect(ledger.verdicts == [:])
    }

    @Test func `an answer to a call from before a rejection says nothing of numbers given again`() throws {
        let ledger = LedgerHarness()
        for id in 1...3 { ledger.offer(try report(id: PaymentID(id), state: "paid", updatedAt: time(1))) }
        let claim = try #require(ledger.claim())
        ledger.state.rollBack(after: 0)
        ledger.seq = 0
        ledger.offer(try report(id: 9, state: "paid", updatedAt: time(1)))
        ledger.state.noteAnswered(claim)
        ledger.state.release(claim, now: ledger.now)
        for _ in 0..<1000 {
            ledger.fetch(.notFound)
            ledger.pass(.seconds(1))
        }
        #expect(ledger.story == [], "nothing has been answered since it came")
    }

    @Test func `a rejected number that is given again is not taken for answered`() throws {
        let ledger = LedgerHarness()
        for id in 1...3 { ledger.offer(try report(id: PaymentID(id), state: "paid", updatedAt: time(1))) }
        ledger.answerAnother()
        ledger.state.rollBack(after: 0)
        ledger.seq = 0
        ledger.offer(try report(id: 9, state: "paid", updatedAt: time(1)))
        for _ in 0..<1000 {
            ledger.fetch(.notFound)
            ledger.pass(.seconds(1))
        }
        #expect(ledger.story == [], "nothing has been answered since it came")
    }

    // MARK: Budgets

    @Test func `an id rests 5 s after a call without news, and 30 s after a refutation`() throws {
        let ledger = LedgerHarness()
        let open = Answer.payment(try payment(state: "open", updatedAt: time(9)))
        ledger.offer(try report(state: "open", updatedAt: time(1)))
        ledger.fetch(open)
        ledger.offer(try report(state: "open", updatedAt: time(2)))
        #expect(ledger.fetch(open) != nil, "news leaves no rest")
        ledger.offer(try report(state: "open", amount: "1", updatedAt: time(3)))
        ledger.pass(.milliseconds(4999))
        #expect(ledger.fetch(open) == nil)
        ledger.pass(.milliseconds(1))
        #expect(ledger.fetch(open) != nil)
        ledger.offer(try report(state: "open", amount: "1", updatedAt: time(4)))
        ledger.pass(.milliseconds(29_999))
        #expect(ledger.fetch(open) == nil)
        ledger.pass(.milliseconds(1))
        #expect(ledger.fetch(open) != nil)
    }

    @Test func `ids never seen and ids confirmed before have budgets of their own`() throws {
        let ledger = LedgerHarness(maxPending: 10_000, rate: 1)
        ledger.offer(try report(id: 5000, state: "open", updatedAt: time(1)))
        ledger.fetch(.payment(try payment(id: 5000, state: "open", updatedAt: time(1))))
        for id in 1...1000 { ledger.offer(try report(id: PaymentID(id), state: "x", updatedAt: time(1))) }
        // A burst of ten seconds' worth, less the one that was used.
        var served = 0
        while ledger.fetch(.failed("503")) != nil { served += 1 }
        #expect(served == 9)
        ledger.offer(try report(id: 5000, state: "paid", updatedAt: time(2)))
        let claim = try #require(ledger.claim())
        #expect(claim.id == 5000, "a flood of new ids does not hold up one that is known")
    }

    @Test func `ids never seen and ids confirmed before are served alternately`() throws {
        let ledger = LedgerHarness()
        for id in 11...13 as ClosedRange<PaymentID> {
            ledger.offer(try report(id: id, state: "open", updatedAt: time(1)))
            ledger.fetch(.payment(try payment(id: id, state: "open", updatedAt: time(1))))
        }
        for id in [1, 2, 3, 11, 12, 13] as [PaymentID] {
            ledger.offer(try report(id: id, state: "paid", updatedAt: time(2)))
        }
        var ids: [PaymentID] = []
        while let claim = ledger.claim() { ids.append(claim.id) }
        #expect(ids == [11, 1, 12, 2, 13, 3])
    }

    @Test func `a pause holds back every call, for 15 minutes at most`() throws {
        let ledger = LedgerHarness()
        ledger.offer(try report(state: "paid", updatedAt: time(1)))
        ledger.state.pause(.seconds(86400), now: ledger.now)
        ledger.pass(.seconds(899))
        #expect(ledger.claim() == nil)
        #expect(ledger.state.nextDue() == Instant(nanoseconds: 900_000_000_000))
        ledger.pass(.seconds(1))
        #expect(ledger.claim() != nil)
    }

    @Test func `a payment has one call at a time`() throws {
        let ledger = LedgerHarness()
        ledger.offer(try report(state: "paid", updatedAt: time(1)))
        let claim = try #require(ledger.claim())
        ledger.offer(try report(state: "open", updatedAt: time(2)))
        ledger.pass(.seconds(3600))
        #expect(ledger.claim() == nil)
        ledger.settle(claim, .failed("time-out"))
        ledger.pass(.seconds(3600))
        #expect(ledger.claim() != nil)
    }

    // MARK: Rejected writes and restarts

    @Test func `a rejected record is forgotten, and its number settles nothing`() throws {
        let ledger = LedgerHarness()
        ledger.offer(try report(state: "paid", updatedAt: time(1)))
        let claim = try #require(ledger.claim())
        ledger.state.rollBack(after: 0)
        ledger.seq = 0
        #expect(ledger.state.counts.received == 0)
        // The number 1 is given again, to a report that came after the call began.
        #expect(ledger.offer(try report(state: "paid", amount: "7", updatedAt: time(9))) == .journal)
        ledger.settle(claim, .payment(try payment(state: "paid", updatedAt: time(1))))
        #expect(ledger.story == ["confirmed news []"], "neither settled nor refuted by a call that began before it")
        #expect(ledger.state.counts.pending == 1)
        ledger.pass(.seconds(60))
        #expect(ledger.claim()?.reports.map(\.seq) == [1])
    }

    @Test func `after a replay all that waits is due within seconds, and nothing else`() throws {
        let ledger = LedgerHarness()
        for id in 1...20 {
            ledger.state.received(
                try report(id: PaymentID(id), state: "paid", updatedAt: time(1)).summary.admitted, seq: Int64(id),
                offset: 0,
                now: nil)
        }
        ledger.state.confirmed(
            try payment(id: 7, state: "paid", updatedAt: time(1)).summary, of: [7], seq: 21, callBegan: .distantPast)
        ledger.state.refuted(8, of: 8)
        ledger.state.abandoned(9, of: [9], seq: 22)
        ledger.state.resume(now: ledger.now)
        ledger.pass(.seconds(5))
        var ids: Set<PaymentID> = []
        while let claim = ledger.claim() { ids.insert(claim.id) }
        #expect(ids == Set(1...20).subtracting([7, 8, 9]))
        #expect(ledger.state.admit(try report(id: 7, state: "paid", updatedAt: time(1)).summary.admitted) == .known)
    }

    @Test func `a record settles the reports that it names and no others, one or several`() throws {
        let ledger = LedgerHarness()
        for seq in 1...3 {
            let report = try report(state: "s\(seq)", updatedAt: time(1)).summary
            ledger.state.received(report.admitted, seq: Int64(seq), offset: 0, now: nil)
        }
        for (settled, left) in [(2, [1, 3]), (9, [1, 3]), (1, [3]), (9, [3]), (3, [])] as [(Int64, [Int64])] {
            ledger.state.refuted(1, of: settled)
            var replayed = ledger.state
            replayed.resume(now: ledger.now)
            #expect(replayed.claim(now: ledger.now + .seconds(5))?.reports.map(\.seq) ?? [] == left)
        }
        #expect(ledger.state.counts.pending == 0)
    }

    @Test func `what an earlier run has settled takes no room after a replay`() throws {
        let ledger = LedgerHarness(maxPending: 2)
        for seq in 1...5 {
            ledger.state.received(
                try report(id: PaymentID(seq), state: "paid", updatedAt: time(1)).summary.admitted, seq: Int64(seq),
                offset: 0,
                now: nil)
            ledger.state.refuted(PaymentID(seq), of: Int64(seq))
        }
        ledger.state.resume(now: ledger.now)
        #expect(ledger.offer(try report(id: 9, state: "paid", updatedAt: time(1))) == .journal)
    }
}
