import JournalFormat
import POSIX

/// The file `pruned` beside the segments: the number of the first record that pruning left, written like ``DurableMark``.
///
/// It is on the disk before the first segment goes. A crash may bring some of them back and others not, in any order; by the
/// mark they are known for what they are: readers pass over them, and the next start drops them again.
enum PruneMark {
    /// The file's name.
    static let name = "pruned"

    /// Says that the journal begins with record `first`. For certain when the directory has been synced.
    static func write(_ first: Int64, _ disk: any Disk) throws(SystemError) {
        try disk.replace(name, with: DurableMark.encode(first))
    }

    /// Removes what stands before that.
    static func unlinkSegments(before first: Int64, _ disk: any Disk) throws(SystemError) {
        for segment in try disk.names().compactMap(SegmentName.firstSeq(of:)) where segment < first {
            try disk.unlink(SegmentName.name(firstSeq: segment))
        }
    }

    /// Removes what a crash during pruning has left.
    static func finish(_ disk: any Disk) throws(SystemError) {
        let names = try disk.names()
        guard let first = try disk.segments().first, names.compactMap(SegmentName.firstSeq(of:)).min() != first else {
            return
        }
        // Once more: after a failed sync of the directory the mark may be in the page cache only.
        try write(first, disk)
        try disk.synchronizeDirectory()
        try unlinkSegments(before: first, disk)
    }

    fileprivate static func read(_ disk: any Disk, _ names: [String]) throws(SystemError) -> Int64 {
        guard names.contains(name) else { return 0 }
        let file = try disk.open(name, .read)
        defer { disk.close(file) }
        // One byte more than it has, to notice a longer file.
        return DurableMark.decode(try disk.read(file, count: DurableMark.length + 1, at: 0)) ?? 0
    }
}

extension Disk {
    /// The record with which the journal must begin, unless it begins earlier: it may have been restored from a backup that is
    /// older than the last pruning.
    func journalBeginning() throws(SystemError) -> Int64 { max(1, try PruneMark.read(self, try names())) }

    /// The first numbers of the journal's segments, in order, without those that pruning has dropped.
    func segments() throws(SystemError) -> [Int64] {
        let names = try names()
        let segments = names.compactMap(SegmentName.firstSeq(of:)).sorted()
        let first = try PruneMark.read(self, names)
        // When that segment is not there, something else has happened to the journal, and nothing is passed over.
        return segments.contains(first) ? segments.filter { $0 >= first } : segments
    }
}
