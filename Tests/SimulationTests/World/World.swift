import CivilTime
import JournalStoreSimulation
import Ledger
import Payments
import Synchronization

/// The payments as they really are, what was said of them, and who asked: everything that a verdict can be held against.
struct World {
    /// A payment's state from a moment on.
    struct Version: Hashable {
        let state: String
        /// On the wall clock, in whole milliseconds; the payment's `updated_at`.
        let since: Int64
    }

    struct Payment {
        let id: PaymentID
        let amount: String
        let currency: String
        /// Those to come, too.
        let versions: [Version]

        /// How it stands at a time; nil before it was created.
        func version(at time: Int64) -> Version? { versions.last { $0.since <= time } }
    }

    /// A webhook's body, genuine or forged. What it leaves out is nil.
    struct Report: CustomStringConvertible {
        let id: PaymentID
        let state: String
        let amount: String?
        let currency: String?
        let updatedAt: Int64?
        let body: [UInt8]

        var description: String { String(decoding: body, as: UTF8.self) }
    }

    /// A report that was posted.
    struct Offer {
        let report: Int
        /// When, among all that happened.
        let tick: Int
        let time: Int64
        /// Which run of the program it was posted to.
        let life: Int
        /// The position that it may be acknowledged with; nil when it said what was known.
        let position: Int64?
        /// When it was answered 200; nil when it was not.
        var acknowledgedAt: Int64?
    }

    /// What the API said of one payment.
    struct Answer {
        let id: PaymentID
        let version: Version
        let amount: String
        let currency: String
        let call: Int
        let given: Int64
    }

    /// A call of the API.
    struct Call {
        enum Subject: Hashable {
            case payment(PaymentID)
            case list
        }

        enum Outcome: Equatable {
            case underWay
            case answered
            case absent
            case forbidden
            case failed
        }

        let subject: Subject
        let life: Int
        let fault: Fault
        /// Whether an operator asked for it.
        let isManual: Bool
        let began: Int64
        let beganTick: Int
        /// When the API's answer arrives, whether anybody still waits for it or not.
        var arrives = Int64.max
        /// When it was heard by whoever made it.
        var ended = Int64.max
        var outcome = Outcome.underWay
        /// The pause that its answer asked for, in nanoseconds.
        var retryAfter: Int64?
        /// What a listing showed.
        var shown: Set<PaymentID> = []
    }

    /// Whether the task does what an operator asked for.
    @TaskLocal static var isManual = false

    let payments: [Payment]
    /// From then on all is well.
    let calm: Int64
    private let weather: Weather
    var reports: [Report] = []
    var offers: [Offer] = []
    var answers: [Answer] = []
    var calls: [Call] = []
    /// Which answer has these bytes.
    var answerOfBytes: [[UInt8]: Int] = [:]
    /// Times at which an operator asked for a listing.
    var requests: [Int64] = []
    /// Runs of the program whose disk failed now and then.
    var livesWithFaultyDisk: Set<Int> = []
    /// Records of reports that could not be read for a while.
    var unreadable: Set<Int64> = []
    private var ticks = 0
    private var dice: Dice

    init(_ payments: [Payment], _ weather: Weather, calm: Int64, seed: UInt64) {
        self.payments = payments
        self.calm = calm
        self.weather = weather
        dice = Dice(seed: seed)
    }

    mutating func tick() -> Int {
        ticks += 1
        return ticks
    }

    /// The last tick of what had happened at a time.
    func lastTick(at time: Int64) -> Int {
        max(calls.last { $0.began <= time }?.beganTick ?? 0, offers.last { $0.time <= time }?.tick ?? 0)
    }

    func payment(_ id: PaymentID) -> Payment? { payments.first { $0.id == id } }

    /// Takes down a report, and answers its number.
    mutating func report(
        _ id: PaymentID, _ state: String, amount: String?, currency: String?, updatedAt: Int64?
    ) -> Int {
        var body = #"{"id":\#(id),"state":"\#(state)""#
        if let amount { body += #","amount":"\#(amount)""# }
        if let currency { body += #","currency":"\#(currency)""# }
        if let updatedAt { body += #","updated_at":"\#(Self.text(updatedAt))""# }
        body += "}"
        reports.append(
            Report(
                id: id, state: state, amount: amount, currency: currency, updatedAt: updatedAt, body: Array(body.utf8)))
        return reports.count - 1
    }

    /// What the API would say of a payment next: no two answers have the same bytes.
    func body(_ payment: Payment, _ version: Version) -> [UInt8] {
        Array(
            """
            {"id":\(payment.id),"state":"\(version.state)","amount":"\(payment.amount)",\
            "currency":"\(payment.currency)","updated_at":"\(Self.text(version.since))","n":\(answers.count)}
            """.utf8)
    }

    /// Takes down that it has been said.
    mutating func said(_ body: [UInt8], _ payment: Payment, _ version: Version, call: Int, at time: Int64) {
        answerOfBytes[body] = answers.count
        answers.append(
            Answer(
                id: payment.id, version: version, amount: payment.amount, currency: payment.currency, call: call,
                given: time))
    }

    /// Takes down that a call begins; returns its number and what goes wrong with it.
    mutating func begin(_ subject: Call.Subject, life: Int, at time: Int64) -> (Int, Fault) {
        let fault = weather.fault(subject, at: time, using: &dice)
        calls.append(
            Call(
                subject: subject, life: life, fault: fault, isManual: Self.isManual, began: time, beganTick: tick()))
        return (calls.count - 1, fault)
    }

    static func text(_ time: Int64) -> String { UTCTime(nanoseconds: time).iso8601() }
}

/// The one world in which all runs of the program live.
final class SharedWorld: Sendable {
    private let world: Mutex<World>

    init(_ world: World) { self.world = Mutex(world) }

    func withLock<Value: Sendable>(_ body: (inout World) -> Value) -> Value {
        world.withLock { body(&$0) }
    }
}

/// Payments of other merchants: the API answers 403.
enum ForeignID {
    static let ids: ClosedRange<PaymentID> = 900...950

    static func isForeign(_ id: PaymentID) -> Bool { ids.contains(id) }
}
