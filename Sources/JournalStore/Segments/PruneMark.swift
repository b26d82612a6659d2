import JournalFormat
import POSIX

/// The file `pruned` beside the segments: the number of the first record that pruning left, written like ``DurableMark``.
///
/// It is on the disk before the first segment goes; see ``JournalExtent`` for what it is good for.
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

    /// What the file says; 0 when it is not there, nil when it is not whole.
    static func read(_ disk: any Disk, _ names: [String]) throws(SystemError) -> Int64? {
        guard names.contains(name) else { return 0 }
        let file = try disk.open(name, .read)
        defer { disk.close(file) }
        // One byte more than it has, to notice a longer file.
        return DurableMark.decode(try disk.read(file, count: DurableMark.length + 1, at: 0))
    }
}
