import JournalFormat
package import Ledger
import Payments
import Synchronization

// Deliveries: each confirmation that is news goes to every endpoint, and what comes of it is journaled.
extension JournalLedger: DeliveryLedger {
    package var endpointStatus: [EndpointStatus] { state.withLock { $0.endpointStatus } }

    @discardableResult
    package func configure(endpoints: [String]) throws -> EndpointChange {
        let isSame = state.withLock { state in
            // A reload with the same ones has those go on that wanted nothing more.
            state.startDeliveries()
            return Set(state.endpoints) == Set(endpoints)
        }
        if !isSame {
            try write { state throws(JournalUnavailable) in
                let time = wallClock()
                let position = try journal.commits.configure(endpoints: endpoints, time: time)
                state.configuring(endpoints: endpoints, seq: position.seq)
                return appended([(.opened(at: time, endpoints: endpoints), position)], to: &state)
            }
        }
        return giveUpStranded()
    }

    /// What waits for an endpoint that was removed can only be replayed, to those that are there.
    private func giveUpStranded() -> EndpointChange {
        var change = EndpointChange()
        state.withLock { state in
            do throws(JournalUnavailable) {
                for delivery in state.strandedDeliveries {
                    change.lose(delivery.seq, of: delivery.endpoint)
                    try end(
                        &state, delivery.payment, of: delivery.seq, endpoint: delivery.endpoint, attempts: 0,
                        DeliveryFailure(status: nil, error: "the endpoint was removed"))
                }
            } catch {
                // The endpoints are in force all the same, so this is no reason to refuse them.
                change.failure = "\(error)"
            }
        }
        journal.flush()
        return change
    }

    package func claimDelivery(for endpoint: String) -> DeliveryClaim? {
        state.withLock { $0.claimDelivery(for: endpoint, now: now()) }
    }

    package func nextDelivery(for endpoint: String) -> Instant? {
        state.withLock { $0.nextDelivery(for: endpoint) }
    }

    package func content(of claim: DeliveryClaim) async throws -> DeliveryContent {
        let position = claim.position
        let entry = try await readQueue.value { try self.entries(at: [position], of: "confirmed")[0].get() }
        guard case .confirmed(let confirmed) = entry.record else { preconditionFailure("that kind was asked for") }
        // What was written before ids had the checksum keeps the id that a shop may have seen.
        let checksum = journal.commits.checksumIDs.flatMap { entry.seq >= $0 ? entry.checksum : nil }
        return DeliveryContent(
            journal: journal.id, seq: entry.seq, time: entry.time, checksum: checksum, current: confirmed.current)
    }

    package func conclude(_ claim: DeliveryClaim, _ outcome: DeliveryOutcome) throws -> DeliveryEnd {
        try state.withLock { state throws(JournalUnavailable) in
            state.concludeDelivery(claim)
            switch outcome {
            case .accepted(let status):
                try end(
                    &state, claim.payment, of: claim.position.seq, endpoint: claim.endpoint, attempts: claim.attempt,
                    status: status)
                return .delivered
            case .failed(let failure):
                state.deliveryFailed(claim, failure, at: wallClock(), now: now())
                if state.postpone(claim, failure, now: now()) { return .again }
                try end(
                    &state, claim.payment, of: claim.position.seq, endpoint: claim.endpoint, attempts: claim.attempt,
                    failure)
                return .undeliverable
            case .gone:
                state.stopDeliveries(claim)
                return .stopped
            case .released:
                state.release(claim, for: RetrySchedule.delivery[0], now: now())
                return .again
            case .postponed(let pause):
                state.release(claim, for: pause, now: now())
                return .again
            case .unreadable(let damage):
                try end(
                    &state, claim.payment, of: claim.position.seq, endpoint: claim.endpoint,
                    attempts: claim.attempt - 1, DeliveryFailure(status: nil, error: "\(damage)"), isUnreadable: true)
                return .undeliverable
            }
        }
    }

    package func redeliver(_ selection: Redelivery, dryRun: Bool) async throws -> RedeliveryReport {
        // It may read the whole journal: verdicts and deliveries must not wait behind that.
        let (found, damage) = try await overviewQueue.value { [journal] in
            try journal.changes(selection, upTo: journal.durable)
        }
        for damage in damage { tell(of: damage) }
        let endpoints = state.withLock { state in
            guard !dryRun else { return state.endpoints.count }
            for (id, position) in found { state.redeliver(id, position, now: now()) }
            return state.endpoints.count
        }
        if !dryRun, !found.isEmpty { tellOfChanges() }
        return RedeliveryReport(deliveries: found.count * endpoints, damage: damage)
    }

    func tellOfChanges() {
        observers.tell { $0.ledgerDidAnnounce() }
    }

    /// Journals and applies a delivery's end. In the state it has ended even if the record cannot be written: this run does not try it
    /// again and again, and writes the record later.
    private func end(
        _ state: inout LedgerState, _ id: PaymentID, of seq: Int64, endpoint: String, attempts: Int,
        status: Int? = nil, _ failure: DeliveryFailure? = nil, isUnreadable: Bool = false
    ) throws(JournalUnavailable) {
        let delivery = Record.Delivery(
            payment: id, of: seq, endpoint: endpoint, attempts: attempts, status: failure?.status ?? status,
            error: failure?.error, isUnreadable: isUnreadable)
        let isDelivered = failure == nil
        defer { state.apply(.ended(delivery, isDelivered: isDelivered), at: .none, now: now()) }
        try append(ended: isDelivered ? .delivered(delivery) : .undeliverable(delivery), &state)
    }

    /// Under the state's lock: no rejection is told between the two.
    private func append(ended record: Record, _ state: inout LedgerState) throws(JournalUnavailable) {
        do throws(JournalUnavailable) {
            let position = try journal.append(record, time: wallClock())
            ended.append(record, position.seq)
            state.frontier.append(position)
        } catch {
            ended.append(record, nil)
            throw error
        }
    }

    /// Appends again what was rejected, now that the disk takes records.
    func repeatEnds() {
        guard ended.wereRejected else { return }
        state.withLock { state in for record in ended.takeRejected() { try? append(ended: record, &state) } }
    }
}
