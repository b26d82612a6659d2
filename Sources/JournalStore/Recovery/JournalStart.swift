import JournalFormat
import POSIX

/// Whether a start is one of a copy: a restore. By the file `place`, or because an operator says so.
struct JournalStart {
    /// Whether the journal is restored.
    let isRestore: Bool
    /// What the copy was found to be; nil where it could not be judged as one.
    private(set) var copy: CopiedJournal.Report?
    private let own: Place?
    /// Whether the directory does not say yet whose it is.
    private var isNew = false

    /// Looks, and prepares a copy for recovery.
    init(_ disk: any Disk, isRestored: Bool) throws(JournalFault) {
        do throws(SystemError) {
            own = disk.place
            let found = try disk.contents(of: Place.name, atMost: 1000)
            isRestore = try disk.isCopy() || isRestored
            if !isRestore {
                isNew = own != nil && found != own?.encode()
                // First of all: a copy of a journal's first moments is one too. What is refused is not changed.
                if isNew, try disk.names().allSatisfy({ $0 == JournalLock.name }) { try finish(disk) }
                try SegmentCompaction.finish(disk)
                return
            }
            // What an operator has said is true of the next start too, if this one does not come to its end.
            if isRestored, !(try JournalExtent(disk).segments.isEmpty) { try Self.write(.none, disk) }
            copy = try CopiedJournal.prepare(disk)
            try SegmentCompaction.finish(disk)
        } catch { throw .system(error) }
    }

    /// This directory is a journal's place of its own from now on.
    func finish(_ disk: any Disk) throws(SystemError) {
        // What a backup had is not what this has any more.
        if try disk.names().contains(BackupManifest.name) { try disk.unlink(BackupManifest.name) }
        if let own, isRestore || isNew { try Self.write(own, disk) }
    }

    private static func write(_ place: Place, _ disk: any Disk) throws(SystemError) {
        try disk.replace(Place.name, with: place.encode())
        try disk.synchronizeDirectory()
    }
}
