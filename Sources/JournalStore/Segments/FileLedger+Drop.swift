import Dispatch
import JournalFormat
package import Ledger
import Payments
import POSIX
import Synchronization

// When the disk runs low, segments with nothing but reports that told nothing go, wherever they stand: a forger's flood does not
// fill the disk for good, whether its reports are refuted or, of payments that exist, settled without news.
extension JournalLedger where Log == Journal {
    /// Whether the disk has less than twice the room below which no report is taken.
    package var isLowOnSpace: Bool { freeBytes / 2 < minimumFree }

    /// How much that is, for people.
    package var spaceLeft: String {
        "the disk has \(freeBytes) bytes free, less than twice ECRYPTOPAY_MIN_FREE_BYTES=\(minimumFree)"
    }

    /// The first number of the segment that is written to.
    package var newestSegment: Int64 { journal.segments.last ?? 0 }

    /// Drops all segments, but for the last one, in which every report was refuted or settled without news, and nothing else is
    /// said. Blocks until the disk has done its part; the first time, the whole journal is read, as long as `isWanted` says so.
    package func dropRefuted(while isWanted: () -> Bool = { true }) throws(JournalFault) -> PruneReport {
        var report = PruneReport()
        guard hasBaseline else {
            report.heldBy = "no listing of all payments has completed the baseline yet"
            return report
        }
        let disk = journal.disk
        let (going, remains) = try scan.withLock { scan throws(JournalFault) in
            try read(&scan, while: isWanted)
            let dropped: DroppedRanges
            do throws(SystemError) { dropped = try DroppedRanges.read(from: disk) } catch { throw .system(error) }
            let going = scan.going(dropped)
            return (going, try scan.remains(disk, going))
        }
        // Dispatch hands on untyped errors only.
        let result = maintenanceQueue.perform { () -> Result<PruneReport, JournalFault> in
            do throws(JournalFault) {
                if !remains.refutations.isEmpty { try repeatRefutations(remains.refutations) }
                if let busy = try repeatWords(remains.settled, going) {
                    var report = PruneReport()
                    report.heldBy = "payment \(busy), for which an API call was under way; the next attempt may succeed"
                    return .success(report)
                }
                do throws(SystemError) { return .success(try drop(going)) } catch { throw .system(error) }
            } catch { return .failure(error) }
        }
        return try result.get()
    }

    /// Reads what has come since the last time.
    private func read(_ scan: inout DroppableScan, while isWanted: () -> Bool = { true }) throws(JournalFault) {
        do throws(JournalFault) {
            try scan.read(journal.disk, journal.segments, upTo: journal.durable, while: isWanted)
            scan.close { reports in
                state.withLock { state in reports.filter { state.hasYielded($0.seq, of: $0.payment) }.map(\.seq) }
            }
        } catch {
            tell(ofDamageIn: error)
            throw error
        }
    }

    /// Compacts segments that have to stay, but for the last one, as long as `isWanted` says so: reports that have their verdict go, where
    /// they are half of a segment. Blocks until the disk has done its part. To be called behind ``dropRefuted(while:)``.
    package func compact(while isWanted: () -> Bool = { true }) throws(JournalFault) -> PruneReport {
        var report = PruneReport()
        guard hasBaseline else { return report }
        while isWanted() {
            // One at a time: others wait for the queue.
            let result = maintenanceQueue.perform { () -> Result<Bool, JournalFault> in
                do throws(JournalFault) { return .success(try compactNext(&report)) } catch { return .failure(error) }
            }
            guard try result.get() else { break }
        }
        return report
    }

    /// False when there is none.
    private func compactNext(_ report: inout PruneReport) throws(JournalFault) -> Bool {
        let disk = journal.disk
        return try scan.withLock { scan throws(JournalFault) in
            try read(&scan)
            // A start from there goes on with that record.
            let pinned = (try? Checkpoint.seq(on: disk)) ?? nil
            for first in scan.wasteful {
                let gone = try scan.gone(from: first, disk, pinned: pinned ?? 0) { seq, payment in
                    state.withLock { $0.isLastAnswer(seq, on: payment) }
                }
                guard let gone else { continue }
                let bytes: Int64
                do throws(SystemError) { bytes = try journal.compact(first, without: gone) } catch {
                    throw .system(error)
                }
                scan.shrank(first, by: bytes)
                report.segments.append(SegmentName.name(firstSeq: first))
                report.records += gone.ranges.reduce(0) { $0 + Int64($1.count) }
                report.bytes += bytes
                return true
            }
            return false
        }
    }

    /// Writes anew what was refuted, and waits until it is durable.
    private func repeatRefutations(_ records: [Record]) throws(JournalFault) {
        try appendDurably(
            records.compactMap { record in
                guard case .refuted(let payment, let of, _) = record else { return nil }
                return (record, .refuted(payment, of: of))
            })
    }

    /// Writes the last word on payments anew, where it stands in what goes or reports that stay need it; returns one that could
    /// not be written now.
    private func repeatWords(
        _ settled: [PaymentID: [Int64]], _ going: [ClosedRange<Int64>]
    ) throws(JournalFault) -> PaymentID? {
        var places: [Int64: (payment: PaymentID, reports: [Int64])] = [:]
        state.withLock { state in
            for (payment, reports) in settled {
                guard let seq = state.lastAnswer(on: payment) else { continue }
                if !reports.isEmpty || going.contains(where: { $0.contains(seq) }) { places[seq] = (payment, reports) }
            }
        }
        var kept: (count: Int, busy: PaymentID?) = (0, nil)
        for segment in Set(places.keys.map(journal.segment(of:))).sorted() {
            var offset: Int64 = 0
            var isWhole = false
            while !isWhole {
                var words: [LastAnswer] = []
                var bytes = 0
                isWhole = true
                try DroppableScan.forEachLine(journal.disk, segment, from: offset) { (line, end) throws(LineFault) in
                    offset = end
                    let seq = try RecordLine(checking: line).seq
                    guard let place = places[seq], let (_, current) = try Entry(line: line).record.knowledge else {
                        return true
                    }
                    words.append(LastAnswer(payment: place.payment, current: current, seq: seq, reports: place.reports))
                    bytes += current.count
                    isWhole = bytes < Self.batchBytes
                    return isWhole
                }
                try keep(&words, &kept)
            }
        }
        // Another word may have been spoken meanwhile; the reports that need this one are told of at the next attempt.
        return kept.busy ?? (kept.count < places.count ? places.values.first?.payment : nil)
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
            report.heldBy = "no segment that is full holds nothing but reports that were refuted or told nothing"
            return report
        }
        // The last one may stand in what goes, and a start without any has to read everything.
        _ = writeCheckpoint()
        try journal.dropSegments(ranges)
        return report
    }
}
