/// What an operator asks of a ledger, besides confirming and delivering.
package protocol ManagedLedger: DeliveryLedger {
    /// Looks how the ledger stands, with at most `limit` payments that wait.
    func overview(waiting limit: Int) async -> LedgerOverview
}

/// What room a ledger has for more.
package struct LedgerRoom: Hashable, Sendable {
    /// What may still be written, in bytes.
    package var freeBytes: Int64
    /// With less, no report is taken.
    package var minimumFreeBytes: Int64

    package init(freeBytes: Int64, minimumFreeBytes: Int64) {
        self.freeBytes = freeBytes
        self.minimumFreeBytes = minimumFreeBytes
    }
}

/// How the reading of a journal at rest stands. Times are in nanoseconds since 1970.
package struct ScrubStatus: Hashable, Sendable {
    /// How long a round is to take; zero when nothing is read.
    package var round = Duration.zero
    /// What has been read since the start, in bytes.
    package var readBytes: Int64 = 0
    /// When the round began that is under way; nil when there is none.
    package var beganAt: Int64?
    /// When the last whole one ended; nil when none has.
    package var completedAt: Int64?

    package init() {}
}
