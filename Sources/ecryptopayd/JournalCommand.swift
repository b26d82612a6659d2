import ArgumentParser
import Configuration
import Glibc
import JournalStore
import POSIX

/// `ecryptopayd journal …`: read the journal, prove it whole, drop what is old.
struct JournalCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "journal",
        abstract: "Read the journal, prove it whole, and drop what is old.",
        discussion: """
            cat, follow, verify and stats only read, and work beside a running daemon; prune and repair refuse while one \
            holds the journal's lock.
            """,
        subcommands: [
            JournalCatCommand.self, JournalFollowCommand.self, JournalVerifyCommand.self, JournalStatsCommand.self,
            JournalPruneCommand.self, JournalRepairCommand.self,
        ])
}

/// Where the journal is.
struct JournalOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The journal's directory; else the configured one.", valueName: "dir"))
    var directory: String?
    @OptionGroup var configuration: ConfigurationOptions

    /// The directory named, or else configured.
    func resolve() throws -> String {
        if let directory { return directory }
        switch try settings().journal {
        case .directory(let path): return path
        case .database(let url): throw DatabaseForm.absence(url)
        }
    }

    /// After how many bytes a new segment begins: as configured, or by default where a directory was named.
    func segmentBytes() throws -> Int {
        directory == nil ? try settings().journalSegmentBytes : Settings().journalSegmentBytes
    }

    private func settings() throws -> Settings {
        let loader = ConfigurationLoader(envFile: configuration.envFile, isDaemon: false)
        return try loader.load(account: .optional)
    }

    /// The directory, for reading.
    func disk() throws -> DirectoryDisk { try disk(at: try resolve()) }

    private func disk(at path: String) throws -> DirectoryDisk {
        let claimed: Int64
        do throws(SystemError) {
            let disk = try DirectoryDisk(path: path)
            // A path mistyped must not prove a journal whole.
            let reader = try JournalReader(disk)
            if !reader.segments.isEmpty { return disk }
            claimed = reader.claimed
        } catch {
            throw CommandFailure(reading: error)
        }
        if claimed > 0 {
            throw CommandFailure(
                .badData,
                """
                every segment of the journal in \(path) is gone, although records up to \(claimed) had been synced; restore \
                them from a backup
                """)
        }
        throw CommandFailure(.noInput, "there is no journal in \(path); name its directory with --directory")
    }

    /// The directory, with its lock, for changing what is in it.
    func lockedDisk() throws -> (DirectoryDisk, JournalLock) {
        let path = try resolve()
        try becomeOwner(of: path)
        let disk = try disk(at: path)
        do { return (disk, try JournalLock(directory: disk.path)) } catch { throw CommandFailure(error) }
    }

    /// What root writes into a journal, its owner could not read, and the daemon's next start would fail. So root acts as the
    /// owner, before anything is opened.
    private func becomeOwner(of path: String) throws {
        // A directory that is not there is named when it is opened.
        guard geteuid() == 0, let owner = try? Identity.owner(of: path), owner.user != 0 else { return }
        do { try owner.assume() } catch {
            throw CommandFailure(
                .permission,
                "the journal in \(path) belongs to the user with the id \(owner.user), whom this process cannot act as (\(error)); run this as that user"
            )
        }
    }
}

/// Which records a person wants to see.
struct RecordSelection: ParsableArguments {
    @Option(help: ArgumentHelp("Only records about this payment.", valueName: "id")) var payment: Int64?
    @Option(help: ArgumentHelp("Only records of this kind; may be repeated.", valueName: "kind")) var kind: [String] =
        []
    @Option(help: ArgumentHelp("Only records behind this sequence number.", valueName: "seq")) var after: Int64 = 0
    @Option(
        help: ArgumentHelp(
            "Only records written since then: a time such as 2026-11-22T18:00:00Z, or a duration such as 24h.",
            valueName: "time"))
    var since: String?
}

extension CommandFailure {
    /// A journal that cannot be read.
    init(reading error: SystemError) {
        let status: ExitStatus =
            switch error.errno {
            case ENOENT, ENOTDIR: .noInput
            case EACCES, EPERM: .permission
            default: .inputOutput
            }
        self.init(status, "the journal cannot be read: \(error); \(error.mendForReading)")
    }
}
