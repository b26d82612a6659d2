import CivilTime
import Ledger
import Payments

/// The merchant's genuine payments, and the API that knows them: in order of their ids, some of which belong to others.
struct Shop {
    private struct Payment {
        var state = 0
        var changed: Int64
    }

    private static let states = ["open", "pending", "paid", "settled"]
    static let firstID: PaymentID = 10
    static let step: PaymentID = 7

    private var payments: [Payment]
    /// What was said by a webhook and is not known to the ledger yet: when, and of which state.
    private(set) var announced: [PaymentID: (since: Instant, state: Int)] = [:]

    init(count: Int) {
        payments = Array(repeating: Payment(changed: 0), count: count)
    }

    var count: Int { payments.count }
    var nextID: PaymentID { id(payments.count) }

    private func id(_ index: Int) -> PaymentID { Self.firstID + Self.step * PaymentID(index) }

    func index(_ id: PaymentID) -> Int? {
        let index = Int((id - Self.firstID) / Self.step)
        return (id - Self.firstID) % Self.step == 0 && payments.indices.contains(index) ? index : nil
    }

    /// A customer comes.
    mutating func open(now: Instant) -> PaymentID {
        payments.append(Payment(changed: now.nanoseconds))
        return id(payments.count - 1)
    }

    /// A payment moves on; returns its id, or nil when it has ended.
    mutating func advance(_ index: Int, now: Instant) -> PaymentID? {
        guard payments[index].state < Self.states.count - 1 else { return nil }
        payments[index].state += 1
        payments[index].changed = now.nanoseconds
        return id(index)
    }

    /// The webhook of a payment.
    mutating func announce(_ id: PaymentID, now: Instant) throws -> ReportedPayment {
        let index = index(id)!
        announced[id] = (announced[id]?.since ?? now, payments[index].state)
        let body = json(index)
        return try ReportedPayment(body: body.span)
    }

    /// The ledger confirms a payment; answers for how long it was announced before, or nil when it was not.
    mutating func confirmed(_ payment: ConfirmedPayment, now: Instant) -> Duration? {
        guard let announcement = announced[payment.id], Self.states[announcement.state] == payment.state else {
            return nil
        }
        announced[payment.id] = nil
        return now - announcement.since
    }

    /// What the API answers.
    func payment(_ id: PaymentID) throws -> ConfirmedPayment? {
        try index(id).map { try ConfirmedPayment(answer: json($0), asked: id) }
    }

    func all() throws -> [ConfirmedPayment] {
        try payments.indices.map { try ConfirmedPayment(answer: json($0), asked: id($0)) }
    }

    private func json(_ index: Int) -> [UInt8] {
        let payment = payments[index]
        let changed = UTCTime(nanoseconds: payment.changed).iso8601()
        return Array(
            #"{"id":\#(id(index)),"state":"\#(Self.states[payment.state])","amount":"150.0","currency":"btc","updated_at":"\#(changed)"}"#
                .utf8)
    }
}
