package import Ledger

/// What an operator can set of a ledger.
package struct JournalLedgerOptions: Sendable {
    /// Bounds of the state.
    package var limits: LedgerState.Limits
    /// With less free disk, no report is taken; verdicts are.
    package var minimumFreeBytes: Int64

    package init(limits: LedgerState.Limits, minimumFreeBytes: Int64 = 0) {
        self.limits = limits
        self.minimumFreeBytes = minimumFreeBytes
    }
}

/// Times that stand in records of an earlier run: looked up once.
struct LastTimes {
    var isKnown = false
    var received: Int64?
    var confirmed: Int64?
    /// When those reports came that were waiting at the last overview.
    var arrivals: [Int64: Int64] = [:]
    /// The oldest record that was undelivered then, and when it was written.
    var undelivered: (seq: Int64, time: Int64?) = (0, nil)
}
