import CivilTime
import Ledger
import Payments

/// Sends reports at full speed, in turn for every id that it knows of: as many that the API has never had as it can think of,
/// and every one that the shop has. It has many things to say of each.
struct Forger {
    /// Ids that are nobody's, or another merchant's: half of them lie among the shop's own, the others beyond.
    let strangers: Int
    private var turn = 0
    private(set) var sent = 0

    init(strangers: Int) {
        self.strangers = strangers
    }

    mutating func next(_ shop: Shop, now: Instant) throws -> ReportedPayment {
        turn += 1
        sent += 1
        // Every third report is of one of the shop's payments, the next one of which it guesses as well.
        let id: PaymentID
        if turn % 3 == 0 {
            id = Shop.firstID + Shop.step * PaymentID(turn / 3 % (shop.count + 1))
        } else {
            let index = PaymentID(turn % strangers)
            let within = PaymentID(shop.count) * Shop.step
            id = index % 2 == 0 ? stranger(index, within: within) : Shop.firstID + 10 * within + index
        }
        // Now a state that the API does not show yet, now another amount, each anew.
        let changed = UTCTime(nanoseconds: now.nanoseconds + 1_000_000_000).iso8601()
        let amount = turn % 2 == 0 ? "150.0" : "\(turn % 1_000_000).5"
        let body =
            #"{"id":\#(id),"state":"paid\#(turn)","amount":"\#(amount)","currency":"btc","updated_at":"\#(changed)"}"#
        let bytes = Array(body.utf8)
        return try ReportedPayment(body: bytes.span)
    }

    /// None of the shop's own.
    private func stranger(_ index: PaymentID, within: PaymentID) -> PaymentID {
        let id = Shop.firstID + index * 31 % within
        return (id - Shop.firstID) % Shop.step == 0 ? id + 1 : id
    }
}
