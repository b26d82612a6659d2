import JournalStoreSimulation
import Ledger
import Payments
import SharedLedgerSimulation

/// What will happen in a seeded history, whoever lives through it: payments go their way, webhooks and forgers tell of them,
/// and the API has its moods.
struct History {
    enum Event {
        case post(report: Int, attempt: Int)
        case reconcile
        case confirm(PaymentID)
        case checkpoint
    }

    static let minute: Int64 = 60_000_000_000
    /// Invariants are looked at after every so many steps: at each would take ten times as long as all else.
    static let lookInterval = 100
    /// How long the program may take to find out everything, once all is well: a pause of 15 minutes, a backoff of 15
    /// minutes, and the 13 minutes after which a state is never reached, each perhaps after the other.
    static let patience: Int64 = 180 * minute

    let clock = VirtualClock()
    let world: SharedWorld
    let options: LifeOptions
    var dice: Dice
    /// The earliest last.
    private(set) var events: [(time: Int64, event: Event)] = []
    /// From then on nothing goes wrong, on the wall clock.
    let calm: Int64
    private var nextUnknown: PaymentID = 1

    /// One of some so many minutes.
    init(seed: UInt64, minutes: [Int64]) {
        dice = Dice(seed: seed)
        let start = clock.wall
        let length = minutes.randomElement(using: &dice)! * Self.minute
        calm = start + length
        options = LifeOptions(using: &dice)
        var payments: [World.Payment] = []
        for number in 0..<1 + Int(dice.next() % 5) {
            let end = calm - Self.minute
            payments.append(World.Payment(number: number, between: start - length, and: end, using: &dice))
        }
        let weather = Weather(from: start, calmFrom: calm, using: &dice)
        world = SharedWorld(World(payments, weather, calm: calm, seed: dice.next()))
        for payment in payments { plan(payment, from: start) }
        for _ in 0..<dice.next() % 6 { planForgery(anytime(after: start)) }
        if dice.next() % 5 == 0 { planFlood(anytime(after: start)) }
        for _ in 0..<dice.next() % 3 { add(anytime(after: start), .checkpoint) }
        if dice.next() % 4 == 0 { add(anytime(after: start), .reconcile) }
        if dice.next() % 4 == 0, let id = payments.first?.id { add(anytime(after: start), .confirm(id)) }
    }

    /// Whether all is well.
    var isCalm: Bool { clock.wall >= calm }

    /// When the next event is, on the wall clock.
    var nextTime: Int64? { events.last?.time }

    /// Takes an event whose time has come.
    mutating func takeEvent() -> Event? {
        guard let (time, event) = events.last, time <= clock.wall else { return nil }
        events.removeLast()
        return event
    }

    mutating func postAgain(_ reports: [Int]) {
        for report in reports { postAgain(report, attempt: 0) }
    }

    /// Whoever posted it tries again a few times, and then the report is lost.
    mutating func postAgain(_ report: Int, attempt: Int) {
        guard attempt < 4, dice.next() % 8 != 0 else { return }
        let time = clock.wall + Int64.random(in: 1...120_000_000_000, using: &dice)
        if time < calm { add(time, .post(report: report, attempt: attempt + 1)) }
    }

    // MARK: What will happen

    mutating func anytime(after start: Int64) -> Int64 { Int64.random(in: start..<calm, using: &dice) }

    private mutating func add(_ time: Int64, _ event: Event) {
        let index = events.firstIndex { $0.time < time } ?? events.count
        events.insert((time, event), at: index)
    }

