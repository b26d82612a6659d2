import JournalFormat
import POSIX

/// Writes a journal that is copied into a directory: each line as it was, segments as they were, and what was dropped between
/// them.
///
/// The file `copying` says that it is not whole, and of which journal it is: while it is there, no daemon opens it. Each segment
/// is synced before the next is begun, so whoever goes on writes only the last one anew.
package final class JournalCopyWriter: CopyTarget {
    /// The file that says that a journal is not whole yet: its id.
    static let markName = "copying"

    /// What is there.
    package private(set) var content: CopyContent
    private let disk: any Disk
    /// The first numbers of the segments that are there.
    private var segments: [Int64]
    private var dropped = DroppedRanges()
    /// What was dropped within the segment that is written.
    private var droppedWithin: [ClosedRange<Int64>] = []
    /// The segment that is written, and how long it is.
    private var file: DiskFile?
    private var size: Int64 = 0
    /// What the `opened` records of that segment name.
    private var chain: UInt32?
    private var batch: [UInt8] = []
    /// The number that comes next, if none is passed over.
    private var next: Int64 = 1

    /// Looks what is there. The caller holds the directory's lock. Throws ``JournalCopyFault``, and `SystemError`.
    package init(_ disk: any Disk) throws {
        self.disk = disk
        let names = try disk.names()
        segments = names.compactMap(SegmentName.firstSeq(of:)).sorted()
        if let journal = try Self.unfinished(disk) {
            content = .part(journal: journal)
        } else if segments.isEmpty {
            let rest = JournalFiles.ofRecords + [JournalRepair.markName]
            if let name = rest.first(where: names.contains) {
                throw JournalCopyFault.occupied("it is to go where \"\(name)\" is left of another journal")
            }
            content = .nothing
        } else {
            do { content = .whole(journal: try JournalPages(disk).journal ?? "") } catch JournalCopyFault.damaged(
                let fault)
            {
                throw JournalCopyFault.occupied("it is to go where a damaged journal is: \(fault)")
            } catch JournalCopyFault.laterVersion(let fault) {
                throw JournalCopyFault.occupied("it is to go where a journal of a later version is: \(fault)")
            }
        }
    }

    deinit { if let file { disk.close(file) } }

    /// The journal of which a copy was begun and not finished.
    static func unfinished(_ disk: any Disk) throws(SystemError) -> String? {
        try disk.contents(of: markName, atMost: 1000).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Begins, or goes on behind the last segment that is certainly whole.
    package func begin(journal: String) throws -> Int64 {
        content = .part(journal: journal)
        try disk.replace(Self.markName, with: Array(journal.utf8))
        // Once more what may be in the page cache only, after a sync of the directory that failed.
        let pruned = try PruneMark.read(disk, try disk.names()) ?? 0
        if pruned > 0 { try PruneMark.write(pruned, disk) }
        dropped = try DroppedRanges.read(from: disk)
        if !dropped.ranges.isEmpty { try dropped.write(to: disk) }
        // It may not have been synced, and what is read of it then is not what the disk holds.
        if let last = segments.popLast() {
            try disk.unlink(SegmentName.name(firstSeq: last))
            next = last
        }
        try disk.synchronizeDirectory()
        return next - 1
    }

    /// Writes lines, and the segments that they begin; syncs what a new one stands behind.
    package func append(_ records: [CopiedRecord]) throws {
        for record in records {
            if try beginsSegment(record) {
                try beginSegment(record)
            } else if record.seq > next {
                droppedWithin.append(next...record.seq - 1)
            }
            batch += record.line
            batch.append(UInt8(ascii: "\n"))
            next = record.seq + 1
        }
        try flush()
    }

    /// Whether a segment begins with a record. In a database one begins with every `opened`; in the files that some of those came from, those
    /// behind one segment name the same `chain`.
    private func beginsSegment(_ record: CopiedRecord) throws -> Bool {
        if file == nil || record.beginsSegment && record.seq > next { return true }
        guard record.beginsSegment, case .opened(let opened) = try Entry(line: record.line.span).record else {
            return false
        }
        return opened.chain == nil || opened.chain != chain
    }

    private func beginSegment(_ record: CopiedRecord) throws {
        try endSegment()
        if record.seq > next { try pass(upTo: record.seq) }
        file = try disk.open(SegmentName.name(firstSeq: record.seq), .create)
        size = 0
        if case .opened(let opened) = try Entry(line: record.line.span).record {
            chain = opened.chain
        } else {
            chain = nil
        }
        segments.append(record.seq)
        try disk.synchronizeDirectory()
    }

    /// Takes down that what should come next was dropped.
    private func pass(upTo seq: Int64) throws {
        if next == 1 {
            try PruneMark.write(seq, disk)
        } else {
            dropped = DroppedRanges(dropped.ranges + [next...seq - 1])
            try dropped.write(to: disk)
        }
        // Before the segment behind it: whoever goes on from that one does not look for what was passed over.
        try disk.synchronizeDirectory()
    }

    private func flush() throws(SystemError) {
        guard let file else { return }
        try disk.writeAll(file, batch[...], at: size)
        size += Int64(batch.count)
        batch.removeAll(keepingCapacity: true)
    }

    private func endSegment() throws(SystemError) {
        guard let file else { return }
        try flush()
        if !droppedWithin.isEmpty {
            dropped = DroppedRanges(dropped.ranges + droppedWithin)
            droppedWithin = []
            try dropped.write(to: disk)
            // Before the segment behind it, as with what was passed over between two.
            try disk.synchronizeDirectory()
        }
        try disk.synchronize(file)
        disk.close(file)
        self.file = nil
    }

    /// Syncs the last segment, and says how far the journal goes.
    package func seal() throws {
        try endSegment()
        // Whoever reads it misses all that was there.
        try disk.replace(DurableMark.name, with: DurableMark.encode(next - 1))
        try disk.synchronizeDirectory()
    }

    /// Takes the mark away, so that a daemon opens it.
    package func finish() throws {
        // Where it is gone already, that may be so in the page cache only. Whoever is interrupted here goes on with it as with any copy.
        if case .whole(let journal) = content, try !disk.names().contains(Self.markName) {
            try disk.replace(Self.markName, with: Array(journal.utf8))
        }
        try disk.unlink(Self.markName)
        try disk.synchronizeDirectory()
    }

    /// Reads what is there, mark or not.
    package func source() throws -> any CopySource { try JournalPages(unfinished: disk) }
}
