import Configuration
import Glibc
import JournalFormat
import JournalStore
import Ledger
import POSIX

/// A journal in files, in a directory.
struct FileSource: JournalSource {
    private let path: String
    private let segmentBytes: Int
    private let hint: String

    /// `segmentBytes` is for what pruning writes: after that many bytes a new segment begins. `mend` says what to do where there
    /// is no journal.
    init(
        _ path: String, segmentBytes: Int = Settings().journalSegmentBytes,
        hint: String = "name its directory with --directory"
    ) {
        self.path = path
        self.segmentBytes = segmentBytes
        self.hint = hint
    }

    var segments: Int {
        get throws {
            let disk = try disk()
            do throws(SystemError) { return try JournalReader(disk).segments.count } catch {
                throw CommandFailure(reading: error)
            }
        }
    }

    var now: Int64 { Clock.realtime() }

    func forEachLine(matching filter: RecordFilter, _ body: (ArraySlice<UInt8>, Entry) -> Void) throws -> String? {
        let disk = try disk()
        do throws(SystemError) {
            return try JournalReader(disk).forEachLine { line, entry in
                if filter.matches(entry) { body(line, entry) }
            }?.description
        } catch { throw CommandFailure(reading: error) }
    }

    func tail(after seq: Int64?) throws -> any RecordTail {
        let disk = try disk()
        do throws(SystemError) {
            let last: Int64
            if let seq { last = seq } else { last = try JournalFollower.end(of: disk) }
            return FileTail(follower: JournalFollower(disk, after: last))
        } catch { throw CommandFailure(reading: error) }
    }

    func verify(_ progress: (Int64, Int64) -> Void) throws -> VerifyReport {
        let disk = try disk()
        do throws(SystemError) {
            return VerifyReport(try JournalAudit.run(disk, progress: progress), directory: disk.path)
        } catch { throw CommandFailure(reading: error) }
    }

    func prune(before: Int64, dryRun: Bool) throws -> PruneReport {
        let (disk, lock) = try lockedDisk()
        defer { withExtendedLifetime(lock) {} }
        do throws(JournalFault) {
            return try JournalPruner.run(disk, before: before, segmentBytes: Int64(segmentBytes), dryRun: dryRun)
        } catch { throw CommandFailure(error) }
    }
}

private struct FileTail: RecordTail {
    var follower: JournalFollower

    mutating func poll(
        _ body: (ArraySlice<UInt8>, Entry) -> Void, pruned: (ClosedRange<Int64>) -> Void,
        damaged: (Damage) -> Void
    ) throws -> String? {
        do throws(SystemError) { return try follower.poll(body, pruned: pruned, damaged: damaged)?.description } catch {
            throw CommandFailure(reading: error)
        }
    }
}

// The directory itself.
extension FileSource {
    /// The directory, for reading.
    func disk() throws -> DirectoryDisk {
        let disk = try open()
        try require(disk)
        return disk
    }

    private func open(followsLink: Bool = true) throws -> DirectoryDisk {
        do { return try DirectoryDisk(path: path, followsLink: followsLink) } catch {
            throw CommandFailure(reading: error)
        }
    }

    /// A path mistyped must not prove a journal whole.
    func require(_ disk: any Disk, mayBeLost: Bool = false) throws {
        let claimed: Int64
        do throws(SystemError) {
            let reader = try JournalReader(disk)
            if !reader.segments.isEmpty { return }
            claimed = reader.claimed
        } catch {
            throw CommandFailure(reading: error)
        }
        if claimed > 0 {
            if mayBeLost { return }
            throw CommandFailure(
                .badData,
                """
                every segment of the journal in \(path) is gone, although records up to \(claimed) had been synced; restore \
                them from a backup
                """)
        }
        throw CommandFailure(.noInput, "there is no journal in \(path); \(hint)")
    }

    /// The directory, with its lock, for changing what is in it.
    func lockedDisk(mayBeLost: Bool = false) throws -> (DirectoryDisk, JournalLock) {
        let disk = try open(followsLink: geteuid() != 0)
        try becomeOwner(of: disk)
        try require(disk, mayBeLost: mayBeLost)
        do { return (disk, try JournalLock(disk)) } catch { throw CommandFailure(error) }
    }

    /// What root writes into a journal, its owner could not read, and the daemon's next start would fail. So root acts as the
    /// owner of what is open, before anything in it is.
    private func becomeOwner(of disk: DirectoryDisk) throws {
        guard geteuid() == 0 else { return }
        let owner: Identity
        do { owner = try disk.owner } catch { throw CommandFailure(reading: error) }
        if owner.user == 0 { return }
        do { try owner.assume() } catch { throw CommandFailure(owner, "the journal in \(path)", error) }
    }
}

extension CommandFailure {
    /// Root may not act as whom something belongs to.
    init(_ owner: Identity, _ what: String, _ error: SystemError) {
        self.init(
            .permission,
            "\(what) belongs to the user with the id \(owner.user), whom this process cannot act as (\(error)); run this as that user"
        )
    }

    /// A journal that cannot be read.
    init(reading error: SystemError) {
        let status: ExitStatus =
            switch error.errno {
            case ENOENT, ENOTDIR: .noInput
            case EACCES, EPERM, ELOOP: .permission
            default: .inputOutput
            }
        self.init(status, "the journal cannot be read: \(error); \(error.hintForReading)")
    }
}
