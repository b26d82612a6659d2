/// How the ledger stands, in numbers.
public struct LedgerCounts: Hashable, Sendable {
    /// Reports journaled, since the journal's first record.
    public var received = 0
    /// Confirmations journaled.
    public var confirmed = 0
    /// Reports refuted.
    public var refuted = 0
    /// Reports set aside as unknown for too long.
    public var abandoned = 0
    /// Payments with reports that wait for their verdict.
    public var pending = 0
    /// Payments confirmed at least once.
    public var known = 0

    /// Deliveries that were accepted by the merchant's application, one for each endpoint.
    public var delivered = 0
    /// Deliveries given up.
    public var undeliverable = 0

    /// News that only reconciling found: no webhook came for them.
    public var unannounced = 0
    /// The same since a webhook last told of something.
    public var unannouncedInARow = 0

    /// Whether so many payments wait that were never confirmed that no report of another one is taken.
    public var isFull = false

    /// All at zero.
    public init() {}
}
