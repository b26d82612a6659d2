import ArgumentParser
import CivilTime
import Configuration
import JournalFormat
import JournalStore
import POSIX

/// `ecryptopayd journal restore`: a backup in the journal's place.
struct JournalRestoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Put a backup, or a plain copy of a journal's directory, in the journal's place.",
        discussion: """
            Every size and checksum of a backup is verified before anything is changed; a plain copy is judged by the daemon's next \
            start. That start finds by itself that the journal was restored. Refuses while a daemon runs on the journal (exit code 75), \
            and where a journal is, unless that is to be kept aside. Interrupted, run it again.
            """)

    @Argument(
        help: ArgumentHelp("A directory that \"journal backup\" has made, or a copy of a journal's.", valueName: "from")
    )
    var from: String
    @OptionGroup var journal: JournalOptions
    @Flag(help: "Keep the journal that is there aside, beside it.") var replace = false

    func run() throws {
        try reportingFailure {
            guard case .directory(let path) = try journal.place() else {
                throw CommandFailure(
                    .usage,
                    "a journal in a database is not restored by this; hint: use pg_restore, or name a directory with --directory"
                )
            }
            let from = try BackupPlaces.resolved(from, "FROM")
            let directory = try BackupPlaces.resolved(path, "--directory")
            try BackupPlaces.requireApart(directory, from, "FROM")
            do {
                print(try restore(from, directory), directory)
            } catch let fault as BackupFault {
                throw CommandFailure(fault, of: Self.isAboutPlace(fault) ? directory : from)
            } catch let fault as JournalFault {
                if case .system(let error) = fault { throw CommandFailure(backingUp: error) }
                throw CommandFailure(fault)
            } catch let error as SystemError {
                throw CommandFailure(backingUp: error)
            }
        }
    }

    private func restore(_ from: String, _ directory: String) throws -> JournalRestore.Report {
        let source: OwnedDisk
        do { source = try OwnedDisk(from) } catch let error as SystemError { throw CommandFailure(reading: error) }
        let bar = ProgressBar("restoring")
        defer { bar.clear() }
        let time = UTCTime(nanoseconds: Clock.realtime()).iso8601(fractionDigits: 0)
        return try JournalRestore.run(
            from: source, to: directory, replaces: replace, suffix: time.filter { $0 != "-" && $0 != ":" },
            hands: OwnedHands()
        ) { bar.show($0, of: $1) }
    }

    private func print(_ report: JournalRestore.Report, _ directory: String) {
        if report.isEnd {
            Console.print("a restore that had been interrupted was brought to its end in \(directory)")
        } else if let manifest = report.manifest {
            let until = report.until.map { UTCTime(nanoseconds: $0).iso8601(fractionDigits: 6) } ?? "an unknown time"
            Console.print(
                """
                \(manifest.records) records up to \(manifest.last), the last one from \(until), \(report.bytes) bytes in \(directory)
                """)
        } else {
            Console.print(
                "\(report.bytes) bytes of a plain copy in \(directory); the daemon's next start tells up to where it is whole"
            )
        }
        if let replaced = report.replaced { Console.print("the journal that was there is in \(replaced)") }
    }

    private static func isAboutPlace(_ fault: BackupFault) -> Bool {
        switch fault {
        case .occupied, .inTheWay, .notExchanged, .misread: true
        default: false
        }
    }
}
