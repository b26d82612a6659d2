import JSON

/// What a `received` record says, encoded before the record has a number: by whoever accepted the report.
package struct ReceivedMembers: Hashable, Sendable {
    /// The payment that the report speaks of.
    package let payment: Int64
    /// A JSON object of the record's own members: `payment`, `peer`, `report` and `deviations`, as they will stand in its line.
    package let json: [UInt8]

    /// Takes what was encoded before.
    package init(payment: Int64, json: [UInt8]) {
        self.payment = payment
        self.json = json
    }

    /// Where in the JSON stands what the report said; nil when it is not there.
    package var report: Range<Int>? { (try? RecordMembers(json.span))?.report?.rawRange }

    /// Encodes a report.
    package init(_ received: Record.Received) {
        payment = received.payment
        json = RecordCodec.members(of: received)
    }
}
