package import JournalFormat

/// Why a journal was not backed up, or not restored.
package enum BackupFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// There is nothing to back up, or to restore.
    case nothingThere
    /// Something else is where it should go: what.
    case occupied(String)
    /// The backup is of another journal.
    case otherJournal(String)
    /// The backup goes up to this record, and the journal is not the one that it was made of: it was set back to before that.
    case ahead(Int64)
    /// The backup is not what its file `backup` says: how.
    case lies(String)
    /// The journal is damaged.
    case damaged(Damage)
    /// What was written to a file reads otherwise.
    case misread(String)
    /// The copy, or the backup, was never brought to its end.
    case unfinished(String)
    /// Somebody has changed the backup meanwhile.
    case changed
    /// Something is in the way that a restore would have made: its directory.
    case inTheWay(String)
    /// The file system cannot exchange one directory for another at once: why.
    case notExchanged(String)

    /// What is wrong, and how to mend it.
    package var description: String {
        switch self {
        case .nothingThere: "there is no journal"
        case .occupied(let what): what
        case .otherJournal(let journal):
            "this is the backup of another journal, with the id \(journal); hint: name an empty directory"
        case .ahead(let seq):
            """
            this backup goes up to record \(seq), and is not of what the journal is now: the journal was set back, or restored from \
            another backup. Keep this one as it is; hint: name an empty directory
            """
        case .lies(let what):
            "the backup is not what its file \"\(BackupManifest.name)\" says: \(what). Look for the disk's errors in the kernel's log (dmesg)"
        case .damaged(let damage):
            """
            the journal is damaged: \(damage). An earlier backup in the same directory is as good as it was; hint: \(damage.hint)
            """
        case .misread(let name):
            "\(name) does not read as it was written; hint: look for the disk's errors in the kernel's log (dmesg)"
        case .unfinished(let what): what
        case .changed: "the backup was changed while it was read; hint: try again when no backup is made"
        case .inTheWay(let directory):
            "\(directory) is needed, and holds something else; hint: move it away"
        case .notExchanged(let reason):
            """
            the journal's directory cannot be exchanged for the restored one at once (\(reason)): it may be a mount point or a symbolic \
            link. Nothing was changed; hint: name a directory inside it, or where it leads to
            """
        }
    }
}
