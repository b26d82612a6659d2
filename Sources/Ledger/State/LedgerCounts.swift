/// How the ledger stands, in numbers.
package struct LedgerCounts: Hashable, Sendable {
    /// Reports journaled, since the journal's first record.
    package var received = 0
    /// Confirmations journaled.
    package var confirmed = 0
    /// Reports refuted.
    package var refuted = 0
    /// Reports set aside as unknown for too long.
    package var abandoned = 0
    /// Payments with reports that wait for their verdict.
    package var pending = 0
    /// Payments confirmed at least once.
    package var known = 0

    /// Deliveries that were accepted by the merchant's application, one for each endpoint.
    package var delivered = 0
    /// Deliveries given up.
    package var undeliverable = 0

    /// News that only reconciling found: no webhook came for them.
    package var unannounced = 0
    /// The same since a webhook last told of something.
    package var unannouncedInARow = 0

    /// Whether so many payments wait that were never confirmed that hardly a report of another one is taken.
    package var isFull = false
    /// Payments that yielded then to nearer ones, in this run.
    package var yielded = 0
    /// Calls that each budget allows now, in a thousand seconds; nil where nobody can tell.
    package var callRate: Int64?

    /// All at zero.
    package init() {}
}
