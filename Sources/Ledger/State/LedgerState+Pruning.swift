package import Payments

/// From which record on a journal must be kept, and why.
package struct PruningHold: Hashable, Sendable {
    /// The record.
    package let seq: Int64
    /// Why, for people.
    package let reason: String
}

// What a journal needs to be told before it drops old records.
extension LedgerState {
    /// What may not be dropped: all, before the baseline is complete; else the oldest report that waits or was set aside, and
    /// what follows it, or the oldest confirmation that waits to be delivered. Nil when everything is settled.
    package var pruningHold: PruningHold? {
        // What changed since the journal's first record is news, and only that record says since when.
        guard hasBaseline else {
            return PruningHold(seq: 0, reason: "the baseline, which no listing of all payments has completed yet")
        }
        let report = oldestUnsettled.map { unsettled in
            PruningHold(
                seq: unsettled.seq,
                reason: "record \(unsettled.seq), a report of payment \(unsettled.payment) that is not settled")
        }
        let delivery = deliveries.oldest.map { waiting in
            PruningHold(
                seq: waiting.seq,
                reason: "record \(waiting.seq), a confirmation of payment \(waiting.payment) that is not delivered")
        }
        return [report, delivery].compactMap { $0 }.min { $0.seq < $1.seq }
    }

    private var oldestUnsettled: (seq: Int64, payment: PaymentID)? {
        var oldest: (seq: Int64, payment: PaymentID)?
        func consider(_ report: WaitingReport, _ id: PaymentID) {
            if report.seq < oldest?.seq ?? .max { oldest = (report.seq, id) }
        }
        pending.forEachSlot { slot in
            let id = pending[slot].id
            pending[slot].forEachReport { consider($0, id) }
        }
        for (id, reports) in pending.abandoned {
            for report in reports { consider(report, id) }
        }
        return oldest
    }

    /// Of how many payments the last word stands before a record.
    package func knownCount(before seq: Int64) -> Int {
        var count = 0
        known.forEachSlot { if known[$0].seq < seq { count += 1 } }
        return count
    }

    /// Whether a record holds the last word on a payment.
    package func isLastAnswer(_ seq: Int64, on id: PaymentID) -> Bool {
        known.slot(of: id).map { known[$0].seq == seq } ?? false
    }

    /// The record that holds the last word on a payment; nil when nothing is known of it.
    package func lastAnswer(on id: PaymentID) -> Int64? { known.slot(of: id).map { known[$0].seq } }

    /// Whether a call for a payment is under way, whose answer may be on its way to the journal.
    package func isInFlight(_ id: PaymentID) -> Bool { pending.calls[id] != nil }

    /// Forgets reports of a snapshot whose records are gone since. To be called before anything is replayed on it.
    package mutating func forgetReports(where isGone: (Int64) -> Bool) {
        var gone: [(PaymentID, [Int64])] = []
        pending.forEachSlot { slot in
            let seqs = pending[slot].reports.map(\.seq).filter(isGone)
            if !seqs.isEmpty { gone.append((pending[slot].id, seqs)) }
        }
        for (id, seqs) in gone { pending.settle(id, seqs) }
        for id in pending.abandoned.keys { pending.settleAbandoned(id, where: isGone) }
    }

    /// Applies a `known` record that repeats the last word on a payment, unless another has been spoken since.
    package mutating func repeated(_ id: PaymentID, from old: Int64, as seq: Int64) {
        guard let slot = known.slot(of: id), known[slot].seq == old else { return }
        known[slot].seq = seq
    }
}
