import Configuration
import JournalStore
import POSIX

/// Opens what a journal is copied from and to, so that no daemon runs on it meanwhile.
enum CopyEnds {
    /// One of both, with what keeps daemons away as long as it is there.
    struct Held<End> {
        let end: End
        let lock: JournalLock?
    }

    /// Makes a directory to copy to, in one of root's, which belongs to whom the other one does: what root makes, the daemon could
    /// not use.
    static func prepare(_ target: JournalPlace, for source: JournalPlace) throws {
        guard case .directory(let path) = target, case .directory(let other) = source else { return }
        guard let owner = FileSource(other).foreignOwner, (try? Identity.owner(of: path)) == nil,
            WritingIdentity.owner(of: path)?.user == 0
        else { return }
        try FileCalls.makeDirectory(path)
        try owner.own(path)
    }

    static func source(_ place: JournalPlace, _ settings: Settings) throws -> Held<any CopySource> {
        switch place {
        case .directory(let path):
            let (disk, lock) = try FileSource(path, hint: "write the directory of one").lockedDisk()
            return Held(end: try JournalPages(disk), lock: lock)
        case .database(let url): return Held(end: try DatabaseBackend.copySource(url, settings), lock: nil)
        }
    }

    /// Without `isToWrite`, nothing is made that is not there.
    static func target(_ place: JournalPlace, _ settings: Settings, isToWrite: Bool) throws -> Held<any CopyTarget> {
        switch place {
        case .directory(let path):
            if isToWrite { return try writer(path) }
            guard (try? Identity.owner(of: path)) != nil else { return Held(end: NoTarget(), lock: nil) }
            return Held(end: try JournalCopyWriter(try DirectoryDisk(path: path)), lock: nil)
        case .database(let url): return Held(end: try DatabaseBackend.copyTarget(url, settings), lock: nil)
        }
    }

    private static func writer(_ path: String) throws -> Held<any CopyTarget> {
        let identity = try WritingIdentity(path)
        return try identity.acting {
            let lock: JournalLock
            do throws(JournalFault) { lock = try JournalLock(directory: path) } catch { throw CommandFailure(error) }
            let writer = try JournalCopyWriter(try DirectoryDisk(path: path))
            return Held(end: OwnedTarget(target: writer, identity: identity), lock: lock)
        }
    }
}

/// A place that is not there yet, and is only looked at.
private struct NoTarget: CopyTarget {
    var content: CopyContent { .nothing }

    func begin(journal: String) throws -> Int64 { throw JournalCopyFault.nothingThere }
    func append(_ records: [CopiedRecord]) throws { throw JournalCopyFault.nothingThere }
    func seal() throws { throw JournalCopyFault.nothingThere }
    func finish() throws { throw JournalCopyFault.nothingThere }
    func source() throws -> any CopySource { throw JournalCopyFault.nothingThere }
}
