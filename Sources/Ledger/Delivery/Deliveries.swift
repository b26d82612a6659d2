import Payments

/// What waits to be delivered, for each endpoint: the part of the ledger's state that the merchant's application sees.
///
/// A delivery is one `confirmed` record that was news, for one endpoint. Those of one payment go out one after the other, in the
/// order of their records; no payment, and no endpoint, waits for another.
struct Deliveries: Sendable {
    /// Those that are configured, and those that were and have something left.
    private(set) var queues: [EndpointQueue] = []
    /// What was given up in this run and has not been delivered since: the endpoints that lack it, by record.
    private var undelivered: [Int64: [String]] = [:]
    private var random: SplitMix64

    init(seed: UInt64) {
        random = SplitMix64(seed: seed)
    }

    /// The names of the configured ones.
    var endpoints: [String] { queues.filter(\.isConfigured).map(\.name) }

    /// The first invariant that does not hold; nil when all do: those of each endpoint's queue, and that names are told apart.
    func checkInvariants() -> String? {
        for queue in queues {
            if let broken = queue.checkInvariants() { return broken }
        }
        return Set(queues.map(\.name)).count == queues.count ? nil : "two endpoints have one name"
    }

    private func index(of endpoint: String) -> Int? { queues.firstIndex { $0.name == endpoint } }

    // MARK: Records

    /// Applies the record `seq`, which says which endpoints there are from then on. A new one begins with what follows.
    mutating func configure(_ names: [String], seq: Int64) {
        // One that comes back begins anew, unless something is left for it.
        queues.removeAll { !$0.isConfigured && $0.count == 0 && names.contains($0.name) }
        for index in queues.indices {
            queues[index].until = names.contains(queues[index].name) ? nil : queues[index].until ?? seq
        }
        for name in names where index(of: name) == nil { queues.append(EndpointQueue(name: name, since: seq)) }
    }

    /// Applies a `confirmed` record that is news. `now` is nil in a replay.
    mutating func announce(_ id: PaymentID, _ position: JournalPosition, now: Instant?) {
        for index in queues.indices where queues[index].isMeant(position.seq) {
            queues[index].append(id, position, now: now)
        }
    }

    /// Applies a `delivered` or an `undeliverable` record.
    mutating func ended(_ id: PaymentID, of seq: Int64, endpoint: String, _ ending: DeliveryEnding, now: Instant?) {
        switch ending {
        case .delivered: arrived(seq, at: endpoint)
        // One that cannot be read is of no use to a replay.
        case .undeliverable where now != nil: undelivered[seq, default: []].append(endpoint)
        case .undeliverable, .unreadable: break
        }
        guard let index = index(of: endpoint) else { return }
        if ending == .delivered { queues[index].noteDelivery() }
        queues[index].remove(id, seq, now: now)
    }

    /// Whether something of a payment waits for an endpoint.
    func waits(_ id: PaymentID, for endpoint: String) -> Bool {
        index(of: endpoint).map { !queues[$0].waiting(of: id).isEmpty } ?? false
    }

    /// An endpoint lacks a record until it gets it; one that is gone, until any of those that are there does.
    private mutating func arrived(_ seq: Int64, at endpoint: String) {
        guard let lacking = undelivered[seq] else { return }
        let left = lacking.filter { $0 != endpoint && endpoints.contains($0) }
        undelivered[seq] = left.isEmpty ? nil : left
    }

    /// What was given up in this run and not delivered since; nil when there is nothing.
    var undeliveredRecords: UndeliveredRecords? {
        undelivered.keys.min().map { UndeliveredRecords(count: undelivered.count, oldest: $0) }
    }

    /// Forgets endpoints that are gone and have nothing left. Not while a record is on its way that may still be meant for one of them.
    mutating func forgetFinished() {
        queues.removeAll { !$0.isConfigured && $0.count == 0 }
    }

    // MARK: Delivering

    /// Takes the next delivery that is due for an endpoint. Each must be concluded.
    mutating func claim(for endpoint: String, now: Instant) -> DeliveryClaim? {
        guard let index = index(of: endpoint), queues[index].isConfigured else { return nil }
        return queues[index].claim(now: now)
    }

