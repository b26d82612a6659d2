import JournalFormat
import Ledger
import POSIX

/// The ledger of a single machine: a journal in files, and its state derived from it.
package typealias FileLedger = JournalLedger<Journal>

extension JournalLedger where Log == Journal {
    /// Recovers the journal on a disk and derives the state from it. Schedules run on `clock`, in nanoseconds; `progress`
    /// hears of the bytes read so far.
    package convenience init(
        _ disk: any Disk, _ options: Options, journal journalOptions: Journal.Options, randomID: String, seed: UInt64,
        clock: @escaping @Sendable () -> Int64 = { Clock.monotonic() }, progress: (Int64) -> Void = { _ in }
    ) throws(JournalFault) {
        try self.init(
            disk, options, journal: journalOptions, randomID: randomID, seed: seed,
            in: JournalEnvironment(monotonic: clock),
            progress: progress)
    }

    /// The same in the environment that are given.
    convenience init(
        _ disk: any Disk, _ options: Options, journal journalOptions: Journal.Options, randomID: String, seed: UInt64,
        in environment: JournalEnvironment, progress: (Int64) -> Void = { _ in }
    ) throws(JournalFault) {
        var state = LedgerState(
            limits: options.limits, seed: seed, now: Instant(nanoseconds: environment.monotonic()))
        var last: JournalPosition?
        let start = try JournalStart(disk, isRestored: journalOptions.isRestored)
        // Without one that is whole and fits, everything is read: that costs time, nothing else.
        var checkpoint = Checkpoint.read(disk)
        if let found = checkpoint, found.isUsable, state.restore(found.snapshot, asOf: found.seq) {
            last = JournalPosition(seq: found.seq, offset: found.offset)
            // Only refuted ones are dropped: they have been since the checkpoint was taken. What a repair gave up still waits for the API.
            let (dropped, gaps): (DroppedRanges, DroppedRanges)
            do throws(SystemError) {
                dropped = try DroppedRanges.read(from: disk)
                gaps = try DroppedRanges.read(from: disk, DroppedRanges.gapsName)
            } catch { throw .system(error) }
            state.forgetReports { dropped.contains($0) && !gaps.contains($0) }
        } else {
            checkpoint?.isUsable = false
        }
        let (journal, recovered) = try Journal.open(
            disk, journalOptions, start, randomID: randomID, time: environment.realtime(), from: checkpoint,
            in: environment, progress: progress, endpoints: { state.endpoints.isEmpty ? nil : state.endpoints }
        ) { entry, line, offset in
            // The head of the checkpoint's segment is shown too, and stands before what the state reflects already.
            guard entry.seq > last?.seq ?? 0 else { return }
            state.replay(entry, line, offset: offset)
            last = JournalPosition(seq: entry.seq, offset: offset)
        }
        self.init(
            journal, recovered, state, last: last,
            checkpointed: checkpoint?.isUsable == true ? checkpoint?.seq ?? 0 : 0, options, in: environment)
        if let (_, copy) = recovered.restore, !hasBaseline,
            (journal.segments.first ?? 1) > 1 || copy?.missing.isEmpty == false
        {
            // Nothing is pruned or dropped before the baseline is complete, so it was. Taken anew, it would pass over all that has changed.
            try appendDurably([(.baseline(count: 0), .baseline)])
        }
    }
}
