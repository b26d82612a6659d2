package import Payments

// Deliveries: what the merchant's application is told.
extension LedgerState {
    /// The endpoints that are configured, by name.
    package var endpoints: [String] { deliveries.endpoints }

    /// How each endpoint stands, those included that are not configured any more and have something left.
    package var endpointStatus: [EndpointStatus] {
        deliveries.queues.filter { $0.isConfigured || $0.count > 0 }.map {
            EndpointStatus(name: $0.name, waiting: $0.count, isStopped: $0.isStopped, failing: $0.failing)
        }
    }

    /// What was given up in this run and not delivered since; nil when there is nothing.
    package var undelivered: UndeliveredRecords? { deliveries.undeliveredRecords }

    /// An `opened` record that names the endpoints has been appended: it counts when it is applied, or something that stands behind it,
    /// and not at all when it is rejected.
    package mutating func configuring(endpoints: [String], seq: Int64) { awaitedEndpoints = (endpoints, seq) }

    /// Applies an `opened` record that names the endpoints from then on.
    mutating func opened(_ endpoints: [String], seq: Int64, isReplay: Bool) {
        if isReplay {
            deliveries.configure(endpoints, seq: seq)
            return forgetFinished()
        }
        if awaitedEndpoints?.seq == seq { applyEndpoints() }
    }

    private mutating func applyEndpoints() {
        guard let awaited = awaitedEndpoints else { return }
        deliveries.configure(awaited.names, seq: awaited.seq)
        awaitedEndpoints = nil
    }

    /// Applies a `confirmed` record that is news, and durable. `now` is nil in a replay.
    package mutating func announced(_ id: PaymentID, _ position: JournalPosition, now: Instant?) {
        if let awaited = awaitedEndpoints, awaited.seq < position.seq { applyEndpoints() }
        deliveries.announce(id, position, now: now)
    }

    /// Applies a `delivered` or an `undeliverable` record.
    package mutating func deliveryEnded(
        _ id: PaymentID, of seq: Int64, endpoint: String, _ ending: DeliveryEnding, now: Instant?
    ) {
        if ending == .delivered { totals.delivered += 1 } else { totals.undeliverable += 1 }
        deliveries.ended(id, of: seq, endpoint: endpoint, ending, now: now)
        // What is newer and waits tells the endpoint what it has to know.
        if ending == .unreadable, !deliveries.waits(id, for: endpoint) { forget(id, now: now) }
        forgetFinished()
    }

    /// A record that stands before the one that removed an endpoint may be applied behind it.
    mutating func forgetFinished() {
        if frontier.isIdle { deliveries.forgetFinished() }
    }

    /// Takes the next delivery that is due for an endpoint, for an attempt that begins now.
    package mutating func claimDelivery(for endpoint: String, now: Instant) -> DeliveryClaim? {
        deliveries.claim(for: endpoint, now: now)
    }

    /// When ``claimDelivery(for:now:)`` may next have something; nil when nothing waits.
    package func nextDelivery(for endpoint: String) -> Instant? { deliveries.nextDue(for: endpoint) }

    /// The attempt has ended, and with it the reason why nothing else of its payment goes out. To be called before what says what
    /// came of it.
    package mutating func concludeDelivery(_ claim: DeliveryClaim) { deliveries.conclude(claim) }

    /// Notes what an attempt failed with, at a time in nanoseconds since 1970: an operator wants to know.
    package mutating func deliveryFailed(
        _ claim: DeliveryClaim, _ failure: DeliveryFailure, at time: Int64, now: Instant
    ) {
        deliveries.failed(claim, failure, at: time, now: now)
    }

    /// An attempt failed. False when it was the last one: then an `undeliverable` record ends the delivery.
    package mutating func postpone(_ claim: DeliveryClaim, _ failure: DeliveryFailure, now: Instant) -> Bool {
        if deliveries.restart(claim) { return true }
        if deliveries.returnEarly(claim, isOfEndpoint: failure.isOfEndpoint, now: now) { return true }
        guard let delay = deliveries.nextAttempt(after: claim) else { return false }
        deliveries.postpone(claim, by: max(delay, failure.retryAfter ?? .zero), now: now)
        return true
    }

    /// The attempt came to nothing that says anything about the endpoint: again after a while, as often as it takes.
    package mutating func release(_ claim: DeliveryClaim, for pause: Duration, now: Instant) {
        deliveries.release(claim, until: now + pause)
    }

    /// The endpoint wants nothing more: what waits for it waits until ``startDeliveries()`` or a replay.
    package mutating func stopDeliveries(_ claim: DeliveryClaim) { deliveries.stop(claim) }

    /// Has endpoints go on that were stopped.
    package mutating func startDeliveries() { deliveries.startAll() }

    /// Has a record go out again to every endpoint, in its place among what waits.
    package mutating func redeliver(_ id: PaymentID, _ position: JournalPosition, now: Instant) {
        deliveries.replay(id, position, now: now)
    }

    /// What waits for endpoints that are not there any more.
    package var strandedDeliveries: [(endpoint: String, payment: PaymentID, seq: Int64)] { deliveries.stranded }
}
