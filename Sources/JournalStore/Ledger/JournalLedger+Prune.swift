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
        try maintenanceQueue.perform { Result { try pruneAlone(before) } }.get()
    }

    /// The same for what is older than that, by the clock that records are dated by.
    package func prune(olderThan keep: Duration) throws -> PruneReport {
        try prune(before: wallClock() - keep.nanoseconds)
    }

    private func pruneAlone(_ before: Int64) throws -> PruneReport {
        let plan = try journal.prunePlan(before: before, hold: state.withLock { $0.pruningHold })
        if plan.report.segments.isEmpty { return plan.report }
        let kept = try keepWords(plan)
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

    /// Writes anew what the segments hold and nothing behind them says. Answers how many payments that is, and one that could
    /// not be kept now.
    private func keepWords(_ plan: PrunePlan) throws -> (count: Int, busy: PaymentID?) {
        var kept: (count: Int, busy: PaymentID?) = (0, nil)
        var words: [LastWord] = []
        var bytes = 0
        var baseline: Record?
        try journal.forEachEntry(of: plan) { entry in
            if case .baseline = entry.record { baseline = entry.record }
            guard let (payment, current) = entry.record.knowledge,
                state.withLock({ $0.isLastWord(entry.seq, on: payment) })
            else { return }
            words.append(LastWord(payment: payment, current: current, seq: entry.seq))
            bytes += current.count
            guard bytes >= Self.batchBytes else { return }
            try keep(&words, &kept)
            bytes = 0
        }
        try keep(&words, &kept)
        // Without it the next start would take the baseline again.
        if let baseline { try appendDurably([baseline]) }
        return kept
    }

    /// Appends words and waits until they are durable.
    func keep(_ words: inout [LastWord], _ kept: inout (count: Int, busy: PaymentID?)) throws(JournalFault) {
        var moves: [(payment: PaymentID, old: Int64, new: Int64)] = []
        var failure: JournalUnavailable?
        let ticket = state.withLock { state in
            words.removeAll { !state.isLastWord($0.seq, on: $0.payment) }
            // Their answers may be in the journal already, and the old words must not stand behind these.
            kept.busy = words.last { state.isInFlight($0.payment) }?.payment ?? kept.busy
            words.removeAll { state.isInFlight($0.payment) }
            do throws(JournalUnavailable) {
                let positions = try journal.append(words.map(\.record), time: wallClock())
                if let last = positions.last { frontier.withLock { $0.last = last } }
                moves = zip(words, positions).map { ($0.payment, $0.seq, $1.seq) }
            } catch { failure = error }
            frontier.withLock { $0.underWay += 1 }
            return waiters.ticket(for: moves.last?.new ?? 0)
        }
        words.removeAll(keepingCapacity: true)
        journal.flush()
        let result = ticket.known
        state.withLock { state in
            for move in moves where move.new <= result?.durable ?? 0 {
                state.repeated(move.payment, from: move.old, as: move.new)
            }
            frontier.withLock { $0.underWay -= 1 }
        }
        kept.count += moves.count
        // Not one segment goes before every word that stood in it is on the disk elsewhere.
        if let failure = failure ?? result?.failure { throw .unavailable(failure) }
    }

    /// Appends records, waits until they are durable, and applies those that are.
    func appendDurably(
        _ records: [Record], apply: (inout LedgerState, ArraySlice<Record>) -> Void = { _, _ in }
    ) throws(JournalFault) {
        do throws(JournalUnavailable) {
            let (positions, ticket) = try state.withLock { _ throws(JournalUnavailable) in
                let positions = try journal.append(records, time: wallClock())
                frontier.withLock { frontier in
                    frontier.last = positions.last ?? frontier.last
                    frontier.underWay += 1
                }
                return (positions, waiters.ticket(for: positions.last?.seq ?? 0))
            }
            journal.flush()
            let result = ticket.known
            state.withLock { state in
                apply(&state, records.prefix(positions.count { $0.seq <= result?.durable ?? 0 }))
                frontier.withLock { $0.underWay -= 1 }
            }
            if let failure = result?.failure { throw failure }
        } catch {
            throw .unavailable(error)
        }
    }
}

/// The last word on a payment, in a segment that is about to go.
struct LastWord {
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
