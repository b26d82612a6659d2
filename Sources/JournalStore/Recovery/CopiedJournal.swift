import JournalFormat
import POSIX

/// A copy of a journal's directory, brought into a state that a recovery takes for a journal's.
///
/// Whoever copies files one after another while a daemon writes has them as of different instants. A segment may be cut short where it was
/// being written, others may be missing since they were made later or pruned meanwhile, and the files beside them tell of another instant.
/// So what is missing between the segments is a gap: all of that came, or went, behind the instant at which the copying began. Bytes that are
/// wrong are no matter of time; they stay, and are damage as ever.
package struct CopiedJournal {
    /// What was found.
    package struct Report: Sendable {
        /// The last record that is there.
        package fileprivate(set) var last: Int64
        /// The highest number of a record of which something in the copy knows.
        package fileprivate(set) var claimed: Int64 = 0
        /// Files beside the segments that hold what was cut off.
        package fileprivate(set) var kept: [String] = []
        /// Records that are missing, and nothing in the copy says that they were pruned or dropped.
        package fileprivate(set) var missing: [ClosedRange<Int64>] = []
    }

    /// A line that ends with its file, and not with a newline.
    private struct CutLine {
        var segment: Int64
        var offset: Int64
    }

    private let disk: any Disk
    private let extent: JournalExtent
    /// The first numbers of all segments that hold something, and of those that do not.
    private var segments: [Int64] = []
    private var empty: [Int64] = []
    private var cutLines: [CutLine] = []
    /// What is missing between the segments.
    private var gaps: [ClosedRange<Int64>] = []
    private var report: Report

    /// The copy on a disk with which nothing is wrong but what comes from its instants, and its report; nil of one with which something else
    /// is, and of one without a record.
    static func look(_ disk: any Disk) throws(SystemError) -> Report? { try CopiedJournal(disk)?.report }

    /// Brings a copy into order. May be interrupted at any call and begun again. Nil, and nothing is changed, where ``look(_:)`` says so.
    static func prepare(_ disk: any Disk) throws(SystemError) -> Report? {
        guard var copy = try CopiedJournal(disk) else { return nil }
        try copy.cut()
        try copy.tellWhatIsThere()
        return copy.report
    }

    private init?(_ disk: any Disk) throws(SystemError) {
        self.disk = disk
        let names = try disk.names()
        if names.contains(JournalRepair.markName) || names.contains(JournalCopyWriter.markName) { return nil }
        extent = try JournalExtent(disk)
        report = Report(last: 0)
        report.claimed = max(
            try DurableMark.read(from: disk), try Checkpoint.seq(on: disk) ?? 0,
            try SegmentManifest.read(from: disk)?.segments.last?.last ?? 0)
        for segment in extent.segments { guard try read(segment) else { return nil } }
        guard let first = segments.first else { return nil }
        report.missing = gaps.flatMap { extent.dropped.rest(of: $0) }
        if first > extent.beginning { report.missing.insert(extent.beginning...(first - 1), at: 0) }
    }

    // MARK: Looking

    /// Reads a segment; false when bytes of it are wrong.
    private mutating func read(_ segment: Int64) throws(SystemError) -> Bool {
        let file = try disk.open(SegmentName.name(firstSeq: segment), .read)
        defer { disk.close(file) }
        // Its numbers have been given already.
        if !segments.isEmpty, segment <= report.last { return false }
        var next = segment
        var reader = SegmentReader(disk, file, completes: true)
        reading: while true {
            switch try reader.next() {
            case .line:
                guard let seq = (try? RecordLine(checking: reader.line.span))?.seq, seq >= next else { return false }
                // Whole lines go only when a segment is compacted, which may have been before or after the other files were copied.
                if seq > next { gaps.append(next...seq - 1) }
                next = seq + 1
            case .tooLong: return false
            case .rest(let offset):
                cutLines.append(CutLine(segment: segment, offset: offset))
                break reading
            case .end: break reading
            }
        }
        if next == segment {
            empty.append(segment)
            return true
        }
        guard case .opened(let opened)? = try disk.head(of: segment)?.record else { return false }
        if let last = segments.last, segment > report.last + 1 {
            // No chain tells behind a gap whether a segment belongs there.
            guard case .opened(let before)? = try disk.head(of: last)?.record, before.journal == opened.journal else {
                return false
            }
            gaps.append(report.last + 1...segment - 1)
        }
        segments.append(segment)
        report.last = next - 1
        return true
    }

    // MARK: Cutting

    /// Cuts off what is no whole line, and has all that stays be on the disk: who copies need not have synced it.
    private mutating func cut() throws(SystemError) {
        for line in cutLines {
            let name = SegmentName.name(firstSeq: line.segment)
            let file = try disk.open(name, .write)
            defer { disk.close(file) }
            if let kept = try TornTail.cut(disk, file, segment: name, at: line.offset, fault: nil).copy {
                report.kept.append(kept)
            }
        }
        for segment in empty { try disk.unlink(SegmentName.name(firstSeq: segment)) }
        let names = try disk.names()
        for name in segments.map(SegmentName.name(firstSeq:)) + JournalFiles.ofRecords.filter(names.contains) {
            let file = try disk.open(name, .read)
            defer { disk.close(file) }
            try disk.synchronize(file)
        }
        try disk.synchronizeDirectory()
    }

    /// Has the files beside the segments say what there is, and claim no more. What they do not claim is written anew by the recovery.
    private func tellWhatIsThere() throws(SystemError) {
        guard let first = segments.first else { return }
        // First what is given up: until the other file says so too, each start finds it missing once more.
        let before = try DroppedRanges.read(from: disk, DroppedRanges.gapsName)
        let given = DroppedRanges(before.ranges + report.missing.filter { $0.lowerBound > first })
        if given != before { try given.write(to: disk, DroppedRanges.gapsName) }
        // What was dropped from within a segment, and is there still.
        let within = extent.dropped.ranges.filter { range in
            range.upperBound < segments.last ?? 0 && !segments.contains { range.contains($0) }
        }
        let dropped = DroppedRanges(gaps + within)
        if dropped != extent.dropped { try dropped.write(to: disk) }
        if first != max(1, extent.pruned) { try PruneMark.write(first, disk) }
        if var manifest = try SegmentManifest.read(from: disk) {
            var changed: Set<Int64> = []
            for known in manifest.segments {
                if segments.contains(known.first), try disk.size(of: known.first) == known.size { continue }
                changed.insert(known.first)
            }
            manifest.removeAll { changed.contains($0.first) }
            if !changed.isEmpty { try disk.replace(SegmentManifest.name, with: manifest.encode()) }
        }
        if try DurableMark.read(from: disk) > report.last {
            try disk.replace(DurableMark.name, with: DurableMark.encode(report.last))
        }
        if let seq = try Checkpoint.seq(on: disk), seq > report.last { try disk.unlink(Checkpoint.name) }
        try disk.synchronizeDirectory()
    }
}
