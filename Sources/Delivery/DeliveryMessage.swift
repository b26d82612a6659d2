import CivilTime
import Ledger

/// What an endpoint gets: a confirmed payment, as Standard Webhooks wraps it.
package struct DeliveryMessage: Sendable {
    /// Stable across attempts, endpoints and replays: what a receiver deduplicates by.
    package let id: String
    /// The JSON text.
    package let body: [UInt8]

    /// `data` is the API's payment as it came. The type says nothing about being paid: that is for the receiver to read in
    /// `data.state`.
    init(_ content: DeliveryContent) {
        id = content.messageID
        var body = Array(#"{"type":"payment.updated","timestamp":""#.utf8)
        UTCTime(nanoseconds: content.time).appendISO8601(fractionDigits: 6, to: &body)
        body += Array(#"","seq":\#(content.seq),"data":"#.utf8)
        body += content.current
        body.append(UInt8(ascii: "}"))
        self.body = body
    }
}
