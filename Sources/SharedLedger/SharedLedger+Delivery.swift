import JournalFormat
public import Payments
import Synchronization

// Deliveries: each endpoint is one node's, as long as it lives, so that the order of a payment's deliveries is kept.
// swift-format-ignore: AllPublicDeclarationsHaveDocumentation, which the protocol has.
extension SharedLedger: DeliveryLedger {
    public var endpointStatus: [EndpointStatus] { core.withLock { $0.state.endpointStatus } }

    public func configure(endpoints: [String]) throws -> EndpointChange {
        // A reload with the same ones has those go on that wanted nothing more.
        core.withLock { $0.state.startDeliveries() }
        let before = core.withLock { $0.state.endpoints }
        try performBlocking(unheard: { self.takeBack(endpoints, for: before) }) { draft, state in
            Self.configure(endpoints, &draft, &state)
        }
        // Not before: until then this node delivers to those that were there.
        core.withLock { $0.ownEndpoints = Set(endpoints) }
        var change = EndpointChange()
        do {
            while true {
                let given = try performBlocking { draft, state in Self.giveUpStranded(&draft, &state) }
                if given.isEmpty { break }
                for delivery in given { change.lose(delivery.seq, of: delivery.endpoint) }
            }
        } catch {
            // The endpoints are in force all the same, so this is no reason to refuse them.
            change.failure = "\(error)"
        }
        tell { $0.ledgerDidAnnounce() }
        return change
    }

    /// What was written when nobody waited for it any more does not count, unless a node has said something else since.
    private func takeBack(_ endpoints: [String], for before: [String]) {
        submit(
            Order(decide: { draft, state in
                guard Set(state.endpoints) == Set(endpoints) else { return Plan() }
                return Self.configure(before, &draft, &state).plan
            }))
    }

    private static func configure(
        _ endpoints: [String], _ draft: inout Draft, _ state: inout LedgerState
    ) -> Decision<Void> {
        guard Set(state.endpoints) != Set(endpoints) else { return Decision(result: .success(())) }
        let seq = draft.open(endpoints: endpoints)
        return Decision(
            result: .success(()),
            apply: { state, _ in
                state.configured(endpoints: endpoints, seq: seq)
                return []
            })
    }

    /// So many deliveries are given up, or made again, in one turn: a flood of them must not keep reports waiting.
    private static let deliveriesPerTurn = 2000

    /// What waits for an endpoint that was removed can only be replayed, to those that are there. Gives up the first of it.
    private static func giveUpStranded(
        _ draft: inout Draft, _ state: inout LedgerState
    ) -> Decision<[(endpoint: String, payment: PaymentID, seq: Int64)]> {
        let stranded = Array(state.strandedDeliveries.prefix(deliveriesPerTurn))
        for delivery in stranded {
            draft.append(
                .undeliverable(
                    Record.Delivery(
                        payment: delivery.payment, of: delivery.seq, endpoint: delivery.endpoint, attempts: 0,
                        status: nil, error: "the endpoint was removed")))
        }
        return Decision(
            result: .success(stranded),
            apply: { state, now in
                for delivery in stranded {
                    state.deliveryEnded(
                        delivery.payment, of: delivery.seq, endpoint: delivery.endpoint, isDelivered: false, now: now)
                }
                return []
            })
    }

    public func claimDelivery(for endpoint: String) -> DeliveryClaim? {
        let (now, suspended) = (now(), surroundings.suspended())
        return core.withLock { core in
            core.noteSuspension(suspended)
            // Looked at last thing before the attempt: it must end while the node certainly lives.
            guard core.mayDeliver(to: endpoint, at: now.nanoseconds) else { return nil }
            return core.state.claimDelivery(for: endpoint, now: now)
        }
    }

    public func nextDelivery(for endpoint: String) -> Instant? {
        let now = now()
        return core.withLock { core in
            guard core.leases.contains("endpoint:\(endpoint)") else { return nil }
            let next = core.state.nextDelivery(for: endpoint)
            return core.mayDeliver(to: endpoint, at: now.nanoseconds)
                ? next : next.map { max($0, now + .seconds(1)) }
        }
    }

    public func content(of claim: DeliveryClaim) async throws -> DeliveryContent {
        let seq = claim.position.seq
        guard let record = try await database.records.records([seq]).first else { throw RecordGone(seq) }
        let entry = try Entry(line: record.line.span)
        guard case .confirmed(let confirmed) = entry.record
        else { throw DatabaseFault(kind: .failed, message: "record \(seq) is no confirmation") }
        // Reading may have taken long, and the endpoint may be another node's by the end of the attempt.
        let (later, suspended) = (surroundings.monotonic(), surroundings.suspended())
        let isAllowed = core.withLock { core in
            core.noteSuspension(suspended)
            return core.mayDeliver(to: claim.endpoint, at: later)
        }
        guard isAllowed else { throw Self.lapsed }
        return DeliveryContent(
            journal: journalID, seq: seq, time: entry.time, current: confirmed.current)
    }

    public func conclude(_ claim: DeliveryClaim, _ outcome: DeliveryOutcome) throws -> DeliveryEnd {
        let time = core.withLock { core in
            core.state.concludeDelivery(claim)
            return now().nanoseconds + core.offset
        }
        switch outcome {
        case .accepted(let status):
            end(claim, isDelivered: true, status: status, error: nil)
            return .delivered
        case .failed(let failure):
            let isPostponed = core.withLock { core in
                core.state.deliveryFailed(claim, failure.error, at: time)
                return core.state.postpone(claim, now: now())
            }
            if isPostponed { return .again }
            end(claim, isDelivered: false, status: failure.status, error: failure.error)
            return .undeliverable
        case .gone:
            core.withLock { $0.state.stopDeliveries(claim) }
            return .stopped
        case .released:
            core.withLock { $0.state.release(claim, now: now()) }
            return .again
        }
    }

    /// In the state it has ended at once; the record is kept until it is written, or the program ends, and then whoever takes
    /// the endpoint delivers it once more.
    private func end(_ claim: DeliveryClaim, isDelivered: Bool, status: Int?, error: String?) {
        let delivery = Record.Delivery(
            payment: claim.payment, of: claim.position.seq, endpoint: claim.endpoint, attempts: claim.attempt,
            status: status, error: error)
        let order = Order(
            decide: { draft, _ in
                draft.append(isDelivered ? .delivered(delivery) : .undeliverable(delivery))
                return Plan()
            }, ends: claim)
        // Together: a fold in between would be that of no record.
        core.withLock { core in
            core.state.deliveryEnded(
                claim.payment, of: claim.position.seq, endpoint: claim.endpoint, isDelivered: isDelivered, now: now())
            core.orders.append(order)
        }
        waker.wake()
    }

    public func redeliver(_ selection: Redelivery, dryRun: Bool) async throws -> Int {
        let found = try await database.records.news(selection, upTo: durable)
        let count = found.count * core.withLock { $0.state.endpoints.count }
        if dryRun || found.isEmpty { return count }
        for start in stride(from: 0, to: found.count, by: Self.deliveriesPerTurn) {
            let notes = found[start..<min(start + Self.deliveriesPerTurn, found.count)].map {
                SharedNote.redelivers(payment: $0.payment, seq: $0.seq)
            }
            try await perform { draft, _ -> Decision<Void> in
                draft.notes += notes
                return Decision(result: .success(()))
            }
        }
        tell { $0.ledgerDidAnnounce() }
        return count
    }
}
