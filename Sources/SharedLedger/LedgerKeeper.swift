public import Payments

/// What one node does for all in the background, by a connection of its own: nothing of it waits for a turn.
public protocol LedgerKeeper: Sendable {
    /// As of which record the folded state is, and which payments the records behind that are about.
    func unfolded() async throws(DatabaseFault) -> Unfolded

    /// Puts rows in the place of what the folded state says of their payments, so that it is as of the record `seq`, whose line
    /// begins with `head`; false, with nothing changed, when it is not as of `previous`, or when that record is not there: a server
    /// that took another one's place may lack it. Forgets notes that are older than an hour, which no schedule is.
    func fold(
        _ rows: LedgerRows, of payments: [PaymentID], from previous: Int64, to seq: Int64, whoseLineBegins head: [UInt8]
    ) async throws(DatabaseFault) -> Bool

    /// The segments before record `limit` whose last record is older than `time` (nanoseconds since 1970); never the last
    /// segment. Nil when there are none.
    func old(before time: Int64, limit: Int64) async throws(DatabaseFault) -> OldRecords?

    /// Records before `end` that the folded state names as the last word on a payment, by payment, behind `payment`; at most so
    /// many.
    func lastWords(before end: Int64, behind payment: PaymentID, atMost count: Int) async throws(DatabaseFault)
        -> [StoredRecord]

    /// Drops what stands before `end`, and takes down that it is gone. Throws, with nothing changed, while the folded state needs
    /// something of it.
    func drop(before end: Int64) async throws(DatabaseFault)
}

/// What old records there are.
public struct OldRecords: Hashable, Sendable {
    /// The first record that stays: an `opened` one, with which a segment begins.
    public var end: Int64
    /// How many records stand before it.
    public var records: Int64
    /// How many bytes their lines have, their newlines included.
    public var bytes: Int64
    /// How many segments they are.
    public var segments: Int64
    /// The newest `baseline` record among them.
    public var baseline: StoredRecord?

    /// Sets all of them.
    public init(end: Int64, records: Int64, bytes: Int64, segments: Int64, baseline: StoredRecord?) {
        self.end = end
        self.records = records
        self.bytes = bytes
        self.segments = segments
        self.baseline = baseline
    }
}

/// What is to be folded.
public struct Unfolded: Hashable, Sendable {
    /// The record that the folded state is as of.
    public var seq: Int64
    /// The payments that records behind it are about, each once.
    public var payments: [PaymentID]

    /// Joins both.
    public init(seq: Int64, payments: [PaymentID]) {
        self.seq = seq
        self.payments = payments
    }
}
