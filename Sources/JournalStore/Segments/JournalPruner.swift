import JournalFormat
package import Ledger
import POSIX

/// Prunes a journal that no daemon works on. The caller holds the journal's lock.
package enum JournalPruner {
    /// Enough to replay with; nothing is claimed here, and no report is taken.
    private static let limits = LedgerState.Limits(maxPending: .max, confirmRate: 1, confirmWindow: .zero)

    /// Drops the oldest segments whose last record is older than `before` (nanoseconds since 1970), as far as everything in
    /// them is settled; never the last segment. With `dryRun` it only tells, and changes nothing.
    package static func run(
        _ disk: any Disk, before: Int64, segmentBytes: Int64, dryRun: Bool
    ) throws(JournalFault) -> PruneReport {
        let (state, opened) = try read(disk)
        guard let opened else { return PruneReport() }
        let plan = try plan(disk, state, before)
        if dryRun || plan.segments.isEmpty { return try count(plan, state) }
        let ledger = try FileLedger(
            disk, .init(limits: limits, minimumFreeBytes: 0),
            journal: .init(
                segmentBytes: segmentBytes, version: opened.version, api: opened.api, client: opened.client),
            randomID: opened.journal, seed: 0)
        defer { ledger.close() }
        do { return try ledger.prune(before: before) } catch let fault as JournalFault { throw fault } catch {
            preconditionFailure("a journal in files throws only its own faults: \(error)")
        }
    }

    /// Reads all of it: a journal that is not whole is not pruned.
    private static func read(_ disk: any Disk) throws(JournalFault) -> (LedgerState, Record.Opened?) {
        var state = LedgerState(limits: limits, seed: 0, now: Instant(nanoseconds: 0))
        var opened: Record.Opened?
        let fault: Damage?
        do throws(SystemError) {
            fault = try JournalReader(disk).forEachLine { line, entry in
                if case .opened(let found) = entry.record { opened = found }
                // It has just been read, so it can be read once more.
                guard let head = try? RecordLine(checking: line.span), let view = try? EntryView(head, line.span) else {
                    return
                }
                state.replay(view, line.span, offset: 0)
            }
        } catch { throw .system(error) }
        if let fault { throw .damaged(fault) }
        return (state, opened)
    }

    private static func plan(_ disk: any Disk, _ state: LedgerState, _ before: Int64) throws(JournalFault)
        -> SegmentPrunePlan
    {
        let segments: [Int64]
        do throws(SystemError) { segments = try JournalReader(disk).segments } catch { throw .system(error) }
        return try SegmentPrunePlan(disk, segments: segments, before: before, hold: state.pruningHold)
    }

    private static func count(_ plan: SegmentPrunePlan, _ state: LedgerState) throws(JournalFault) -> PruneReport {
        var report = plan.report
        try plan.forEachEntry { (entry) throws(JournalFault) in
            if let payment = entry.record.payment, state.isLastAnswer(entry.seq, on: payment) { report.known += 1 }
        }
        return report
    }
}
