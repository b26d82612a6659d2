import Configuration
import Glibc
import JournalStore
import POSIX

/// The two directories of a backup or a restore.
enum BackupPlaces {
    /// A directory as somebody has named it.
    static func directory(_ path: String, _ name: String) throws -> String {
        if Redaction.isDue(path) {
            throw CommandFailure(.usage, "\(name) is a directory, and not an address: mount what is elsewhere")
        }
        return path
    }

    /// The same, resolved.
    static func resolved(_ path: String, _ name: String) throws -> String {
        let path = try directory(path, name)
        // Whoever may put a link there would have root work elsewhere.
        do { return try FileCalls.resolved(path, followsLink: geteuid() != 0) } catch {
            throw CommandFailure(backingUp: error)
        }
    }

    /// Refuses two directories one of which is the other, or stands in it.
    static func requireApart(_ journal: String, _ other: String, _ name: String) throws {
        let clash: String
        do {
            if try FileCalls.isWithin(other, journal) {
                clash =
                    try FileCalls.isWithin(journal, other)
                    ? "is the journal's directory" : "is in the journal's directory"
            } else if try FileCalls.isWithin(journal, other) {
                clash = "contains the journal's directory"
            } else {
                return
            }
        } catch { throw CommandFailure(backingUp: error) }
        throw CommandFailure(
            .usage,
            "\(name) \(clash), \(journal): what happens to the one happens to both; hint: name a directory elsewhere")
    }
}

/// How a restore acts on directories: as whom they belong to.
struct OwnedHands: JournalRestore.Hands {
    func disk(_ directory: String) throws -> any Disk { try OwnedDisk(directory) }

    func make(_ directory: String, like other: (any Disk)?) throws -> any Disk {
        try OwnedDisk(making: directory, for: (other as? OwnedDisk)?.foreignOwner, inAnyCase: true)
    }

    func lock(_ disk: any Disk) throws -> JournalLock {
        guard let disk = disk as? OwnedDisk else { fatalError("a directory that was opened elsewhere") }
        return try disk.lock()
    }
}

extension CommandFailure {
    /// A call that failed on the way of a backup.
    init(backingUp error: SystemError) {
        let status: ExitStatus =
            switch error.errno {
            case EACCES, EPERM, EROFS, ELOOP: .permission
            case ENOENT, ENOTDIR: .usage
            default: .inputOutput
            }
        self.init(status, "\(error); hint: \(error.hintForWriting)", errno: error.errno)
    }

    /// Why there is no backup, or no restored journal, with the directory that it is about.
    init(_ fault: BackupFault, of place: String) {
        let status: ExitStatus =
            switch fault {
            case .nothingThere: .noInput
            case .occupied, .inTheWay: .usage
            case .otherJournal, .ahead, .lies, .damaged, .unfinished: .badData
            case .misread, .notExchanged: .inputOutput
            case .changed: .tryAgain
            }
        self.init(status, "\(place): \(fault)")
    }
}
