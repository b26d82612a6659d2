/// What a `received` record says, encoded before the record has a number: by whoever accepted the report.
public struct ReceivedMembers: Hashable, Sendable {
    /// The payment that the report speaks of.
    public let payment: Int64
    /// A JSON object of the record's own members: `payment`, `peer`, `report` and `deviations`, as they will stand in its line.
    public let json: [UInt8]

    /// Takes what was encoded before.
    public init(payment: Int64, json: [UInt8]) {
        self.payment = payment
        self.json = json
    }

    /// Encodes a report.
    public init(_ received: Record.Received) {
        payment = received.payment
        json = RecordCodec.members(of: received)
    }
}
