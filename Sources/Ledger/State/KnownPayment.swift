import Payments

/// What was last confirmed of a payment: enough to tell news, lag and a report that says nothing new. 64 bytes.
struct KnownPayment: IDTableElement, Sendable {
    var id: PaymentID
    /// The record that confirmed it.
    var seq: Int64
    /// State, amount and currency; none when that is to be told anew.
    private(set) var fields: ComparedFields
    /// Nanoseconds since 1970; `Int64.min` when the answer had no readable time.
    let updatedAt: Int64
    /// When the call began that brought it; the distant past when an earlier run of the program made it.
    let callBegan: Instant

    init(id: PaymentID, seq: Int64, fields: ComparedFields, updatedAt: Int64, callBegan: Instant) {
        self.id = id
        self.seq = seq
        self.fields = fields
        self.updatedAt = updatedAt
        self.callBegan = callBegan
    }

    init(_ payment: ConfirmedSummary, seq: Int64, callBegan: Instant) {
        self.init(
            id: payment.id, seq: seq, fields: payment.fields, updatedAt: payment.updatedAt ?? .min,
            callBegan: callBegan)
    }

    /// Has the next answer be news, whatever it tells.
    mutating func forget() { fields = .none }

    var isForgotten: Bool { fields == .none }

    /// Whether an answer is older than this, and so neither confirms nor settles anything.
    func isLag(_ payment: ConfirmedSummary, callBegan: Instant) -> Bool {
        callBegan < self.callBegan || isNewer(than: payment)
    }

    /// Whether it changed later than an answer says; false when one of them does not say when.
    func isNewer(than payment: ConfirmedSummary) -> Bool {
        guard let time = payment.updatedAt, updatedAt != .min else { return false }
        return time < updatedAt
    }

    /// Whether a report says exactly what was confirmed.
    func says(_ report: AdmittedReport) -> Bool {
        ReportContent(fields: fields, updatedAt: updatedAt).isSame(as: report.content)
    }
}
