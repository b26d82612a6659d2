import Payments
import Testing

@testable import Ledger

/// An endpoint that is down for hours of virtual time, and comes back.
struct EndpointOutageTests {
    /// A ledger and a shop, which takes deliveries, refuses them by payment, or is away.
    private final class Outage {
        let ledger = LedgerHarness()
        var isAway = false
        var refused: Set<PaymentID> = []
        /// When each attempt began, and what it was.
        var attempts: [(at: Instant, claim: DeliveryClaim)] = []
        var delivered: [Int64] = []
        var underWay: [(end: Instant, claim: DeliveryClaim)] = []
        var gaveUp = 0
        private var seq: Int64 = 10

        init() { ledger.state.configured(endpoints: ["a"], seq: 1) }

        @discardableResult
        func announce(_ id: PaymentID) -> Int64 {
            seq += 1
            ledger.state.announced(id, JournalPosition(seq: seq, offset: seq), now: ledger.now)
            return seq
        }

        /// Lets time pass until nothing is due before `end`, with four attempts at once, each of which takes 10 ms.
        func run(until end: Instant) {
            while true {
                while underWay.count < 4, let claim = ledger.state.claimDelivery(for: "a", now: ledger.now) {
                    attempts.append((ledger.now, claim))
                    underWay.append((ledger.now + .milliseconds(10), claim))
                }
                let due = underWay.count < 4 ? ledger.state.nextDelivery(for: "a") : nil
                let next = ([due].compactMap { $0 } + underWay.map(\.end)).min()
                guard let next, next <= end else { break }
                ledger.now = max(ledger.now, next)
                for attempt in underWay where attempt.end <= ledger.now { finish(attempt.claim) }
                underWay.removeAll { $0.end <= ledger.now }
            }
            ledger.now = end
        }

        func run(for duration: Duration) { run(until: ledger.now + duration) }

        private func finish(_ claim: DeliveryClaim) {
            ledger.state.concludeDelivery(claim)
            if !isAway, !refused.contains(claim.payment) {
                delivered.append(claim.position.seq)
                ledger.state.deliveryEnded(
                    claim.payment, of: claim.position.seq, endpoint: "a", .delivered, now: ledger.now)
                return
            }
            let failure = DeliveryFailure(status: isAway ? nil : 500, error: "no", isOfEndpoint: isAway)
            ledger.state.deliveryFailed(claim, failure, at: 0, now: ledger.now)
            guard !ledger.state.postpone(claim, failure, now: ledger.now) else { return }
            gaveUp += 1
            ledger.state.deliveryEnded(
                claim.payment, of: claim.position.seq, endpoint: "a", .undeliverable, now: ledger.now)
        }

        var waiting: Int { ledger.state.endpointStatus[0].waiting }

        /// The shortest time between the beginnings of two attempts since one of them.
        func shortestGap(since first: Int) -> Duration {
            let times = attempts[first...].map(\.at)
            return zip(times, times.dropFirst()).map { $1 - $0 }.min() ?? .seconds(1_000_000)
        }
    }

    @Test
    func `an endpoint that is down gets one attempt in five seconds, however much waits, and all when it is back`() {
        let outage = Outage()
        outage.isAway = true
        for id in 1...5000 as ClosedRange<PaymentID> { outage.announce(id) }
        // Two of a payment, which go out one behind the other.
        for id in 1...5000 as ClosedRange<PaymentID> { outage.announce(id) }
        outage.run(for: .seconds(60))
        // At the first look nobody knew, and four went out at once.
        #expect(outage.attempts.count <= 4 + 12)
        let known = outage.attempts.count
        outage.run(for: .seconds(6 * 3600))
        #expect(outage.shortestGap(since: known) >= .seconds(5))
        #expect(outage.attempts.count > known + 1000 && outage.delivered.isEmpty && outage.gaveUp == 0)
        #expect(outage.waiting == 10_000)
        // It is back, and nothing new comes.
        outage.isAway = false
        let before = outage.attempts.count
        outage.run(for: .seconds(300))
        #expect(outage.waiting == 0 && outage.delivered.count == 10_000)
        // At most fifty a second of those that waited; the second of a payment follows the first at once.
        #expect(outage.attempts.count - before == 10_000)
        var seen: Set<Int64> = []
        for seq in outage.delivered {
            #expect(seq <= 5010 || seen.contains(seq - 5000), "record \(seq) came before the one before it")
            seen.insert(seq)
        }
    }

    @Test func `a failure in the recovery breaks it off, and counts for nobody else`() {
        let outage = Outage()
        outage.isAway = true
        for id in 1...100 as ClosedRange<PaymentID> { outage.announce(id) }
        outage.run(for: .seconds(3600))
        outage.isAway = false
        outage.refused = [50]
        outage.run(for: .seconds(20))
        // One by one up to the fiftieth, then a pause of five seconds, then the others.
        #expect(outage.delivered.count == 99 && outage.waiting == 1)
        let attempts = outage.attempts.filter { $0.claim.payment == 50 }.map(\.claim.attempt)
        // What was made before its time was none of its ten.
        outage.run(for: .seconds(400_000))
        #expect(outage.gaveUp == 1)
        let all = outage.attempts.filter { $0.claim.payment == 50 }.map(\.claim.attempt)
        #expect(all.last == 10 && attempts.count >= 1)
    }

    @Test func `payments that the shop refuses hold up no other, which makes them due no sooner`() {
        let outage = Outage()
        outage.refused = Set(1...20)
        for id in 1...20 as ClosedRange<PaymentID> { outage.announce(id) }
        outage.run(for: .seconds(60))
        for id in 101...200 as ClosedRange<PaymentID> {
            let seq = outage.announce(id)
            outage.run(for: .seconds(30))
            #expect(outage.delivered.last == seq)
        }
        // Fifty minutes: 5 s, 5 min, 30 min after the first.
        #expect(outage.gaveUp == 0)
        #expect(outage.attempts.filter { $0.claim.payment == 1 }.map(\.claim.attempt).max() ?? 0 <= 5)
    }

    @Test func `an endpoint is left in peace for as long as it asked for, up to a day`() {
        let outage = Outage()
        let claim = { outage.ledger.state.claimDelivery(for: "a", now: outage.ledger.now) }
        outage.announce(1)
        let first = claim()
        outage.ledger.state.concludeDelivery(first!)
        let failure = DeliveryFailure(status: 503, error: "503", isOfEndpoint: true, retryAfter: .seconds(3600))
        outage.ledger.state.deliveryFailed(first!, failure, at: 0, now: outage.ledger.now)
        let isPostponed = outage.ledger.state.postpone(first!, failure, now: outage.ledger.now)
        #expect(isPostponed)
        outage.announce(2)
        outage.ledger.pass(.seconds(3599))
        #expect(claim() == nil)
        #expect(outage.ledger.state.nextDelivery(for: "a")! > outage.ledger.now)
        outage.ledger.pass(.seconds(1))
        #expect(claim()?.payment == 2)
    }
}