    /// When ``claim(for:now:)`` may next have something.
    func nextDue(for endpoint: String) -> Instant? { index(of: endpoint).flatMap { queues[$0].nextDue } }

    /// An attempt has ended; what came of it is said next.
    mutating func conclude(_ claim: DeliveryClaim) {
        if let index = index(of: claim.endpoint) { queues[index].conclude(claim) }
    }

    /// An attempt failed: when the next one is, or nil when there is none left, and the delivery is to be given up.
    func nextAttempt(after claim: DeliveryClaim) -> Duration? {
        let delays = RetrySchedule.delivery
        return claim.attempt <= delays.count ? delays[claim.attempt - 1] : nil
    }

    /// Notes what an attempt failed with, at a time in nanoseconds since 1970.
    mutating func failed(_ claim: DeliveryClaim, _ failure: DeliveryFailure, at time: Int64, now: Instant) {
        guard let index = index(of: claim.endpoint) else { return }
        queues[index].failing = EndpointFailing(since: queues[index].failing?.since ?? time, error: failure.error)
        queues[index].noteFailure(
            isOfEndpoint: failure.isOfEndpoint, pause: failure.isOfEndpoint ? failure.retryAfter : nil, now: now)
    }

    /// Whether a claim that failed was made before its time, and waits for that again.
    mutating func returnEarly(_ claim: DeliveryClaim, isOfEndpoint: Bool, now: Instant) -> Bool {
        index(of: claim.endpoint).map { queues[$0].returnEarly(claim, isOfEndpoint: isOfEndpoint, now: now) } ?? false
    }

    /// Whether a claim that failed was asked for again meanwhile, and is due at once.
    mutating func restart(_ claim: DeliveryClaim) -> Bool {
        index(of: claim.endpoint).map { queues[$0].restart(claim) } ?? false
    }

    /// Has a claim wait for its next attempt, up to a fifth later than told.
    mutating func postpone(_ claim: DeliveryClaim, by delay: Duration, now: Instant) {
        guard let index = index(of: claim.endpoint) else { return }
        let jitter = Int64.random(in: 0...max(0, delay.nanoseconds / 5), using: &random)
        queues[index].postpone(claim, until: now + delay + .nanoseconds(jitter))
    }

    /// Has a claim wait, without an attempt having been made.
    mutating func release(_ claim: DeliveryClaim, until due: Instant) {
        guard let index = index(of: claim.endpoint) else { return }
        queues[index].release(claim, until: due)
    }

    /// An endpoint wants nothing more, for now: its deliveries wait until ``startAll()`` or a replay.
    mutating func stop(_ claim: DeliveryClaim) {
        guard let index = index(of: claim.endpoint) else { return }
        queues[index].stop(claim)
    }

    /// Has every endpoint that was stopped go on.
    mutating func startAll() {
        for index in queues.indices { queues[index].isStopped = false }
    }

    /// After a replay of the journal: all that waits is due, spread by jitter over a few seconds.
    mutating func resume(now: Instant) {
        for index in queues.indices { queues[index].resume(now: now, using: &random) }
    }

    /// Has a record go out again to every endpoint, before what waits behind it.
    mutating func replay(_ id: PaymentID, _ position: JournalPosition, now: Instant) {
        for index in queues.indices where queues[index].isConfigured { queues[index].insert(id, position, now: now) }
    }

    /// What waits for endpoints that are not configured any more: it cannot be delivered.
    var stranded: [(endpoint: String, payment: PaymentID, seq: Int64)] {
        var stranded: [(endpoint: String, payment: PaymentID, seq: Int64)] = []
        for queue in queues where !queue.isConfigured {
            queue.forEachWaiting { stranded.append((queue.name, $0, $1.seq)) }
        }
        return stranded
    }

    /// The oldest record that waits, and its payment.
    var oldest: (seq: Int64, payment: PaymentID)? {
        var oldest: (seq: Int64, payment: PaymentID)?
        for queue in queues {
            queue.forEachWaiting { if $1.seq < oldest?.seq ?? .max { oldest = ($1.seq, $0) } }
        }
        return oldest
    }

    // MARK: Snapshot

    /// Puts an endpoint of a snapshot in its place.
    mutating func restore(_ queue: EndpointQueue) {
        queues.append(queue)
    }
}
