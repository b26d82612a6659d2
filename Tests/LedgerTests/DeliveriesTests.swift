import Testing

@testable import Ledger
@testable import Payments

/// What waits for each endpoint, without any endpoint.
struct DeliveriesTests {
    private final class Harness {
        var deliveries = Deliveries(seed: 1)
        var now = Instant(nanoseconds: 0)

        init(_ endpoints: String...) {
            deliveries.configure(endpoints, seq: 1)
        }

        func announce(_ id: PaymentID, _ seq: Int64) {
            deliveries.announce(id, JournalPosition(seq: seq, offset: seq * 10), now: now)
        }

        /// The number of the record that is delivered next; nil when none is due.
        func claim(_ endpoint: String = "a") -> DeliveryClaim? { deliveries.claim(for: endpoint, now: now) }

        func done(_ claim: DeliveryClaim?) {
            guard let claim else { return }
            deliveries.conclude(claim)
            deliveries.ended(
                claim.payment, of: claim.position.seq, endpoint: claim.endpoint, .delivered, now: now)
        }

        func fail(_ claim: DeliveryClaim?) {
            guard let claim, let delay = deliveries.nextAttempt(after: claim) else { return }
            deliveries.conclude(claim)
            deliveries.postpone(claim, by: delay, now: now)
        }

        func waiting(_ endpoint: String = "a") -> Int { deliveries.queues.first { $0.name == endpoint }?.count ?? 0 }
    }

    @Test func `each endpoint gets everything, with a cursor of its own`() {
        let ledger = Harness("a", "b")
        ledger.announce(1, 10)
        ledger.announce(2, 11)
        for endpoint in ["a", "b"] {
            var seqs: [Int64] = []
            while let claim = ledger.claim(endpoint) {
                #expect(claim.position.offset == claim.position.seq * 10 && claim.attempt == 1)
                seqs.append(claim.position.seq)
                ledger.done(claim)
            }
            #expect(seqs == [10, 11])
            #expect(ledger.waiting(endpoint) == 0)
        }
    }

    @Test func `what was given up is lacking until it is delivered, and what an earlier run gave up is not known`() {
        let ledger = Harness("a", "b")
        for seq in 10...12 as ClosedRange<Int64> { ledger.announce(seq, seq) }
        func end(_ seq: Int64, _ endpoint: String, isDelivered: Bool, now: Instant? = Instant(nanoseconds: 0)) {
            ledger.deliveries.ended(
                seq, of: seq, endpoint: endpoint, isDelivered ? .delivered : .undeliverable, now: now)
        }
        end(10, "b", isDelivered: true)
        #expect(ledger.deliveries.undeliveredRecords == nil)
        end(12, "a", isDelivered: false, now: nil)
        #expect(ledger.deliveries.undeliveredRecords == nil, "a replay of the journal is no news")
        end(11, "a", isDelivered: false)
        end(10, "a", isDelivered: false)
        #expect(ledger.deliveries.undeliveredRecords == UndeliveredRecords(count: 2, oldest: 10))
        end(11, "b", isDelivered: true)
        #expect(ledger.deliveries.undeliveredRecords?.count == 2, "that another endpoint has it is no help")
        end(10, "a", isDelivered: true)
        #expect(ledger.deliveries.undeliveredRecords == UndeliveredRecords(count: 1, oldest: 11))
        // One that is gone can lack nothing that another got.
        ledger.deliveries.configure(["b"], seq: 20)
        end(11, "b", isDelivered: true)
        #expect(ledger.deliveries.undeliveredRecords == nil)
    }

    @Test func `one payment's news go one after the other, others do not wait`() {
        let ledger = Harness("a")
        for (id, seq) in [(1, 10), (1, 11), (2, 12), (1, 13)] as [(PaymentID, Int64)] { ledger.announce(id, seq) }
        let first = ledger.claim()
        let other = ledger.claim()
        #expect(first?.position.seq == 10 && other?.position.seq == 12)
        #expect(ledger.claim() == nil)
        ledger.done(first)
        let second = ledger.claim()
        #expect(second?.position.seq == 11)
        ledger.done(second)
        #expect(ledger.claim()?.position.seq == 13)
    }

