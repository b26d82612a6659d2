import ArgumentParser
import CivilTime
import Configuration
import JSON
import JournalFormat
import JournalStore
import POSIX

/// `ecryptopayd journal backup`: a copy of the journal beside the running daemon.
struct JournalBackupCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Copy the journal to another directory, beside the running daemon or without it, and prove the copy.",
        discussion: """
            All that was acknowledged before it began is in it. Where the directory holds an earlier backup of the same journal, only \
            what is new is copied, and what was pruned since is removed. Interrupted or failed, it leaves the earlier backup as good \
            as it was. Two at once to the same directory: the second ends with exit code 75. Put it back with "journal restore".
            """)

    @Argument(
        help: ArgumentHelp("Where the backup is to be: an empty directory, or an earlier backup.", valueName: "to"))
    var to: String
    @OptionGroup var journal: JournalOptions
    @Flag(help: "Print JSON.") var json = false

    func run() throws {
        try reportingFailure {
            guard case .directory(let path) = try journal.place() else {
                throw CommandFailure(
                    .usage,
                    "a journal in a database is not backed up by this; hint: use pg_dump, or name a directory with --directory"
                )
            }
            let from = try BackupPlaces.resolved(path, "--directory")
            let to = try BackupPlaces.resolved(to, "TO")
            try BackupPlaces.requireApart(from, to, "TO")
            let files = FileSource(from)
            let source: OwnedDisk
            do { source = try OwnedDisk(from) } catch let error as SystemError { throw CommandFailure(reading: error) }
            try files.require(source)
            do {
                print(try backUp(source, from, to), to)
            } catch let fault as BackupFault {
                throw CommandFailure(fault, of: Self.isAboutJournal(fault) ? from : to)
            } catch let fault as JournalFault {
                throw Self.failure(fault)
            } catch let error as SystemError {
                throw CommandFailure(backingUp: error)
            }
        }
    }

    private func backUp(_ source: OwnedDisk, _ from: String, _ to: String) throws -> JournalBackup.Report {
        let target = try OwnedDisk(making: to, for: source.foreignOwner)
        // What is something else keeps even its list of files.
        try JournalBackup.manifest(in: target)
        let lock = try target.lock()
        defer { withExtendedLifetime(lock) {} }
        // Webhooks are not to wait for it.
        Priority.lower()
        let bar = ProgressBar("backing up")
        // Before anything else is written, also what went wrong.
        defer { bar.clear() }
        let report = try JournalBackup.run(from: source, to: target, time: Clock.realtime()) { bar.show($0, of: $1) }
        tellDaemon(report.manifest, source, from, to)
        return report
    }

    /// So that "status" and the metrics know how old the last backup is.
    private func tellDaemon(_ manifest: BackupManifest, _ source: OwnedDisk, _ from: String, _ to: String) {
        let backup = LastBackup(seq: manifest.last, time: manifest.time, directory: to)
        do { try JournalBackup.note(backup, in: source) } catch {
            Console.error(
                """
                ecryptopayd: the backup is good, but the daemon is not told of it, and will say that it is missing: \
                \(from)/\(LastBackup.name) cannot be written: \(error)
                """)
        }
    }

    private func print(_ report: JournalBackup.Report, _ to: String) {
        let manifest = report.manifest
        let time = UTCTime(nanoseconds: manifest.time).iso8601(fractionDigits: 6)
        guard json else {
            Console.print(
                """
                \(manifest.records) records up to \(manifest.last), \(manifest.bytes) bytes in \(manifest.segments.count) segments; \
                \(report.copied) bytes copied to \(to)
                """)
            return
        }
        let value = JSONValue.dictionary([
            "journal": .string(manifest.journal), "seq": .integer(manifest.last), "records": .integer(manifest.records),
            "segments": .integer(manifest.segments.count), "bytes": .integer(manifest.bytes),
            "copied_bytes": .integer(report.copied), "time": .string(time), "to": .string(to),
        ])
        Console.print(json: value.serialized())
    }

    private static func isAboutJournal(_ fault: BackupFault) -> Bool {
        switch fault {
        case .nothingThere, .damaged, .unfinished: true
        default: false
        }
    }

    private static func failure(_ fault: JournalFault) -> CommandFailure {
        switch fault {
        case .locked(let directory), .lockReplaced(let directory):
            CommandFailure(
                .tryAgain,
                "another process works on \(directory), such as another backup; hint: try again when it has ended")
        case .system(let error): CommandFailure(backingUp: error)
        default: CommandFailure(fault)
        }
    }
}
