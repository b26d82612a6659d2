import JournalFormat

/// The files beside a journal's segments.
enum JournalFiles {
    /// What is told of the records.
    static let ofRecords = [
        DurableMark.name, PruneMark.name, DroppedRanges.name, DroppedRanges.gapsName, SegmentManifest.name,
        Checkpoint.name,
    ]
    /// What is told of the directory, and is no other's.
    static let ofDirectory = [JournalLock.name, Place.name, LastBackup.name, ScrubPosition.name, BackupManifest.name]
}
