package import JournalFormat
package import Payments

extension Record {
    /// What the record says of a payment, when it is the API's word.
    package var knowledge: (payment: PaymentID, current: [UInt8])? {
        switch self {
        case .confirmed(let confirmed): (confirmed.payment, confirmed.current)
        case .known(let payment, let current): (payment, current)
        default: nil
        }
    }
}
