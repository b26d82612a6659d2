import JournalFormat
import Ledger
import Payments

/// Payments that go their way, what webhooks and forgers say of them, and what the API answers: all of it from a seed.
struct PaymentWorld {
    private static let payments: UInt64 = 5

    /// How far each payment has come.
    private var turns = [Int](repeating: 0, count: Int(payments))
    /// Every report that was made, by its mark less one.
    private(set) var reports: [ReportedPayment] = []
    private var answers = 0

    /// A webhook's report of a payment, or a forger's.
    mutating func report(using random: inout SplitMix64) throws -> (ReportedPayment, mark: Int) {
        let payment = Int(random.next() % Self.payments)
        if random.next() & 1 == 0 { turns[payment] += 1 }
        let isForged = random.next() % 6 == 0
        return try report(payment, amount: isForged ? "9.5" : "150.0", filler: Self.filler(using: &random))
    }

    /// A forger's report.
    mutating func forgery(using random: inout SplitMix64) throws -> (ReportedPayment, mark: Int) {
        try report(Int(random.next() % Self.payments), amount: "9.5", filler: Int(random.next() % 600))
    }

    /// A genuine report that tells something new.
    mutating func changes(of id: PaymentID) throws -> (ReportedPayment, mark: Int) {
        turns[Int(id) - 1] += 1
        return try report(Int(id) - 1, amount: "150.0", filler: 0)
    }

    private mutating func report(
        _ payment: Int, amount: String, filler: Int
    ) throws -> (ReportedPayment, mark: Int) {
        let body = body(payment, amount, more: #""x":"\#(String(repeating: "x", count: filler))""#)
        reports.append(try ReportedPayment(body: body.span))
        return (reports[reports.count - 1], reports.count)
    }

    /// The truth about a payment. No two of them are the same, byte by byte.
    mutating func truth(_ id: PaymentID) throws -> Answer {
        answers += 1
        return .payment(
            try ConfirmedPayment(answer: body(Int(id) - 1, "150.0", more: #""n":\#(answers)"#), asked: id))
    }

    /// What a call comes back with, mostly the truth; and whether what it leaves unknown is given up.
    mutating func answer(_ id: PaymentID, using random: inout SplitMix64) throws -> (Answer, isGivenUp: Bool) {
        switch random.next() % 10 {
        case 0: (.failed("503"), true)
        case 1: (.failed("503"), false)
        case 2: (.notFound, false)
        default: (try truth(id), false)
        }
    }

    private func body(_ payment: Int, _ amount: String, more: String) -> [UInt8] {
        let turn = turns[payment]
        let time = "2026-11-22T22:\(Self.twoDigits(turn / 60)):\(Self.twoDigits(turn % 60))Z"
        return Array(
            #"{"id":\#(payment + 1),"state":"s\#(turn)","amount":"\#(amount)","currency":"btc","updated_at":"\#(time)",\#(more)}"#
                .utf8)
    }

    private static func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

    private static func filler(using random: inout SplitMix64) -> Int {
        switch random.next() % 16 {
        case 0: Int(random.next() % 1500)
        case 1...4: Int(random.next() % 100)
        default: 0
        }
    }
}
