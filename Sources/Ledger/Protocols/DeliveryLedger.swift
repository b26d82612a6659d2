/// The side of a ledger from which confirmed news go out.
package protocol DeliveryLedger: Ledger {
    /// How each endpoint stands, those included that are not configured any more and have something left.
    var endpointStatus: [EndpointStatus] { get }

    /// Says where confirmed news go from now on: a new endpoint begins with what comes next, and what waits for one that is
    /// gone becomes undeliverable, as the answer tells. Endpoints that were stopped go on. Blocks until that is durable.
    func configure(endpoints: [String]) throws -> EndpointChange

    /// Takes the next delivery that is due for an endpoint, for an attempt that begins now. Each must be concluded.
    func claimDelivery(for endpoint: String) -> DeliveryClaim?

    /// When ``claimDelivery(for:)`` may next have something, on the monotonic clock; nil when nothing waits.
    func nextDelivery(for endpoint: String) -> Instant?

    /// What a delivery says. Throws ``JournalFormat/Damage`` when nothing can say it any more.
    func content(of claim: DeliveryClaim) async throws -> DeliveryContent

    /// Journals and applies what came of an attempt.
    func conclude(_ claim: DeliveryClaim, _ outcome: DeliveryOutcome) throws -> DeliveryEnd

    /// Has records that were news go out again to every endpoint, in order, as far as they can be read. A dry run only counts them.
    func redeliver(_ selection: Redelivery, dryRun: Bool) async throws -> RedeliveryReport
}
