package import JournalFormat
package import POSIX

/// Looks at every line of a journal, goes on behind bad ones, and lists all that is wrong. Changes nothing.
package struct JournalAudit {
    /// The most problems that are listed; they are counted beyond.
    package static let listedProblems = 1000

    /// What was found.
    package struct Report: Sendable {
        /// Good records.
        package fileprivate(set) var records = 0
        /// How many of them are of each kind that this version does not know and may pass over.
        package fileprivate(set) var passedOver: [String: Int] = [:]
        /// All bytes of all segments.
        package fileprivate(set) var bytes: Int64 = 0
        /// How many segments there are.
        package fileprivate(set) var segments = 0
        /// The first of what is wrong, in order.
        package fileprivate(set) var problems: [Damage] = []
        /// How much is wrong.
        package fileprivate(set) var problemCount = 0
        /// How much of that is no damage, but a later version's, and the first of it.
        package fileprivate(set) var laterCount = 0
        package fileprivate(set) var laterVersion: LaterVersion?
        /// Everything up to this record had been synced.
        package fileprivate(set) var claimed: Int64 = 0
        /// Whether it is the beginning of a copy that was not brought to its end.
        package fileprivate(set) var isHalfCopied = false
        /// What a copy of a journal is found to be that is not damaged, but may have files of different instants.
        package fileprivate(set) var copy: CopiedJournal.Report?
        /// The record that should stand where the first problem is.
        fileprivate var firstLost: Int64 = 0

        /// Whether all that is wrong stands behind everything that is known to have been synced, so that the next start of the
        /// daemon sets it aside.
        package var isTornTail: Bool {
            switch problems.first?.fault {
            // What this version cannot read, a later one may have written: no start cuts that off.
            case nil, .content, .laterVersion, .noHead, .notWhole: false
            default: firstLost > claimed
            }
        }
    }

    private let disk: any Disk
    private let progress: (_ read: Int64, _ all: Int64) -> Void
    private var extent: JournalExtent
    /// What is known of closed segments.
    private let manifest: SegmentManifest?
    /// The segment before, and the checksum of its bytes; nil behind a gap.
    private var previous: (opened: Record.Opened, checksum: UInt32)?
    private var report = Report()
    private var all: Int64 = 0
    /// The bytes of all segments before the one that is read.
    private var base: Int64 = 0
    private var expected: Int64
    /// The newest `opened` record.
    private var opened: Record.Opened?
    /// What follows is of a format that this version cannot judge.
    private var isOfLaterFormat = false

    /// Reads all of it. `progress` hears of the bytes read and of how many there are.
    package static func run(
        _ disk: any Disk, progress: (_ read: Int64, _ all: Int64) -> Void = { _, _ in }
    ) throws(SystemError) -> Report {
        try withoutActuallyEscaping(progress) { progress throws(SystemError) in
            let mark = max(try DurableMark.read(from: disk), Checkpoint.read(disk)?.seq ?? 0)
            let extent = try JournalExtent(disk)
            let segments = extent.segments
            var audit = JournalAudit(
                disk: disk, progress: progress, extent: extent,
                // What cannot be read is told when its turn comes.
                (try? SegmentManifest.read(of: extent, from: disk)) ?? nil)
            audit.report.claimed = mark
            audit.report.isHalfCopied = try JournalCopyWriter.unfinished(disk) != nil
            audit.report.segments = segments.count
            try audit.read(segments)
            // Last: what is wrong with a segment costs more.
            try audit.noteFiles()
            if try disk.isCopy() { audit.report.copy = try CopiedJournal.look(disk) }
            return audit.report
        }
    }

    private init(
        disk: any Disk, progress: @escaping (Int64, Int64) -> Void, extent: JournalExtent, _ manifest: SegmentManifest?
    ) {
        self.manifest = manifest
        self.disk = disk
        self.progress = progress
        self.extent = extent
        expected = min(extent.beginning, extent.segments.first ?? .max)
    }

    private mutating func read(_ segments: [Int64]) throws(SystemError) {
        for first in segments {
            guard let file = try disk.openUnlessPruned(first) else { continue }
            defer { disk.close(file) }
            all += try disk.size(file)
        }
        for (index, first) in segments.enumerated() {
            noteGone(upTo: first)
            if try read(first, isLast: first == segments.last) { continue }
            if isOfLaterFormat { return }
            // Pruned since it was listed: what goes on behind it is the journal now.
            expected = index + 1 < segments.count ? segments[index + 1] : expected
        }
        expected = extent.dropped.next(from: expected)
        if expected <= report.claimed {
            let name = SegmentName.name(firstSeq: segments.last ?? extent.beginning)
            note(name, report.bytes - base, .missing(expected: expected, claimed: report.claimed), at: expected)
        }
    }

    /// False when the segment is gone, or what follows cannot be judged.
    private mutating func read(_ first: Int64, isLast: Bool) throws(SystemError) -> Bool {
        let name = SegmentName.name(firstSeq: first)
        let next = expected
        expected = extent.expected(expected, at: first)
        if first != next { previous = nil }
        if first != expected {
            let isFirst = first == extent.segments.first
            let missing = isFirst ? try extent.missingBeginning(disk) : nil
            let damage = if let missing { missing } else { try extent.misplaced(first, expected: expected, disk) }
            note(damage, at: expected)
        }
        // The name of a segment claims all that stands before it.
        report.claimed = max(report.claimed, first - 1)
        expected = first
        guard let file = try disk.openUnlessPruned(first) else { return false }
        defer { disk.close(file) }
        var reader = SegmentReader(disk, file)
        base = report.bytes
        let problems = report.problemCount
        while true {
            switch try reader.next() {
            case .end:
                report.bytes = base + reader.offset
                try close(first, file, size: reader.offset, isLast: isLast, isGood: report.problemCount == problems)
                return true
            case .rest(let offset):
                if try !disk.isChanging(file, from: reader.end) {
                    let seq = (try? RecordLine(checking: reader.rest.span))?.seq
                    let isWhole = try seq.map { seq throws(SystemError) in try isNext(seq) } ?? false
                    note(name, offset, isWhole ? .noNewline : .cutShort, at: expected)
                    if isWhole { try check(reader.rest, first, name, offset) }
                }
                report.bytes = base + reader.end
                previous = nil
                return true
            case .tooLong(let offset):
                note(name, offset, .tooLong, at: expected)
                expected += 1
                try reader.skipToNewline()
            case .line(let offset, _):
                try check(reader.line, first, name, offset)
                if isOfLaterFormat { return false }
                if report.records % 4096 == 0 { progress(base + offset, all) }
            }
        }
    }

    private func isNext(_ seq: Int64) throws(SystemError) -> Bool {
        var extent = extent
        return try extent.isNext(seq, from: expected, disk)
    }

    private mutating func check(
        _ line: ArraySlice<UInt8>, _ first: Int64, _ name: String, _ offset: Int64
    ) throws(SystemError) {
        let wanted = expected
        // Behind whatever stands here, the next record is to follow.
        expected += 1
        let isNext =
            if let seq = (try? RecordLine(checking: line.span))?.seq { try extent.isNext(seq, from: wanted, disk) } else
            { false }
        do throws(LineFault) {
            let entry = try Entry(line: line.span)
            report.claimed = max(report.claimed, entry.durable)
            expected = entry.seq + 1
            guard isNext else { return note(extent.fault(entry.seq, insteadOf: wanted, in: first, offset), at: wanted) }
            if extent.isGone(entry.seq) { return }
            guard entry.seq > first || entry.record.kind == "opened" else { throw .noHead }
            report.records += 1
            switch entry.record {
            case .opened(let opened):
                if entry.seq == first { begin(name, opened) }
                self.opened = opened
            case .passedOver(let kind, _): report.passedOver[kind, default: 0] += 1
            default: break
            }
        } catch {
            let fault = error.named { opened?.version }
            if case .laterVersion(let later) = fault {
                report.laterCount += 1
                report.laterVersion = report.laterVersion ?? later
                isOfLaterFormat = later.isFormat
            }
            note(name, offset, fault, at: wanted)
        }
    }

    /// All of a segment has been read: a closed one has to be what it was.
    private mutating func close(
        _ first: Int64, _ file: DiskFile, size: Int64, isLast: Bool, isGood: Bool
    ) throws(SystemError) {
        if isLast { return }
        let checksum = try disk.checksum(file, upTo: size).checksum
        let isCompacted = extent.dropped.overlaps(first...max(first, expected - 1))
        previous = isGood && !isCompacted ? opened.map { ($0, checksum) } : nil
        // A line that is not good has been told already.
        guard isGood, let known = manifest?[first], known.size != size || known.checksum != checksum else { return }
        if isCompacted, try SegmentCompaction.explains(first, disk) { return }
        note(
            Damage(segment: first, offset: 0, fault: .changed(known, size: size, checksum: checksum)), at: first)
    }

    /// A segment begins: it has to be of this journal, and behind the segment that is before it.
    private mutating func begin(_ name: String, _ opened: Record.Opened) {
        if let previous, let fault = opened.fault(behind: previous.opened, previous.checksum) {
            note(name, 0, fault, at: expected)
        }
    }

    /// Closed segments that should stand before that one, and are gone.
    private mutating func noteGone(upTo first: Int64) {
        // What is missing before the first segment is told when that is read.
        if first == extent.segments.first { return }
        for segment in manifest?.segments ?? [] where segment.first >= expected && segment.first < first {
            note(extent.missing(segment), at: segment.first)
            expected = segment.last + 1
            previous = nil
        }
    }

    /// The files beside the segments that count have to be whole.
    private mutating func noteFiles() throws(SystemError) {
        let names = try disk.names()
        guard names.contains(SegmentManifest.name), try SegmentManifest.read(from: disk) == nil else { return }
        note(SegmentManifest.name, 0, .notWhole(says: "which segments are closed, and how long they are"), at: .max)
    }

    private mutating func note(_ segment: String, _ offset: Int64, _ fault: LineFault, at seq: Int64) {
        note(Damage(file: segment, offset: offset, fault: fault), at: seq)
    }

    private mutating func note(_ damage: Damage, at seq: Int64) {
        if report.problemCount == 0 { report.firstLost = seq }
        report.problemCount += 1
        guard report.problems.count < Self.listedProblems else { return }
        report.problems.append(damage)
    }
}
