extension LedgerState {
    /// All of the state, as ``snapshot`` has it.
    public var rows: LedgerRows {
        var payments: Set<PaymentID> = Set(abandoned.keys)
        known.forEachSlot { payments.insert(known[$0].id) }
        pending.forEachSlot { payments.insert(pending[$0].id) }
        for queue in deliveries.queues { queue.forEachWaiting { id, _ in payments.insert(id) } }
        return rows(of: payments.sorted())
    }

    /// The counts, the endpoints, and what is known of some payments, each named once.
    public func rows(of payments: [PaymentID]) -> LedgerRows {
        var rows = LedgerRows()
        rows.counts = [
            Int64(totals.received), Int64(totals.confirmed), Int64(totals.refuted), Int64(totals.abandoned),
            newestReport, answeredAt, Int64(totals.unannounced), Int64(totals.unannouncedInARow), max(0, openedAt ?? 0),
            hasBaseline ? 1 : 0, Int64(totals.delivered), Int64(totals.undeliverable),
        ]
        for id in payments {
            if let slot = known.slot(of: id) { rows.known.append(LedgerRows.Known(known[slot])) }
            if let slot = pending.slot(of: id) {
                pending[slot].forEachReport { rows.waiting.append(LedgerRows.Waiting($0, of: id, isAside: false)) }
            }
            for report in abandoned[id] ?? [] { rows.waiting.append(LedgerRows.Waiting(report, of: id, isAside: true)) }
        }
        for queue in deliveries.queues {
            rows.endpoints.append(
                LedgerRows.Endpoint(name: queue.name, since: queue.since, isConfigured: queue.isConfigured))
            for id in payments {
                for position in queue.waiting(of: id) {
                    rows.deliveries.append(LedgerRows.Delivery(endpoint: queue.name, payment: id, seq: position.seq))
                }
            }
        }
        return rows
    }

    /// Puts rows in the place of an empty state; false, with the state as it was, when they are not such as
    /// ``rows`` gives. As after a replay, ``resume(now:)`` makes what waits due.
    public mutating func restore(_ rows: LedgerRows) -> Bool {
        rows.counts.isEmpty || restore(LedgerSnapshot(rows))
    }
}

extension LedgerRows.Known {
    init(_ known: KnownPayment) {
        self.init(
            payment: known.id, seq: known.seq, fingerprint: Int64(bitPattern: known.fingerprint),
            updatedAt: known.updatedAt)
    }
}

extension LedgerRows.Waiting {
    init(_ report: WaitingReport, of id: PaymentID, isAside: Bool) {
        self.init(
            payment: id, seq: report.seq, fingerprint: Int64(bitPattern: report.fingerprint), isAside: isAside)
    }
}

extension LedgerSnapshot {
    /// The words that say what rows say.
    init(_ rows: LedgerRows) {
        var words = rows.counts.map { UInt64(bitPattern: $0) }
        words.append(UInt64(rows.known.count))
        for known in rows.known {
            words += [known.payment, known.seq, known.fingerprint, known.updatedAt].map { UInt64(bitPattern: $0) }
        }
        for isAside in [false, true] {
            let reports = rows.waiting.filter { $0.isAside == isAside }
            words.append(UInt64(reports.count))
            for report in reports {
                words += [report.payment, report.seq, 0, report.fingerprint].map { UInt64(bitPattern: $0) }
            }
        }
        words.append(UInt64(rows.endpoints.count))
        let waiting = Dictionary(grouping: rows.deliveries, by: \.endpoint)
        for endpoint in rows.endpoints {
            var queue = EndpointQueue(name: endpoint.name, since: endpoint.since)
            queue.isConfigured = endpoint.isConfigured
            for delivery in waiting[endpoint.name] ?? [] {
                queue.append(delivery.payment, DeliveryPosition(seq: delivery.seq, offset: 0), now: nil)
            }
            words.append(queue)
        }
        self.init(words: words)
    }
}
