// What a journal needs to be told before it drops old records.
extension LedgerState {
    /// The oldest report that waits or was set aside, and its payment: what stands before it is settled.
    public var oldestUnsettled: (seq: Int64, payment: PaymentID)? {
        var oldest: (seq: Int64, payment: PaymentID)?
        func consider(_ report: WaitingReport, _ id: PaymentID) {
            if report.seq < oldest?.seq ?? .max { oldest = (report.seq, id) }
        }
        pending.forEachSlot { slot in
            let id = pending[slot].id
            pending[slot].forEachReport { consider($0, id) }
        }
        for (id, reports) in abandoned {
            for report in reports { consider(report, id) }
        }
        return oldest
    }

    /// Whether a record holds the last word on a payment.
    public func isLastWord(_ seq: Int64, on id: PaymentID) -> Bool {
        known.slot(of: id).map { known[$0].seq == seq } ?? false
    }

    /// Whether a call for a payment is under way, whose answer may be on its way to the journal.
    public func isInFlight(_ id: PaymentID) -> Bool { inFlight[id] != nil }

    /// Applies a `known` record that repeats the last word on a payment, unless another has been spoken since.
    public mutating func repeated(_ id: PaymentID, from old: Int64, as seq: Int64) {
        guard let slot = known.slot(of: id), known[slot].seq == old else { return }
        known[slot].seq = seq
    }
}