    /// A webhook for each change of a payment: mostly at once, sometimes hours late, twice or never.
    private mutating func plan(_ payment: World.Payment, from start: Int64) {
        for version in payment.versions where dice.next() % 5 != 0 {
            let amount = dice.next() % 8 == 0 ? nil : payment.amount + (dice.next() % 2 == 0 ? "0" : "")
            let currency = dice.next() % 8 == 0 ? nil : dice.next() % 2 == 0 ? "btc" : "BTC"
            let updatedAt = dice.next() % 8 == 0 ? nil : version.since
            let report = world.withLock { world in
                world.report(payment.id, version.state, amount: amount, currency: currency, updatedAt: updatedAt)
            }
            for _ in 0..<1 + (dice.next() % 3) / 2 {
                let isLate = dice.next() % 6 == 0
                let delay = Int64.random(in: 0...(isLate ? calm - start : 5_000_000_000), using: &dice)
                let time = max(start, version.since) + delay
                if time < calm { add(time, .post(report: report, attempt: 0)) }
            }
        }
    }

    private mutating func planForgery(_ time: Int64) {
        let known = world.withLock { $0.payments }.randomElement(using: &dice)!
        let soon = time / 1_000_000 * 1_000_000 + 60_000_000_000
        let report: Int
        switch dice.next() % 5 {
        case 0: report = forge(known.id, known.versions.last!.state, amount: "150.01", updatedAt: nil)
        case 1: report = forge(known.id, "paid", amount: known.amount, currency: "ltc", updatedAt: soon)
        case 2: report = forge(known.id, "refunded", amount: known.amount, updatedAt: soon)
        case 3: report = forge(.random(in: ForeignID.ids, using: &dice), "paid", amount: "1", updatedAt: soon)
        default: report = forge(unknownID(), "paid", amount: "1", updatedAt: soon)
        }
        for _ in 0..<1 + dice.next() % 3 {
            add(time + Int64.random(in: 0...40_000_000_000, using: &dice), .post(report: report, attempt: 0))
        }
    }

    /// More than the budget can answer: of ids never seen, or of all kinds, or of one payment.
    private mutating func planFlood(_ time: Int64) {
        let known = world.withLock { $0.payments }.randomElement(using: &dice)!
        let isOfOne = dice.next() % 3 == 0
        for index in 0..<options.rate * 10 + 5 + Int(dice.next() % 20) {
            let report =
                isOfOne
                ? forge(known.id, "forged \(index)", amount: known.amount, updatedAt: nil)
                : forge(unknownID(), "paid", amount: "1", updatedAt: nil)
            add(time + Int64.random(in: 0...3_000_000_000, using: &dice), .post(report: report, attempt: 0))
        }
    }

    private func forge(
        _ id: PaymentID, _ state: String, amount: String, currency: String = "btc", updatedAt: Int64?
    ) -> Int {
        world.withLock { world in
            world.report(id, state, amount: amount, currency: currency, updatedAt: updatedAt)
        }
    }

    /// An id between the payments' or above them.
    private mutating func unknownID() -> PaymentID {
        nextUnknown += 1
        return dice.next() % 3 == 0 ? 500 + nextUnknown : nextUnknown % 9 + nextUnknown / 9 * 10 + 1
    }
}

extension LifeOptions {
    fileprivate init(using dice: inout Dice) {
        rate = [1, 1, 2, 5].randomElement(using: &dice)!
        maxPending = [3, 1000, 1000].randomElement(using: &dice)!
        window = .seconds([600, 72 * 3600, 72 * 3600].randomElement(using: &dice)!)
        concurrency = Int.random(in: 1...4, using: &dice)
        interval = .seconds([300, 900].randomElement(using: &dice)!)
        segmentBytes = [2000, 1 << 20].randomElement(using: &dice)!
    }
}

extension World.Payment {
    private static let states = ["pending", "seen", "confirming", "paid", "settled"]

    /// A payment with some states to go through, at times in whole milliseconds.
    fileprivate init(number: Int, between start: Int64, and end: Int64, using dice: inout Dice) {
        id = PaymentID(number + 1) * 10
        amount = "\(100 + number).\(dice.next() % 10)"
        currency = "btc"
        let count = 1 + Int(dice.next() % UInt64(Self.states.count))
        let times = Set((0..<count).map { _ in Int64.random(in: start..<end, using: &dice) / 1_000_000 }).sorted()
        versions = zip(Self.states, times).map { World.Version(state: $0, since: $1 * 1_000_000) }
    }
}
