import Dispatch
import JournalFormat
package import Ledger
import Payments
import POSIX
import Synchronization

// Pruning: old segments in which everything is settled go. What they knew of each payment is first written into the journal's
// end, and synced, so that nothing is forgotten.
extension JournalLedger {
    /// So many bytes of words are written together: enough to be fast, few enough to hold up no report.
    static var batchBytes: Int { 256 << 10 }

    /// Drops the oldest segments whose last record is older than `before` (nanoseconds since 1970), as far as everything in
    /// them is settled; never the last segment. Blocks until the disk has done its part.
    package func prune(before: Int64) throws -> PruneReport {
        do { return try maintenanceQueue.perform { Result { try pruneAlone(before) } }.get() } catch {
            tell(ofDamageIn: error)
            throw error
        }
    }

    /// The same for what is older than that, by the clock that records are dated by.
    package func prune(olderThan keep: Duration) throws -> PruneReport {
        try prune(before: wallClock() - keep.nanoseconds)
    }

    private func pruneAlone(_ before: Int64) throws -> PruneReport {
        let plan = try journal.prunePlan(before: before, hold: state.withLock { $0.pruningHold })
        if plan.report.segments.isEmpty { return plan.report }
        let kept = try keepLastAnswers(plan)
        if let busy = kept.busy {
            var report = PruneReport()
            report.heldBy = "payment \(busy), for which an API call was under way; the next attempt may succeed"
            return report
        }
        // The last one may stand in what goes, and a start without any has to read everything.
        _ = writeCheckpoint()
        try journal.drop(plan)
        var report = plan.report
        report.known = kept.count
        return report
    }

    // MARK: Keeping

    /// Writes anew what the segments hold and nothing behind them says. Returns how many payments that is, and one that could
    /// not be kept now.
    private func keepLastAnswers(_ plan: PrunePlan) throws -> (count: Int, busy: PaymentID?) {
        var kept: (count: Int, busy: PaymentID?) = (0, nil)
        var words: [LastAnswer] = []
        var bytes = 0
        var baseline: Record?
        try journal.forEachEntry(of: plan) { entry in
            if case .baseline = entry.record { baseline = entry.record }
            guard let (payment, current) = entry.record.knowledge,
                state.withLock({ $0.isLastAnswer(entry.seq, on: payment) })
            else { return }
            words.append(LastAnswer(payment: payment, current: current, seq: entry.seq))
            bytes += current.count
            guard bytes >= Self.batchBytes else { return }
            try keep(&words, &kept)
            bytes = 0
        }
        try keep(&words, &kept)
        // Without it the next start would take the baseline again.
        if let baseline { try appendDurably([(baseline, .baseline)]) }
        return kept
    }

    /// Appends words and waits until they are durable.
    func keep(_ words: inout [LastAnswer], _ kept: inout (count: Int, busy: PaymentID?)) throws(JournalFault) {
        let candidates = words
        words.removeAll(keepingCapacity: true)
        do throws(JournalUnavailable) {
            try write { state in
                let current = candidates.filter { state.isLastAnswer($0.seq, on: $0.payment) }
                // Their answers may be in the journal already, and the old words must not stand behind these.
                kept.busy = current.last { state.isInFlight($0.payment) }?.payment ?? kept.busy
                let words = current.filter { !state.isInFlight($0.payment) }
                let appended = append(
                    words.map { ($0.record, .repeated($0.payment, from: $0.seq)) }, to: &state)
                kept.count += appended.written.count
                return appended
            }
        } catch {
            // Not one segment goes before every word that stood in it is on the disk elsewhere.
            throw .unavailable(error)
        }
    }

    /// Appends records, waits until they are durable, and applies those that are.
    func appendDurably(_ records: [(record: Record, change: LedgerChange)]) throws(JournalFault) {
        do throws(JournalUnavailable) { try write { append(records, to: &$0) } } catch { throw .unavailable(error) }
    }
}

/// The last word on a payment, in a segment that is about to go.
struct LastAnswer {
    let payment: PaymentID
    let current: [UInt8]
    let seq: Int64
    /// Reports in segments that stay, which something that goes has settled.
    var reports: [Int64] = []

    /// What says it anew.
    var record: Record {
        if reports.isEmpty { return .known(payment: payment, current: current) }
        return .confirmed(
            Record.Confirmed(payment: payment, current: current, news: false, of: reports, cause: .webhook))
    }
}
