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

    static func source(_ place: JournalPlace, _ settings: Settings) throws -> Held<any CopySource> {
        switch place {
        case .directory(let path):
            let (disk, lock) = try FileSource(path, hint: "write the directory of one").lockedDisk()
            return Held(end: try JournalPages(disk), lock: lock)
        case .database(let url): return Held(end: try DatabaseBackend.copySource(url, settings), lock: nil)
        }
    }

    /// Without `isToWrite`, nothing is made that is not there. What is made in one of root's directories belongs to whom the source does:
    /// what root makes, the daemon could not use.
    static func target(
        _ place: JournalPlace, for source: JournalPlace, _ settings: Settings, isToWrite: Bool
    ) throws -> Held<any CopyTarget> {
        switch place {
        case .directory(let path):
            if isToWrite { return try writer(path, for: source) }
            guard ((try? FileCalls.identity(of: path)) ?? nil) != nil else { return Held(end: NoTarget(), lock: nil) }
            return Held(end: try JournalCopyWriter(try DirectoryDisk(path: path)), lock: nil)
        case .database(let url): return Held(end: try DatabaseBackend.copyTarget(url, settings), lock: nil)
        }
    }

    private static func writer(_ path: String, for source: JournalPlace) throws -> Held<any CopyTarget> {
        var owner: Identity?
        if case .directory(let source) = source { owner = try OwnedDisk(source).foreignOwner }
        let disk = try OwnedDisk(making: path, for: owner)
        let lock: JournalLock
        do { lock = try disk.lock() } catch let fault as JournalFault { throw CommandFailure(fault) }
        return Held(end: try JournalCopyWriter(disk), lock: lock)
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
