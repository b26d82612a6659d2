import Dispatch
import JournalFormat
import POSIX
import Payments
import Synchronization

// When the disk runs low, segments with nothing but refuted reports go, wherever they stand: a forger's flood does not fill the
// disk for good.
extension FileLedger {
    /// Whether the disk has less than twice the room below which no report is taken.
    public var isLowOnSpace: Bool { freeBytes / 2 < minimumFree }

    /// How much that is, for people.
    public var spaceLeft: String {
        "the disk has \(freeBytes) bytes free, less than twice ECRYPTOPAY_MIN_FREE_BYTES=\(minimumFree)"
    }

    /// The first number of the segment that is written to.
    public var newestSegment: Int64 { journal.segments.last ?? 0 }

    /// Drops all segments, but for the last one, in which every report was refuted and nothing else is said. Blocks until the
    /// disk has done its part; the first time, the whole journal is read, as long as `isWanted` says so.
    public func dropRefuted(while isWanted: () -> Bool = { true }) throws(JournalFault) -> PruneReport {
        var report = PruneReport()
        guard hasBaseline else {
            report.heldBy = "no listing of all payments has completed the baseline yet"
            return report
        }
        let (disk, durable, segments) = (journal.disk, journal.durable, journal.segments)
        let (going, kept) = try survey.withLock { survey throws(JournalFault) in
            try survey.read(disk, segments, upTo: durable, while: isWanted)
            let dropped: DroppedRanges
            do throws(SystemError) { dropped = try DroppedRanges.read(from: disk) } catch { throw .system(error) }
            let going = survey.going(dropped)
            return (going, try survey.refutationsToKeep(disk, going))
        }
        // Dispatch hands on untyped errors only.
        let result = maintenanceQueue.perform { () -> Result<PruneReport, JournalFault> in
            do throws(JournalFault) {
                if !kept.isEmpty { try repeatRefutations(kept) }
                do throws(SystemError) { return .success(try drop(going)) } catch { throw .system(error) }
            } catch { return .failure(error) }
        }
        return try result.get()
    }

    /// Writes anew what was refuted, and waits until it is durable.
    private func repeatRefutations(_ records: [Record]) throws(JournalFault) {
        try appendDurably(records) { state, records in
            for case .refuted(let payment, let of, _) in records { state.refuted(payment, of: of) }
        }
    }

    private func drop(_ ranges: [ClosedRange<Int64>]) throws(SystemError) -> PruneReport {
        var report = PruneReport()
        // Some may have been pruned meanwhile.
        let present = Set(journal.segments)
        let ranges = ranges.filter { present.contains($0.lowerBound) }
        for range in ranges {
            let name = SegmentName.name(firstSeq: range.lowerBound)
            let file = try journal.disk.open(name, .read)
            defer { journal.disk.close(file) }
            report.bytes += try journal.disk.size(file)
            report.records += Int64(range.count)
            report.segments.append(name)
        }
        guard !ranges.isEmpty else {
            report.heldBy = "no segment that is full holds nothing but refuted reports"
            return report
        }
        // The last one may stand in what goes, and a start without any has to read everything.
        _ = writeCheckpoint()
        try journal.dropSegments(ranges)
        return report
    }
}
