package import JournalFormat
package import POSIX

/// Cuts a journal at an offset that somebody has named, after copying everything behind it aside.
///
/// What is cut may have been acknowledged: this is the last resort, when no backup is there. The journal gets a new id,
/// so that what follows is not taken for what was cut.
package struct JournalRepair {
    /// What was dropped.
    package struct Report: Sendable {
        /// The last record that is left; 0 when none is.
        package internal(set) var lastSeq: Int64 = 0
        /// Good records among what was cut.
        package internal(set) var records = 0
        /// Bytes that were cut.
        package internal(set) var bytes: Int64 = 0
        /// The files beside the segments that hold them now.
        package internal(set) var copies: [String] = []
    }

    /// Why a journal was not cut. Nothing was changed.
    package enum Refusal: Error, Sendable, CustomStringConvertible {
        /// There is no such segment.
        case noSegment(String)
        /// No line begins at the offset.
        case noLine(Int64)
        /// What stands before the offset is not whole.
        case damagedBefore(Damage)
        /// A later version of the program wrote a record that this one cannot read.
        case laterVersion(Damage)
        /// No segment is missing before that one.
        case nothingMissing
        /// No record is missing between the segments.
        case noGap
        /// The file system refused a call.
        case system(SystemError)

        /// What is wrong, and how to mend it.
        package var description: String {
            switch self {
            case .noSegment(let name): "there is no segment \(name); name one that \"ecryptopayd journal verify\" names"
            case .noLine(let offset):
                "no line begins at byte \(offset); name an offset that \"ecryptopayd journal verify\" names"
            case .damagedBefore(let fault): "the journal is damaged before that: \(fault); cut it there"
            case .laterVersion(let fault): "this is no damage, and is not cut: \(fault)"
            case .nothingMissing:
                "no segment is missing before that one; \"ecryptopayd journal verify\" says what is wrong, if something is"
            case .noGap:
                "no record is missing between the segments; \"ecryptopayd journal verify\" says what is wrong, if something is"
            case .system(let error): "\(error)"
            }
        }
    }

    private let disk: any Disk
    private let extent: JournalExtent
    private let segments: [Int64]
    /// The segment that will be the last, and where it will end.
    private var first: Int64
    private var offset: Int64
    private var report = Report()
    private var opened: Record.Opened?

    /// Cuts the journal so that the line at `offset` of the segment that begins with record `first`, and all behind it, are
    /// gone. The caller holds the journal's lock. With `dryRun` it only tells what it would drop.
    package static func cut(
        _ disk: any Disk, segment first: Int64, offset: Int64, randomID: String, time: Int64, dryRun: Bool
    ) throws(Refusal) -> Report {
        var repair: JournalRepair
        let refusal: Refusal?
        do throws(SystemError) {
            repair = JournalRepair(disk: disk, extent: try JournalExtent(disk), first: first, offset: offset)
            refusal = try repair.examine()
        } catch { throw .system(error) }
        if let refusal { throw refusal }
        if dryRun { return repair.report }
        do throws(SystemError) { try repair.cut(randomID: randomID, time: time) } catch { throw .system(error) }
        return repair.report
    }

    /// Has the journal begin with the first segment that is there, though no pruning removed those before it. The caller holds
    /// the journal's lock. Returns how many records are missing.
    package static func acceptBeginning(
        _ disk: any Disk, segment first: Int64, dryRun: Bool
    ) throws(Refusal) -> Int64 {
        let extent: JournalExtent
        do throws(SystemError) { extent = try JournalExtent(disk) } catch { throw .system(error) }
        let (segments, beginning) = (extent.segments, extent.beginning)
        guard segments.contains(first) else { throw .noSegment(SegmentName.name(firstSeq: first)) }
        guard segments.first == first, first > beginning else { throw .nothingMissing }
        if dryRun { return first - beginning }
        do throws(SystemError) {
            try PruneMark.write(first, disk)
            try disk.synchronizeDirectory()
        } catch { throw .system(error) }
        return first - beginning
    }

    /// Has the journal go on without the records that are missing between its segments, which have to be whole. The caller holds the
    /// journal's lock. Returns the records that are missing.
    package static func acceptGaps(_ disk: any Disk, dryRun: Bool) throws(Refusal) -> [ClosedRange<Int64>] {
        let found: Result<DroppedRanges, Refusal>
        let known: DroppedRanges
        do throws(SystemError) {
            let extent = try JournalExtent(disk)
            known = extent.dropped
            found = try gaps(disk, extent)
        } catch { throw .system(error) }
        let gaps = try found.get()
        let dropped = DroppedRanges(gaps.ranges + known.ranges)
        if dropped == known { throw .noGap }
        if dryRun { return gaps.ranges }
        do throws(SystemError) {
            let before = try DroppedRanges.read(from: disk, DroppedRanges.gapsName)
            try DroppedRanges(before.ranges + gaps.ranges).write(to: disk, DroppedRanges.gapsName)
            try dropped.write(to: disk)
            // It misses what is missing.
            if try disk.names().contains(SegmentManifest.name) { try disk.unlink(SegmentManifest.name) }
            try disk.synchronizeDirectory()
        } catch { throw .system(error) }
        return gaps.ranges
    }

    /// What is missing between segments that are whole, and within them, where one was compacted.
    private static func gaps(
        _ disk: any Disk, _ extent: JournalExtent
    ) throws(SystemError) -> Result<DroppedRanges, Refusal> {
        let reader = try JournalReader(disk)
        var gaps: [ClosedRange<Int64>] = []
        var next = extent.segments.first ?? 1
        for first in extent.segments {
            if first > next { gaps.append(next...first - 1) }
            if first < next { return .failure(.damagedBefore(try extent.misplaced(first, expected: next, disk))) }
            // What is wrong with the last one is no gap, and may be a torn tail: the next start sees to it.
            if first == extent.segments.last { break }
            let (last, damage, missing) = try reader.look(at: first)
            if let damage { return .failure(.damagedBefore(damage)) }
            gaps += missing
            // One that is empty holds nothing, and what it should have held is missing.
            next = last.map { $0 + 1 } ?? first
        }
        return .success(DroppedRanges(gaps))
    }

    private init(disk: any Disk, extent: JournalExtent, first: Int64, offset: Int64) {
        self.disk = disk
        self.extent = extent
        segments = extent.segments
        self.first = first
        self.offset = offset
        report.lastSeq = (segments.first ?? 1) - 1
    }

    // MARK: Looking

    /// Reads what is to stay, which must be whole, and what is to go.
    private mutating func examine() throws(SystemError) -> Refusal? {
        // With every segment gone, nothing is left to be cut, and the files that miss them go all the same.
        guard segments.contains(first) || segments.isEmpty && offset == 0 else {
            return .noSegment(SegmentName.name(firstSeq: first))
        }
        for segment in segments {
            let file = try disk.open(SegmentName.name(firstSeq: segment), .read)
            defer { disk.close(file) }
            var reader = SegmentReader(disk, file)
            if segment <= first, let refusal = try keep(segment, &reader) { return refusal }
            if segment >= first, let refusal = try drop(segment, &reader, size: try disk.size(file)) { return refusal }
        }
        try stepBack()
        return nil
    }

    /// A segment whose name is not the next number, because one before it is gone, cannot be gone on with: the one before it
    /// becomes the last.
    private mutating func stepBack() throws(SystemError) {
        guard offset == 0, first != report.lastSeq + 1, let previous = segments.last(where: { $0 < first }) else {
            return
        }
        let file = try disk.open(SegmentName.name(firstSeq: previous), .read)
        defer { disk.close(file) }
        (first, offset) = (previous, try disk.size(file))
    }

    private mutating func keep(_ segment: Int64, _ reader: inout SegmentReader) throws(SystemError) -> Refusal? {
        func damaged(_ place: Int64, _ fault: LineFault) -> Refusal {
            .damagedBefore(
                Damage(segment: segment, offset: place, fault: fault))
        }
        if extent.expected(report.lastSeq + 1, at: segment) == segment { report.lastSeq = segment - 1 }
        if segment < first || offset > 0, segment != report.lastSeq + 1 {
            return damaged(0, .begins(with: segment, insteadOf: report.lastSeq + 1))
        }
        while segment < first || reader.offset < offset {
            let place: Int64
            switch try reader.next() {
            case .line(let offset, _): place = offset
            case .end: return segment < first ? nil : .noLine(offset)
            case .rest(let place): return damaged(place, .cutShort)
            case .tooLong(let place): return damaged(place, .tooLong)
            }
            do throws(LineFault) {
                let entry = try Entry(line: reader.line.span)
                guard extent.expected(report.lastSeq + 1, at: entry.seq) == entry.seq else {
                    throw .sequence(expected: report.lastSeq + 1, found: entry.seq)
                }
                report.lastSeq = entry.seq
                if case .opened(var opened) = entry.record {
                    // A start has not always named them again.
                    opened.endpoints = opened.endpoints ?? self.opened?.endpoints
                    self.opened = opened
                }
            } catch {
                return try refusal(error, segment, place) ?? damaged(place, error)
            }
        }
        return reader.offset == offset ? nil : .noLine(offset)
    }

    private mutating func drop(
        _ segment: Int64, _ reader: inout SegmentReader, size: Int64
    ) throws(SystemError) -> Refusal? {
        report.bytes += size - reader.offset
        while true {
            switch try reader.next() {
            case .line(let place, _):
                if (try? RecordLine(checking: reader.line.span)) != nil { report.records += 1 }
                do throws(LineFault) { _ = try Entry(line: reader.line.span) } catch {
                    if let refusal = try refusal(error, segment, place) { return refusal }
                }
            case .tooLong: try reader.skipToNewline()
            case .rest, .end: return nil
            }
        }
    }

    /// What a later version wrote is that version's to repair, wherever it stands: this one knows neither what it would keep nor
    /// what it would cut.
    private func refusal(_ fault: LineFault, _ segment: Int64, _ place: Int64) throws(SystemError) -> Refusal? {
        guard case .laterVersion = fault else { return nil }
        return .laterVersion(
            Damage(
                segment: segment, offset: place,
                fault: try fault.named(disk, segment, place)))
    }

    // MARK: Cutting

    /// The file that says that a journal is being cut, and where. While it is there, the journal is neither the old one nor
    /// the new one, and no start opens it; the same repair, run again, comes to its end.
    static let markName = "repairing"

    /// The repair that was begun and not finished: its options.
    static func unfinished(_ disk: any Disk) throws(SystemError) -> String? {
        try disk.contents(of: markName, atMost: 100).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Sees to it that nothing is lost, then cuts under the mark.
    private mutating func cut(randomID: String, time: Int64) throws(SystemError) {
        try prepare()
        let name = SegmentName.name(firstSeq: first)
        try disk.replace(Self.markName, with: Array("--segment \(name) --at \(offset)".utf8))
        try disk.synchronizeDirectory()
        // With those that were dropped and came back: without the segment behind them they would count again.
        try setAside((segments + extent.leftovers).sorted().filter { $0 > first })
        // What was dropped behind the cut is gone too, and the numbers are given again.
        let dropped = extent.dropped.between(1, report.lastSeq + 1)
        if dropped != extent.dropped { try dropped.write(to: disk) }
        // Nothing is left, and the segment may have another name than the journal began with.
        if offset == 0, first == segments.first { try PruneMark.write(first, disk) }
        // They claim what is about to go. A checkpoint of the old id would be ignored; it goes for good measure.
        let names = try disk.names()
        for name in [DurableMark.name, Checkpoint.name, SegmentManifest.name] where names.contains(name) {
            try disk.unlink(name)
        }
        let file = try disk.open(name, .createIfMissing)
        defer { disk.close(file) }
        try disk.truncate(file, to: offset)
        try begin(file, id: randomID, time: time)
        try disk.synchronizeDirectory()
        try disk.unlink(Self.markName)
        try disk.synchronizeDirectory()
    }

    /// Copies what is cut aside, and proves what stays: the page cache may show what the disk does not hold.
    private mutating func prepare() throws(SystemError) {
        if segments.isEmpty { return }
        let name = SegmentName.name(firstSeq: first)
        let file = try disk.open(name, .read)
        defer { disk.close(file) }
        let size = try disk.size(file)
        if size > offset {
            report.copies.append(
                try TornTail.copy(disk, file, from: offset, size: size, as: "\(name).cut-\(offset)"))
        }
        try disk.renew(name, file, size: size)
        try disk.synchronizeDirectory()
    }

    /// A journal of a new id begins behind the cut.
    private func begin(_ file: DiskFile, id: String, time: Int64) throws(SystemError) {
        if var opened {
            opened.journal = id
            // This is the program that writes from here on.
            (opened.format, opened.reads) = (RecordCodec.format, RecordCodec.reads)
            if offset == 0 { opened.chain = try checksumBefore() }
            var line: [UInt8] = []
            RecordCodec.append(
                .opened(opened), seq: report.lastSeq + 1, durable: report.lastSeq, time: time, to: &line)
            try disk.writeAll(file, line[...], at: offset)
        }
        try disk.synchronize(file)
    }

    /// The checksum of the segment before the one that is cut; that of nothing without any.
    private func checksumBefore() throws(SystemError) -> UInt32 {
        guard let previous = segments.last(where: { $0 < first }) else { return CRC32C.Running().checksum }
        let file = try disk.open(SegmentName.name(firstSeq: previous), .read)
        defer { disk.close(file) }
        return try disk.checksum(file, upTo: try disk.size(file)).checksum
    }

    /// Takes whole segments out of the journal, without copying them.
    private mutating func setAside(_ segments: [Int64]) throws(SystemError) {
        for segment in segments {
            let name = SegmentName.name(firstSeq: segment)
            let file = try disk.open(name, .write)
            defer { disk.close(file) }
            try disk.synchronize(file)
            let copy = try TornTail.freeName(disk, like: "\(name).cut-0")
            try disk.rename(name, to: copy)
            report.copies.append(copy)
        }
    }
}