    @Test func `a failing delivery is tried at the recommended times, and holds up its own payment only`() {
        let ledger = Harness("a")
        ledger.announce(1, 10)
        ledger.announce(1, 11)
        ledger.announce(2, 12)
        let first = ledger.claim()
        ledger.fail(first)
        let other = ledger.claim()
        #expect(other?.position.seq == 12)
        ledger.done(other)
        var waits: [Int64] = []
        while true {
            #expect(ledger.claim() == nil)
            guard let due = ledger.deliveries.nextDue(for: "a") else { break }
            waits.append((due - ledger.now).nanoseconds / 1_000_000_000)
            ledger.now = due
            let claim = ledger.claim()
            #expect(claim?.position.seq == 10 && claim?.attempt == waits.count + 1)
            if claim?.attempt == 10 {
                #expect(ledger.deliveries.nextAttempt(after: claim!) == nil)
                ledger.done(claim)
                break
            }
            ledger.fail(claim)
        }
        let expected: [Int64] = [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400]
        #expect(waits.count == expected.count)
        for (wait, least) in zip(waits, expected) { #expect((least...(least + least / 5 + 1)).contains(wait)) }
        // Then the next of the payment has its turn, with attempts of its own.
        let next = ledger.claim()
        #expect(next?.position.seq == 11 && next?.attempt == 1)
    }

    @Test func `deliveries to an endpoint that answered 410 wait until it is asked to go on`() {
        let ledger = Harness("a", "b")
        ledger.announce(1, 10)
        ledger.announce(2, 11)
        let claim = ledger.claim()!
        ledger.deliveries.conclude(claim)
        ledger.deliveries.stop(claim)
        #expect(ledger.claim() == nil && ledger.deliveries.nextDue(for: "a") == nil)
        #expect(ledger.waiting() == 2)
        #expect(ledger.claim("b") != nil)
        ledger.deliveries.startAll()
        var seqs: Set<Int64> = []
        while let claim = ledger.claim() {
            #expect(claim.attempt == 1)
            seqs.insert(claim.position.seq)
        }
        #expect(seqs == [10, 11])
    }

    @Test func `a replay has an endpoint that answered 410 go on`() throws {
        let ledger = Harness("a")
        ledger.announce(1, 10)
        let claim = try #require(ledger.claim())
        ledger.deliveries.conclude(claim)
        ledger.deliveries.stop(claim)
        ledger.deliveries.replay(2, JournalPosition(seq: 5, offset: 0), now: ledger.now)
        #expect(ledger.claim()?.position.seq == 10)
        #expect(ledger.claim()?.position.seq == 5)
    }

    @Test func `endpoints that have been appended count from what stands behind them on, applied or not`() {
        let ledger = LedgerHarness()
        ledger.state.configuring(endpoints: ["a"], seq: 5)
        ledger.state.announced(1, JournalPosition(seq: 4, offset: 0), now: ledger.now)
        #expect(ledger.state.endpoints == [])
        ledger.state.announced(2, JournalPosition(seq: 6, offset: 0), now: ledger.now)
        ledger.state.apply(.opened(at: 0, endpoints: ["a"]), at: JournalPosition(seq: 5, offset: 0), now: ledger.now)
        #expect(ledger.state.endpointStatus.map(\.waiting) == [1])
        let claim = ledger.state.claimDelivery(for: "a", now: ledger.now)
        #expect(claim?.position.seq == 6)
    }

    @Test func `a new endpoint begins with what comes next, one that was removed leaves what waited`() {
        let ledger = Harness("a")
        ledger.announce(1, 10)
        ledger.deliveries.configure(["b"], seq: 11)
        // Written before, and applied after: as the next start will have it, it was meant for the one that was there.
        ledger.announce(3, 9)
        ledger.announce(2, 12)
        #expect(ledger.claim("a") == nil)
        #expect(Set(ledger.deliveries.stranded.map(\.seq)) == [9, 10])
        #expect(ledger.claim("b")?.position.seq == 12)
        #expect(ledger.claim("b") == nil)
        ledger.deliveries.ended(1, of: 10, endpoint: "a", .delivered, now: ledger.now)
        ledger.deliveries.ended(3, of: 9, endpoint: "a", .delivered, now: ledger.now)
        ledger.deliveries.forgetFinished()
        #expect(ledger.deliveries.queues.map(\.name) == ["b"])
    }

    @Test func `an endpoint that comes back does not get what was confirmed while it was gone`() {
        let ledger = Harness("a")
        ledger.deliveries.configure([], seq: 5)
        ledger.deliveries.configure(["a"], seq: 8)
        ledger.announce(1, 6)
        #expect(ledger.claim("a") == nil)
        ledger.announce(2, 9)
        #expect(ledger.claim("a")?.position.seq == 9)
    }

    @Test func `a replay goes out before what waits, once, and gives the attempts anew`() {
        let ledger = Harness("a")
        ledger.announce(1, 10)
        ledger.announce(1, 20)
        ledger.done(ledger.claim())
        let late = ledger.claim()
        #expect(late?.position.seq == 20)
        ledger.fail(late)
        for _ in 0..<2 {
            for seq: Int64 in [10, 15, 20] {
                ledger.deliveries.replay(1, JournalPosition(seq: seq, offset: seq * 10), now: ledger.now)
            }
        }
        #expect(ledger.waiting() == 3)
        for seq: Int64 in [10, 15, 20] {
            let claim = ledger.claim()
            #expect(claim?.position.seq == seq && claim?.attempt == 1)
            ledger.done(claim)
        }
        #expect(ledger.claim() == nil && ledger.waiting() == 0)
    }

    @Test func `what is under way when an older record is replayed is not sent twice`() {
        let ledger = Harness("a")
        ledger.announce(1, 20)
        let claim = ledger.claim()
        for seq: Int64 in [10, 20] {
            ledger.deliveries.replay(1, JournalPosition(seq: seq, offset: 0), now: ledger.now)
        }
        #expect(ledger.claim() == nil)
        ledger.done(claim)
        #expect(ledger.claim()?.position.seq == 10)
        #expect(ledger.waiting() == 1)
    }

    @Test(arguments: ["failed", "released", "stopped"])
    func `an older record that is replayed during an attempt goes out before it is tried again`(end: String) throws {
        let ledger = Harness("a")
        ledger.announce(1, 20)
        let claim = try #require(ledger.claim())
        ledger.deliveries.replay(1, JournalPosition(seq: 10, offset: 0), now: ledger.now)
        ledger.deliveries.conclude(claim)
        switch end {
        case "failed":
            let isRestarted = ledger.deliveries.restart(claim)
            #expect(isRestarted)
        case "released": ledger.deliveries.release(claim, until: ledger.now)
        default:
            ledger.deliveries.stop(claim)
            ledger.deliveries.startAll()
        }
        #expect(ledger.deliveries.checkInvariants() == nil)
        let next = ledger.claim()
        #expect(next?.position.seq == 10 && next?.attempt == 1)
        ledger.done(next)
        #expect(ledger.claim()?.position.seq == 20)
    }

    @Test func `what another node says has ended, while an attempt is under way, has nothing else go out beside that`()
    {
        let ledger = Harness("a")
        for seq in [10, 11] as [Int64] { ledger.announce(1, seq) }
        ledger.announce(2, 20)
        let (first, other) = (ledger.claim(), ledger.claim())
        #expect(first?.position.seq == 10 && other?.position.seq == 20)
        // A node that stood still writes what it had delivered when the endpoint was still its own.
        for (id, seq) in [(1, 10), (2, 20)] as [(PaymentID, Int64)] {
            ledger.deliveries.ended(id, of: seq, endpoint: "a", .delivered, now: ledger.now)
        }
        ledger.announce(2, 21)
        #expect(ledger.claim() == nil && ledger.deliveries.nextDue(for: "a") == nil)
        ledger.done(first)
        #expect(ledger.claim()?.position.seq == 11)
        ledger.fail(other)
        #expect(ledger.claim()?.position.seq == 21)
        #expect(ledger.waiting() == 2)
    }

    @Test func `a replay during the last attempt is not lost when that fails`() throws {
        let ledger = LedgerHarness()
        ledger.state.configured(endpoints: ["a"], seq: 1)
        let position = JournalPosition(seq: 10, offset: 0)
        ledger.state.announced(1, position, now: ledger.now)
        let last = RetrySchedule.delivery.count + 1
        for attempt in 1...last {
            ledger.pass(.seconds(200_000))
            let next = ledger.state.claimDelivery(for: "a", now: ledger.now)
            let claim = try #require(next)
            #expect(claim.attempt == attempt)
            if attempt == last { ledger.state.redeliver(1, position, now: ledger.now) }
            ledger.state.concludeDelivery(claim)
            let isPostponed = ledger.state.postpone(
                claim, DeliveryFailure(status: 500, error: "HTTP 500"), now: ledger.now)
            #expect(isPostponed)
        }
        let again = ledger.state.claimDelivery(for: "a", now: ledger.now)
        #expect(again?.attempt == 1)
    }

    @Test func `after a restart all that waits is due within seconds`() {
        let ledger = Harness("a")
        for id in 1...100 as ClosedRange<PaymentID> {
            ledger.deliveries.announce(id, JournalPosition(seq: 10 + id, offset: 0), now: nil)
        }
        #expect(ledger.claim() == nil)
        ledger.deliveries.resume(now: ledger.now)
        ledger.now = ledger.now + .seconds(5)
        var count = 0
        while ledger.claim() != nil { count += 1 }
        #expect(count == 100)
    }

    @Test func `random histories keep the order of each payment, and lose nothing`() {
        for seed in 1...200 as ClosedRange<UInt64> {
            var random = SplitMix64(seed: seed)
            let ledger = Harness("a")
            var announced: [PaymentID: [Int64]] = [:]
            var delivered: [PaymentID: [Int64]] = [:]
            var underWay: [DeliveryClaim] = []
            for seq in 2...200 as ClosedRange<Int64> {
                switch random.next() % 5 {
                case 0, 1:
                    let id = PaymentID(1 + random.next() % 9)
                    announced[id, default: []].append(seq)
                    ledger.announce(id, seq)
                case 2: if let claim = ledger.claim() { underWay.append(claim) }
                case 3 where !underWay.isEmpty:
                    let claim = underWay.remove(at: Int(random.next() % UInt64(underWay.count)))
                    delivered[claim.payment, default: []].append(claim.position.seq)
                    ledger.done(claim)
                default:
                    if let claim = underWay.popLast() { ledger.fail(claim) }
                    ledger.now = ledger.now + .seconds(1)
                }
                #expect(Set(underWay.map(\.payment)).count == underWay.count, "seed \(seed)")
            }
            while ledger.waiting() > 0 {
                for claim in underWay {
                    delivered[claim.payment, default: []].append(claim.position.seq)
                    ledger.done(claim)
                }
                underWay = []
                ledger.now = ledger.now + .seconds(100_000)
                while let claim = ledger.claim() { underWay.append(claim) }
            }
            #expect(delivered == announced, "seed \(seed)")
        }
    }
}
