package import JournalFormat

/// How a ledger stands, with what only the disk can tell.
package struct LedgerOverview: Sendable {
    /// A payment that waits, and since when.
    package struct Waiting: Sendable {
        /// The payment.
        package let payment: WaitingPayment
        /// When its oldest report came, in nanoseconds since 1970; nil while that is on its way to the disk.
        package let since: Int64?

        package init(payment: WaitingPayment, since: Int64?) {
            self.payment = payment
            self.since = since
        }
    }

    /// How the ledger stands.
    package let counts: LedgerCounts
    /// Payments with reports that are set aside now.
    package let setAside: Int
    /// The payments that have waited longest, the longest first.
    package let waiting: [Waiting]
    /// How each endpoint stands.
    package let endpoints: [EndpointStatus]
    /// What was given up in this run and not delivered since; nil when there is nothing.
    package let undelivered: UndeliveredRecords?
    /// When the oldest of that was confirmed, in nanoseconds since 1970; nil when its record is gone.
    package let undeliveredSince: Int64?
    /// How many files the journal has.
    package let segments: Int
    /// What they hold.
    package let bytes: Int64
    /// When the newest report was journaled before this start, in nanoseconds since 1970.
    package let lastReceivedAt: Int64?
    /// When a payment was last confirmed before this start, likewise.
    package let lastConfirmedAt: Int64?
    /// When and where the journal was last backed up; nil when it never was, or nobody can tell.
    package let lastBackup: LastBackup?

    /// Of a ledger of which nothing is known here.
    package static let empty = LedgerOverview(
        counts: LedgerCounts(), setAside: 0, waiting: [], endpoints: [], undelivered: nil, undeliveredSince: nil,
        segments: 0, bytes: 0, lastReceivedAt: nil, lastConfirmedAt: nil)

    package init(
        counts: LedgerCounts, setAside: Int, waiting: [Waiting], endpoints: [EndpointStatus],
        undelivered: UndeliveredRecords?, undeliveredSince: Int64?, segments: Int, bytes: Int64, lastReceivedAt: Int64?,
        lastConfirmedAt: Int64?, lastBackup: LastBackup? = nil
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
        self.lastBackup = lastBackup
    }
}
