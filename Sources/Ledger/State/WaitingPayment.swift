package import Payments

/// A payment with reports that wait for their verdict, for people to look at.
package struct WaitingPayment: Hashable, Sendable {
    /// The payment.
    package let id: PaymentID
    /// The oldest of the reports that wait.
    package let seq: Int64
    /// Where that one's record begins, in bytes from the start of its segment.
    package let offset: Int64
    /// How many wait.
    package let reports: Int
    /// Calls that were made for it since this program started.
    package let attempts: Int
}

extension LedgerState {
    /// The payments that have waited longest, at most `limit`. Looks at all that wait: for people, not for each request.
    package func longestWaiting(_ limit: Int) -> [WaitingPayment] {
        var found: [WaitingPayment] = []
        pending.forEachSlot { slot in
            guard let candidate = waiting(slot) else { return }
            if found.count == limit, let last = found.last, last.seq < candidate.seq { return }
            found.insert(candidate, at: found.firstIndex { $0.seq > candidate.seq } ?? found.count)
            if found.count > limit { found.removeLast() }
        }
        return found
    }

    private func waiting(_ slot: Int) -> WaitingPayment? {
        var oldest: WaitingReport?
        var count = 0
        pending[slot].forEachReport { report in
            count += 1
            if oldest.map({ report.seq < $0.seq }) ?? true { oldest = report }
        }
        return oldest.map { oldest in
            WaitingPayment(
                id: pending[slot].id, seq: oldest.seq, offset: oldest.offset, reports: count,
                attempts: Int(pending[slot].attempts))
        }
    }

    /// Payments with reports that are set aside now.
    package var abandonedCount: Int { pending.abandoned.count }

    /// The record of the newest report; 0 before there is one.
    package var newestReportSeq: Int64 { newestReport }

    /// The record by which a payment was confirmed last; 0 before there is one.
    package var newestConfirmationSeq: Int64 {
        var newest: Int64 = 0
        known.forEachSlot { newest = max(newest, known[$0].seq) }
        return newest
    }
}
