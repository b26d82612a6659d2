import CivilTime
package import Payments

package func report(_ body: String) throws -> ReportedPayment {
    let bytes = Array(body.utf8)
    return try ReportedPayment(body: bytes.span)
}

package func report(
    id: PaymentID = 1, state: String, amount: String = "150.0", currency: String = "btc", updatedAt: String
) throws -> ReportedPayment {
    try report(
        #"{"id":\#(id),"state":"\#(state)","amount":"\#(amount)","currency":"\#(currency)","updated_at":"\#(updatedAt)"}"#
    )
}

package func payment(
    id: PaymentID = 1, state: String, amount: String = "150.0", currency: String = "btc", updatedAt: String
) throws -> ConfirmedPayment {
    try ConfirmedPayment(
        answer: Array(
            #"{"id":\#(id),"state":"\#(state)","amount":"\#(amount)","currency":"\#(currency)","updated_at":"\#(updatedAt)"}"#
                .utf8), asked: id)
}

package func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

/// The n-th second of an hour, as the API writes it.
package func time(_ second: Int) -> String {
    UTCTime(nanoseconds: 1_700_000_000_000_000_000 + Int64(second) * 1_000_000_000).iso8601()
}
