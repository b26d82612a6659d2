import Payments
import PaymentSamples
import Testing

@testable import Ledger

/// An API that takes fewer calls than are allowed is asked more slowly.
struct CallRateTests {
    private func at(_ milliseconds: Int64) -> Instant { Instant(nanoseconds: milliseconds * 1_000_000) }

    /// Beside the macros, which call nothing that mutates.
    private func halve(_ rate: inout CallRate, _ began: Int64, _ now: Int64) -> Bool {
        rate.halve(callBegan: at(began), now: at(now))
    }

    @Test func `a refusal halves the rate once for the calls before it, and time raises it again`() {
        var rate = CallRate(allowed: 10)
        #expect(rate.current(now: at(0)) == 10_000)
        #expect(halve(&rate, 900, 1000))
        #expect(rate.current(now: at(1000)) == 5000)
        // Of a call that was under way then.
        #expect(!halve(&rate, 950, 1001))
        #expect(halve(&rate, 1000, 1000))
        #expect(rate.current(now: at(1000)) == 2500)
        // The whole in ten minutes.
        #expect(rate.current(now: at(61_000)) == 3500)
        #expect(rate.current(now: at(451_000)) == 10_000)
        #expect(rate.current(now: at(1_000_000_000_000)) == 10_000)
    }

    @Test func `it never comes to nothing, and what is allowed holds at once`() {
        var rate = CallRate(allowed: 10)
        for _ in 0..<100 { _ = rate.halve(callBegan: at(0), now: at(0)) }
        #expect(rate.current(now: at(0)) == 156)
        rate.allow(20)
        #expect(rate.current(now: at(60_000)) == 2156)
        rate.allow(1)
        #expect(rate.current(now: at(60_000)) == 256)
        var untouched = CallRate(allowed: 10)
        untouched.allow(20)
        #expect(untouched.current(now: at(0)) == 20_000)
    }

    /// Of an API that takes three calls a second and says 429 to all others, without `Retry-After`.
    @Test
    func `an API that takes less than is allowed is asked about as often as it takes, and answers known payments too`()
        throws
    {
        let ledger = LedgerHarness(maxPending: 10_000, rate: 10)
        ledger.offer(try report(id: 1, state: "open", updatedAt: time(1)))
        ledger.fetch(.payment(try payment(id: 1, state: "open", updatedAt: time(1))))
        for id in 2...5000 as ClosedRange<PaymentID> {
            ledger.offer(try report(id: id, state: "paid", updatedAt: time(1)))
        }
        var (asked, refused, settledOfKnown) = (0, 0, 0)
        var recent: [Instant] = []
        for second in 1...600 {
            ledger.offer(try report(id: 1, state: "state\(second)", updatedAt: time(second + 1)))
            for _ in 0..<100 {
                ledger.pass(.milliseconds(10))
                while let claim = ledger.claim() {
                    asked += 1
                    recent.removeAll { ledger.now - $0 >= .seconds(1) }
                    if recent.count >= 3 {
                        refused += 1
                        ledger.state.slowDown(callBegan: claim.began, now: ledger.now)
                        ledger.settle(claim, .failed("429"))
                    } else {
                        recent.append(ledger.now)
                        if claim.id == 1 { settledOfKnown += 1 }
                        ledger.settle(
                            claim,
                            .payment(
                                try payment(
                                    id: claim.id, state: claim.id == 1 ? "state\(second)" : "open",
                                    updatedAt: time(second + 1))))
                    }
                }
            }
        }
        // Twenty a second would be allowed, and ten seconds' worth saved up.
        #expect(asked < 600 * 4, "\(asked) calls, of which \(refused) were refused")
        #expect(asked - refused > 600, "\(asked) calls, of which \(refused) were refused")
        #expect(refused * 10 < asked, "\(refused) of \(asked) calls were refused")
        #expect(settledOfKnown > 200, "\(settledOfKnown)")
    }
}
