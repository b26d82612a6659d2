/// How a ledger stands, with what only the disk can tell.
public struct LedgerSurvey: Sendable {
    /// A payment that waits, and since when.
    public struct Waiting: Sendable {
        /// The payment.
        public let payment: WaitingPayment
        /// When its oldest report came, in nanoseconds since 1970; nil while that is on its way to the disk.
        public let since: Int64?

        /// Joins them.
        public init(payment: WaitingPayment, since: Int64?) {
            self.payment = payment
            self.since = since
        }
    }

    /// How the ledger stands.
    public let counts: LedgerCounts
    /// Payments with reports that are set aside now.
    public let setAside: Int
    /// The payments that have waited longest, the longest first.
    public let waiting: [Waiting]
    /// How each endpoint stands.
    public let endpoints: [EndpointStatus]
    /// What was given up in this run and not delivered since; nil when there is nothing.
    public let undelivered: UndeliveredRecords?
    /// When the oldest of that was confirmed, in nanoseconds since 1970; nil when its record is gone.
    public let undeliveredSince: Int64?
    /// How many files the journal has.
    public let segments: Int
    /// What they hold.
    public let bytes: Int64
    /// When the newest report was journaled before this start, in nanoseconds since 1970.
    public let lastReceivedAt: Int64?
    /// When a payment was last confirmed before this start, likewise.
    public let lastConfirmedAt: Int64?

    /// Of a ledger of which nothing is known here.
    public static let empty = LedgerSurvey(
        counts: LedgerCounts(), setAside: 0, waiting: [], endpoints: [], undelivered: nil, undeliveredSince: nil,
        segments: 0, bytes: 0, lastReceivedAt: nil, lastConfirmedAt: nil)

    /// Joins them.
    public init(
        counts: LedgerCounts, setAside: Int, waiting: [Waiting], endpoints: [EndpointStatus],
        undelivered: UndeliveredRecords?, undeliveredSince: Int64?, segments: Int, bytes: Int64, lastReceivedAt: Int64?,
        lastConfirmedAt: Int64?
    ) {
        self.counts = counts
        self.setAside = setAside
        self.waiting = waiting
        self.endpoints = endpoints
        self.undelivered = undelivered
        self.undeliveredSince = undeliveredSince
        self.segments = segments
        self.bytes = bytes
        self.lastReceivedAt = lastReceivedAt
        self.lastConfirmedAt = lastConfirmedAt
    }
}
