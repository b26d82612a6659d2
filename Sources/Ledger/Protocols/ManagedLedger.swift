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
