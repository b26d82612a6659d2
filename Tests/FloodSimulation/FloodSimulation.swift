import Glibc
import Ledger
import Payments

/// Ten minutes of a flood of forged reports, in virtual time: how long until a genuine payment is confirmed? Ends with 1 when
/// one took longer than 15 s, was never confirmed, or when the API was called more often than the budgets allow.
///
/// The ledger, its budgets and the schedule of listings are the daemon's own; the API answers a fetch in 100 ms and a listing
/// in 900 ms, with what was true when the call began.
///
///     swift run -c release FloodSimulation [REPORTS_A_SECOND [SEED]]
///
/// At 4,000 reports a second, as if not told, it takes some seconds; at 40,000, what the daemon takes in at most, two minutes.
@main
struct FloodSimulation {
    static let length: Duration = .seconds(600)
    static let bound: Duration = .seconds(15)
    static let tick: Duration = .milliseconds(10)
    static let fetchTime: Duration = .milliseconds(100)
    static let listTime: Duration = .milliseconds(900)
    static let concurrency = 4
    static let rate = 10
    static let strangers = 50_000

    /// Forged reports in each tick.
    private let flood: Int
    private var random: SplitMix64
    private var now = Instant(nanoseconds: 1_000_000_000_000_000_000)
    private var stepCount = 0
    private var shop = Shop(count: 2_000)
    private var forger = Forger(strangers: strangers)
    private var ledger: SimulatedLedger
    private var schedule = ListingSchedule(interval: .seconds(900))
    private var calls: [(end: Instant, claim: Claim, answer: ConfirmedPayment?)] = []
    private var listing: (end: Instant, payments: [ConfirmedPayment])?
    private var fetches = 0
    private var listings = 0
    private var waits: [Duration] = []

    private init(flood: Int, seed: UInt64) {
        self.flood = flood
        random = SplitMix64(seed: seed)
        ledger = SimulatedLedger(
            .init(maxPending: 100_000, confirmRate: Self.rate, confirmWindow: .seconds(72 * 3600)), seed: seed, now: now
        )
    }

    static func main() throws {
        let arguments = CommandLine.arguments.dropFirst().compactMap { UInt64($0) }
        let rate = arguments.first ?? 4000
        let seed = arguments.dropFirst().first ?? 1
        var simulation = Self(flood: Int(rate) / Int(.seconds(1) / Self.tick), seed: seed)
        try simulation.run()
        if !simulation.report(seed: seed) { exit(1) }
    }

    // MARK: Time passes

    private mutating func run() throws {
        let end = now + Self.length
        // Without the flood at first, until the baseline is there.
        while !ledger.state.hasBaseline { try step() }
        while now < end {
            try customers()
            for _ in 0..<flood { ledger.offer(try forger.next(shop, now: now), now: now) }
            try step()
        }
        // Those who came last get their time as well.
        for _ in 0..<Int(Self.bound / Self.tick) {
            for _ in 0..<flood { ledger.offer(try forger.next(shop, now: now), now: now) }
            try step()
        }
    }

    /// Four times a second something genuine happens, and a webhook comes of it.
    private mutating func customers() throws {
        guard random.next() % 25 == 0 else { return }
        let id =
            random.next() % 2 == 0
            ? shop.open(now: now) : shop.advance(Int(random.next() % UInt64(shop.count)), now: now)
        if let id { ledger.offer(try shop.announce(id, now: now), now: now) }
    }

    private mutating func step() throws {
        now = now + Self.tick
        stepCount += 1
        // It looks at all that waits: at each step that would take most of the time.
        if stepCount % 1000 == 0, let broken = ledger.state.checkInvariants() { preconditionFailure(broken) }
        finishCalls()
        try beginCalls()
        try list()
    }

    private mutating func finishCalls() {
        for call in calls where call.end <= now {
            let answer = call.answer.map { Answer.payment($0) } ?? .notFound
            if let news = ledger.settle(call.claim, answer, now: now) { note(news) }
        }
        calls.removeAll { $0.end <= now }
    }

    private mutating func beginCalls() throws {
        while calls.count < Self.concurrency, let claim = ledger.state.claim(now: now) {
            fetches += 1
            calls.append((now + Self.fetchTime, claim, try shop.payment(claim.id)))
        }
    }

    private mutating func list() throws {
        if let listing, listing.end <= now {
            for payment in ledger.list(listing.payments, now: now) { note(payment) }
            schedule.end(isWhole: true, now: now, using: &random)
            self.listing = nil
        }
        let (isFlooded, hasBaseline) = (ledger.state.isFlooded, ledger.state.hasBaseline)
        guard listing == nil, let due = schedule.due(isFlooded: isFlooded, hasBaseline: hasBaseline), due <= now,
            ledger.state.beginListing(now: now)
        else { return }
        schedule.begin(now: now)
        listings += 1
        listing = (now + Self.listTime, try shop.all())
    }

    private mutating func note(_ payment: ConfirmedPayment) {
        if let wait = shop.confirmed(payment, now: now) { waits.append(wait) }
    }

    // MARK: What came of it

    private func report(seed: UInt64) -> Bool {
        let sorted = waits.sorted()
        let longest = sorted.last ?? .zero
        // What was announced a moment before the end may wait as long as any other.
        let late = shop.announced.values.count { now - $0.since > Self.bound }
        let seconds = (Self.length + Self.bound) / .seconds(1)
        let fetchesAllowed = 2 * Self.rate * Int(seconds + 10)
        let listingsAllowed = Int(seconds / (Self.listTime / .seconds(1) * Double(ListingSchedule.floodShare))) + 2
        print(
            """
            \(forger.sent) forged reports of \(Self.strangers) ids never seen and \(shop.count) of the shop's own, in ten minutes; seed \(seed)
            \(ledger.journaled) journaled, at most \(ledger.mostWaiting) waiting at once, \(ledger.refused) refused
            \(waits.count) genuine changes confirmed after \(text(sorted[sorted.count / 2])) (median), \(text(longest)) at most; \(late) too late
            \(fetches) fetches (allowed \(fetchesAllowed)), \(listings) listings (allowed \(listingsAllowed))
            """)
        return waits.count > 1000 && late == 0 && longest <= Self.bound && fetches <= fetchesAllowed
            && listings <= listingsAllowed && ledger.refused == 0
    }

    private func text(_ duration: Duration) -> String { "\(Int(duration / .milliseconds(1))) ms" }
}
