import JournalFormat
import POSIX

/// Takes records out of a closed segment: it is written anew without them, beside, and gets the segment's name.
///
/// 1. The new segment is written beside, and synced. No reader takes it for a segment.
/// 2. The file `dropped` names what goes; the directory is synced. From here on readers pass over those records.
/// 3. The file `segments` says what the new segment is; the directory is synced.
/// 4. The new one is renamed to the segment's name; the directory is synced.
///
/// What a crash leaves beside the segments is the new segment if `segments` says so: ``finish(_:)``.
enum SegmentCompaction {
    private static let suffix = ".compacted"

    /// What a segment that is written anew is called meanwhile.
    static func name(beside first: Int64) -> String { SegmentName.name(firstSeq: first) + suffix }

    /// Writes a segment anew without what was dropped. When that fails, nothing of it is left.
    static func write(_ disk: any Disk, _ first: Int64, without dropped: DroppedRanges) throws(SystemError)
        -> ClosedSegment
    {
        let name = SegmentName.name(firstSeq: first)
        let file = try disk.open(name, .read)
        defer { disk.close(file) }
        do throws(SystemError) {
            let new = try disk.open(name + suffix, .create)
            defer { disk.close(new) }
            var reader = SegmentReader(disk, file, completes: true)
            var (last, size, checksum) = (first, Int64(0), CRC32C.Running())
            var batch: [UInt8] = []
            func flush() throws(SystemError) {
                try disk.writeAll(new, batch[...], at: size)
                checksum.update(batch.span)
                size += Int64(batch.count)
                batch.removeAll(keepingCapacity: true)
            }
            // Whoever says what goes has read all of it, and each line was good.
            while case .line = try reader.next() {
                guard let seq = (try? RecordLine(checking: reader.line.span))?.seq, !dropped.contains(seq) else {
                    continue
                }
                batch += reader.line
                batch.append(UInt8(ascii: "\n"))
                last = seq
                if batch.count >= 256 << 10 { try flush() }
            }
            try flush()
            try disk.synchronize(new)
            return ClosedSegment(first: first, last: last, size: size, checksum: checksum.checksum)
        } catch {
            // On a disk that is full, it takes room that reports need.
            _ = try? disk.unlink(name + suffix)
            throw error
        }
    }

    /// Gives a segment that was written anew the name, in the place of the old one.
    static func replace(_ disk: any Disk, _ first: Int64) throws(SystemError) {
        let name = SegmentName.name(firstSeq: first)
        try disk.rename(name + suffix, to: name)
        try disk.synchronizeDirectory()
    }

    /// Ends what was interrupted, or undoes it. Nobody else writes beside the segments meanwhile.
    static func finish(_ disk: any Disk) throws(SystemError) {
        let manifest = try SegmentManifest.read(from: disk)
        try finish(disk) {
            manifest?[$0]
        } again: { () throws(SystemError) in
            // After a failed sync of the directory they may be in the page cache only.
            // One that is damaged is told of by whoever reads on.
            try DroppedRanges.content(on: disk)?.write(to: disk)
            if let manifest { try disk.replace(SegmentManifest.name, with: manifest.encode()) }
            try disk.synchronizeDirectory()
        }
    }

    /// The same where something else says what the segments are; what that stands in is written `again` before.
    static func finish(
        _ disk: any Disk, _ known: (Int64) -> ClosedSegment?, again: () throws(SystemError) -> Void = {}
    ) throws(SystemError) {
        let names = try disk.names()
        let found = names.filter { $0.hasSuffix(suffix) }.map { String($0.dropLast(suffix.utf8.count)) }
        // What is half of a journal is not begun with.
        if found.isEmpty || names.contains(JournalRepair.markName) || names.contains(JournalCopyWriter.markName) {
            return
        }
        for name in found {
            if let first = SegmentName.firstSeq(of: name), names.contains(name), let segment = known(first),
                try disk.holds(segment, in: name + suffix)
            {
                try again()
                try replace(disk, first)
            } else {
                try disk.unlink(name + suffix)
            }
        }
    }

    /// Opens a segment of a backup, which may have been interrupted before the new one got its name; nil when there is none.
    static func open(_ segment: ClosedSegment, _ disk: any Disk) throws(SystemError) -> DiskFile? {
        if try disk.holds(segment, in: segment.name + suffix) { return try disk.open(segment.name + suffix, .read) }
        return try disk.openUnlessPruned(segment.first)
    }

    /// Whether a segment that is not what it should be is one that has been compacted meanwhile, or is half compacted: then the daemon that
    /// runs, or the next start, brings that to its end.
    static func explains(_ first: Int64, _ disk: any Disk) throws(SystemError) -> Bool {
        guard let known = try SegmentManifest.read(from: disk)?[first] else { return false }
        // In this order: the new one gets the other name. One that is gone was pruned.
        if try disk.holds(known, in: known.name + suffix) { return true }
        if try disk.holds(known, in: known.name) { return true }
        return try !disk.names().contains(known.name)
    }
}

extension Disk {
    /// Whether a file is exactly that segment.
    fileprivate func holds(_ segment: ClosedSegment, in name: String) throws(SystemError) -> Bool {
        guard try names().contains(name) else { return false }
        let file = try open(name, .read)
        defer { close(file) }
        guard try size(file) == segment.size else { return false }
        return try checksum(file, upTo: segment.size).checksum == segment.checksum
    }

    /// A record's line, and where it stands: at the offset at which it once stood, or before that, if the segment was compacted since. Throws
    /// what is wrong with the line that is there, if it is nowhere.
    func line(
        _ seq: Int64, in segment: Int64, at offset: Int64, claimed: Int64
    ) throws -> (bytes: [UInt8], offset: Int64) {
        let file = try open(SegmentName.name(firstSeq: segment), .read)
        defer { close(file) }
        var reader = SegmentReader(self, file, from: offset, step: 8 << 10, completes: true)
        let fault: LineFault
        switch try reader.next() {
        case .line:
            do throws(LineFault) {
                let found = try RecordLine(checking: reader.line.span).seq
                if found == seq { return (Array(reader.line), offset) }
                throw .sequence(expected: seq, found: found)
            } catch { fault = error }
        case .rest: fault = .cutShort
        case .tooLong: fault = .tooLong
        case .end: fault = .missing(expected: seq, claimed: claimed)
        }
        if let found = try search(seq, file, upTo: offset) { return found }
        throw fault
    }

    /// Looks for a record before an offset: by halves, since numbers ascend, and the rest line by line.
    private func search(
        _ seq: Int64, _ file: DiskFile, upTo end: Int64
    ) throws(SystemError) -> (bytes: [UInt8], offset: Int64)? {
        var (lower, upper) = (Int64(0), min(end, try size(file)))
        while upper - lower > 64 << 10 {
            let middle = (lower + upper) / 2
            var reader = SegmentReader(self, file, from: middle, step: 8 << 10)
            try reader.skipToNewline()
            // Behind a line that is not good all that is left is read.
            guard case .line(let offset, _) = try reader.next(),
                let found = (try? RecordLine(checking: reader.line.span))?.seq
            else { break }
            if found <= seq, offset < upper { lower = offset } else { upper = middle }
        }
        var reader = SegmentReader(self, file, from: lower, step: 8 << 10, completes: true)
        while case .line(let offset, _) = try reader.next() {
            guard let found = (try? RecordLine(checking: reader.line.span))?.seq else { continue }
            if found == seq { return (Array(reader.line), offset) }
            if found > seq { return nil }
        }
        return nil
    }
}
