import JournalFormat
import POSIX

/// A copy of a journal's directory, in a state that a recovery takes for a journal's.
///
/// Whoever copies files one after another while a daemon writes has them as of different instants. A segment may be cut short where it was
/// being written, later ones may be missing or begun, and other files claim records that came later. All of that is behind the instant at
/// which the copying began: it is cut off, and a copy of it kept. Bytes that are wrong are no matter of time; they stay, and are damage as
/// ever.
package struct CopiedJournal {
    /// What was found and done.
    package struct Report: Sendable {
        /// The last record that is there.
        package fileprivate(set) var last: Int64 = 0
        /// The highest number of a record of which something in the copy knows.
        package fileprivate(set) var claimed: Int64 = 0
        /// Files beside the segments that hold what was cut off.
        package fileprivate(set) var kept: [String] = []
        /// Records before the first that is there, if it is not told that they were pruned.
        package fileprivate(set) var missing: ClosedRange<Int64>?
    }

    private let disk: any Disk
    private let extent: JournalExtent
    private let manifest: SegmentManifest?
    private var report = Report()

    /// The last record of a copy with which nothing is wrong but what comes from its instants; nil of one with which something else is, and of
    /// what is no copy.
    static func last(on disk: any Disk) throws(SystemError) -> Int64? {
        guard try disk.isCopy() else { return nil }
        var copy = try CopiedJournal(disk)
        return try copy.end() == nil ? nil : copy.report.last
    }

    /// May be interrupted at any call and begun again. Nil where there is nothing that could be judged as a copy: no segment, or bytes that
    /// are wrong. Then nothing was changed.
    static func prepare(_ disk: any Disk) throws(SystemError) -> Report? {
        let names = try disk.names()
        if names.contains(JournalRepair.markName) || names.contains(JournalCopyWriter.markName) { return nil }
        try takeBackPruned(disk)
        var copy = try CopiedJournal(disk)
        guard let (segment, offset) = try copy.end() else { return nil }
        try copy.cut(segment, at: offset)
        try copy.claim()
        return copy.report
    }

    private init(_ disk: any Disk) throws(SystemError) {
        self.disk = disk
        extent = try JournalExtent(disk)
        manifest = try SegmentManifest.read(of: extent, from: disk)
        report.claimed = max(
            try DurableMark.read(from: disk), try Checkpoint.seq(on: disk) ?? 0,
            try SegmentManifest.read(from: disk)?.segments.last?.last ?? 0)
    }

    // MARK: Looking

    /// Where the copy ends.
    private mutating func end() throws(SystemError) -> (segment: Int64, offset: Int64)? {
        guard let first = extent.segments.first else { return nil }
        if first > extent.beginning {
            // What is damaged or has another name is no matter of time.
            guard case .beginning? = try extent.missingBeginning(disk)?.fault else { return nil }
            report.missing = extent.beginning...(first - 1)
        }
        report.last = first - 1
        for (index, segment) in extent.segments.enumerated() {
            let following = index + 1 < extent.segments.count ? extent.segments[index + 1] : nil
            switch try read(segment, before: following) {
            case .wrong: return nil
            case .goesOn: continue
            // Nothing of it is there: the one before is the last.
            case .ends(0) where index > 0: return (extent.segments[index - 1], try size(extent.segments[index - 1]))
            case .ends(let offset): return (segment, offset)
            }
        }
        return nil
    }

    private enum End {
        case wrong, goesOn
        case ends(Int64)
    }

    /// Reads a segment's lines.
    private mutating func read(_ segment: Int64, before following: Int64?) throws(SystemError) -> End {
        let file = try disk.open(SegmentName.name(firstSeq: segment), .read)
        defer { disk.close(file) }
        var next = segment
        var reader = SegmentReader(disk, file, completes: true)
        reading: while true {
            switch try reader.next() {
            case .line:
                guard (try? RecordLine(checking: reader.line.span))?.seq == next else { return .wrong }
                next += 1
            case .tooLong: return .wrong
            case .rest(let offset):
                report.last = next - 1
                return .ends(offset)
            case .end: break reading
            }
        }
        report.last = next - 1
        guard let following else { return .ends(reader.offset) }
        let expected = extent.expected(next, at: following)
        if following == expected { return .goesOn }
        // Either it is short, or it is whole, and another one is missing behind it.
        if following < expected { return .wrong }
        return try isWhole(segment, file, size: reader.offset, before: following) ? .wrong : .ends(reader.offset)
    }

    private func isWhole(
        _ segment: Int64, _ file: DiskFile, size: Int64, before following: Int64
    ) throws(SystemError) -> Bool {
        if let known = manifest?[segment] { return known.size == size }
        guard case .opened(let opened)? = try disk.head(of: following)?.record else { return false }
        return try opened.chain == disk.checksum(file, upTo: size).checksum
    }

    private func size(_ segment: Int64) throws(SystemError) -> Int64 {
        let file = try disk.open(SegmentName.name(firstSeq: segment), .read)
        defer { disk.close(file) }
        return try disk.size(file)
    }

    // MARK: Cutting

    /// Cuts the copy, and has all that stays be on the disk: who copies need not have synced it.
    private mutating func cut(_ last: Int64, at offset: Int64) throws(SystemError) {
        for segment in extent.segments.reversed() {
            let name = SegmentName.name(firstSeq: segment)
            let file = try disk.open(name, segment == last ? .write : .read)
            defer { disk.close(file) }
            if segment > last {
                try setAside(name, isEmpty: try disk.size(file) == 0)
            } else if segment == last,
                let kept = try TornTail.cut(disk, file, segment: name, at: offset, fault: nil).copy
            {
                report.kept.append(kept)
            }
            try disk.synchronize(file)
        }
        if let missing = report.missing { try PruneMark.write(missing.upperBound + 1, disk) }
        try disk.synchronizeDirectory()
    }

    private mutating func setAside(_ name: String, isEmpty: Bool) throws(SystemError) {
        if isEmpty { return try disk.unlink(name) }
        let kept = try TornTail.freeName(disk, like: "\(name).torn-0")
        try disk.rename(name, to: kept)
        report.kept.append(kept)
    }

    /// Has the files beside the segments claim what there is, and no more.
    private func claim() throws(SystemError) {
        try disk.replace(DurableMark.name, with: DurableMark.encode(report.last))
        if let seq = try Checkpoint.seq(on: disk), seq > report.last { try disk.unlink(Checkpoint.name) }
        try disk.synchronizeDirectory()
    }

    /// Segments that were pruned while they were copied, and are there up to the first that was not, belong to the copy: what was written
    /// in their place when they went need not be there.
    private static func takeBackPruned(_ disk: any Disk) throws(SystemError) {
        let extent = try JournalExtent(disk)
        var first = extent.pruned
        for segment in extent.leftovers.reversed() where segment < extent.pruned {
            guard try disk.lastSeq(of: segment) == first - 1 else { break }
            first = segment
        }
        if first == extent.pruned { return }
        try PruneMark.write(first, disk)
        try disk.synchronizeDirectory()
    }
}
