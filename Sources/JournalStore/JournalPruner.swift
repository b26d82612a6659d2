import Glibc
import JournalFormat
import POSIX
import Payments

/// Drops old segments in which everything is settled. What they knew of each payment is first written into the journal as
/// synced `known` records, so that nothing is forgotten.
public struct JournalPruner {
    /// What is dropped.
    public struct Report: Sendable {
        /// The files that go, oldest first.
        public internal(set) var segments: [String] = []
        /// Their bytes.
        public internal(set) var bytes: Int64 = 0
        /// Their records.
        public internal(set) var records: Int64 = 0
        /// Payments whose last word stands in them, and is written anew.
        public internal(set) var known = 0
        /// Why the next segment stays, when an unsettled report is the reason.
        public internal(set) var heldBy: String?
    }

    /// One segment, as far as pruning asks.
    private struct Segment {
        var firstSeq: Int64
        var lastSeq: Int64 = 0
        var lastTime: Int64 = 0
        var bytes: Int64 = 0
    }

    private let disk: any Disk
    private var segments: [Segment] = []
    /// Reports that wait, by number: the payment each is about.
    private var waiting: [Int64: PaymentID] = [:]
    /// The record with the last word on each payment.
    private var lastWord: [PaymentID: Int64] = [:]
    private var opened: Record.Opened?

    /// Drops the oldest segments whose last record is older than `before` (nanoseconds since 1970), as far as everything in
    /// them is settled; never the last segment. The caller holds the journal's lock. With `dryRun` it only tells.
    public static func run(
        _ disk: any Disk, before: Int64, segmentBytes: Int64, time: Int64, dryRun: Bool
    ) throws(JournalFault) -> Report {
        var pruner = JournalPruner(disk: disk)
        try pruner.read()
        let (dropped, report) = pruner.choose(before: before)
        if dryRun || dropped.isEmpty { return report }
        try pruner.keepWords(of: dropped, segmentBytes: segmentBytes, time: time)
        do throws(SystemError) {
            // Oldest first: what is left is a whole journal at every moment.
            for segment in dropped { try disk.unlink(SegmentName.name(firstSeq: segment.firstSeq)) }
            try disk.synchronizeDirectory()
        } catch { throw .system(error) }
        return report
    }

    private init(disk: any Disk) {
        self.disk = disk
    }

    // MARK: Looking

    private mutating func read() throws(JournalFault) {
        let fault: JournalReader.Fault?
        do throws(SystemError) {
            let reader = try JournalReader(disk)
            segments = reader.segments.map { Segment(firstSeq: $0) }
            var index = 0
            fault = try reader.forEachLine { line, entry in
                while index + 1 < segments.count, segments[index + 1].firstSeq <= entry.seq { index += 1 }
                segments[index].lastSeq = entry.seq
                segments[index].lastTime = entry.time
                segments[index].bytes += Int64(line.count) + 1
                note(entry)
            }
        } catch { throw .system(error) }
        if let fault { throw .unreadable(segment: fault.segment, offset: fault.offset, fault: fault.fault) }
    }

    private mutating func note(_ entry: Entry) {
        switch entry.record {
        case .opened(let opened): self.opened = opened
        case .received(let received): waiting[entry.seq] = received.payment
        case .confirmed(let confirmed):
            for seq in confirmed.of { waiting[seq] = nil }
            lastWord[confirmed.payment] = entry.seq
        case .known(let payment, _): lastWord[payment] = entry.seq
        case .refuted(_, let of, _): waiting[of] = nil
        // Set aside, not settled: a new report takes them up again.
        case .abandoned, .closed, .baseline, .delivered, .undeliverable: break
        }
    }

    private func choose(before: Int64) -> ([Segment], Report) {
        var report = Report()
        var dropped: [Segment] = []
        let oldestWaiting = waiting.keys.min() ?? .max
        for segment in segments.dropLast() where segment.lastTime < before {
            guard oldestWaiting > segment.lastSeq else {
                let payment = waiting[oldestWaiting].map { "\($0)" } ?? ""
                report.heldBy = "record \(oldestWaiting), a report of payment \(payment) that is not settled"
                break
            }
            dropped.append(segment)
            report.segments.append(SegmentName.name(firstSeq: segment.firstSeq))
            report.bytes += segment.bytes
            report.records += segment.lastSeq - segment.firstSeq + 1
        }
        let last = dropped.last?.lastSeq ?? 0
        report.known = lastWord.values.count { $0 <= last }
        return (dropped, report)
    }

    // MARK: Keeping

    /// Writes the last words that stand in the segments to be dropped into the journal's end, and syncs them.
    private func keepWords(of dropped: [Segment], segmentBytes: Int64, time: Int64) throws(JournalFault) {
        guard let opened, let last = dropped.last?.lastSeq else { return }
        let options = Journal.Options(
            segmentBytes: segmentBytes, version: opened.version, api: opened.api, client: opened.client)
        let (journal, _) = try Journal.open(disk, options, randomID: opened.journal, time: time) { _, _ in }
        var end: Int64 = 0
        var failure: JournalUnavailable?
        do throws(SystemError) {
            _ = try JournalReader(disk).forEachLine { _, entry in
                guard failure == nil, entry.seq <= last, let payment = entry.record.payment,
                    lastWord[payment] == entry.seq, let current = entry.record.current
                else { return }
                do throws(JournalUnavailable) {
                    end = try journal.append(.known(payment: payment, current: current), time: time).seq
                } catch { failure = error }
            }
        } catch { throw .system(error) }
        journal.close(time: time)
        // Not one segment goes before every word that stood in it is on the disk elsewhere.
        if journal.durable < end || failure != nil {
            throw .system(journal.failure ?? SystemError(call: "pwrite", errno: ENOSPC))
        }
    }
}

extension Record {
    /// The API's payment in a record that tells what is known.
    fileprivate var current: [UInt8]? {
        switch self {
        case .confirmed(let confirmed): confirmed.current
        case .known(_, let current): current
        default: nil
        }
    }
}
