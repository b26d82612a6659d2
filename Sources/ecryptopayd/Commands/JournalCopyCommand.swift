import ArgumentParser
import Configuration
import Glibc
import JournalStore
import POSIX

/// `ecryptopayd journal copy`: a journal to another place.
struct JournalCopyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "copy",
        abstract: "Copy the journal to another place, and prove both sides equal.",
        discussion: """
            A place is a directory, the URL of a database without a password, or the word "configured" for ECRYPTOPAY_JOURNAL. \
            Every record keeps its number, and the journal its id. Without --yes it only says what it would copy. Interrupted, it \
            is gone on with by running it again. Refuses while a daemon runs on either side (exit code 75).
            """)

    @Argument(help: ArgumentHelp("Where the journal is.", valueName: "from")) var from: String
    @Argument(help: ArgumentHelp("Where it is to go: nothing must be there.", valueName: "to")) var to: String
    @OptionGroup var configuration: ConfigurationOptions
    @Flag(help: "Do it.") var yes = false

    func run() throws {
        try reportingFailure {
            let settings = try settings()
            let (from, to) = (try place(from, "FROM", settings), try place(to, "TO", settings))
            guard from != to else { throw CommandFailure(.usage, "FROM and TO are the same place") }
            do {
                try copy(from, to, settings)
            } catch let fault as JournalCopyFault {
                throw CommandFailure(fault, from, to)
            } catch let error as SystemError {
                throw CommandFailure(
                    error.copyStatus, "the journal cannot be copied: \(error); \(error.hintForWriting)")
            } catch {
                throw DatabaseBackend.failure(error, from: from, to: to) ?? error
            }
        }
    }

    private func copy(_ from: JournalPlace, _ to: JournalPlace, _ settings: Settings) throws {
        let bar = ProgressBar(yes ? "copying" : "reading")
        // Before anything else is written, also what went wrong.
        defer { bar.clear() }
        let source = try CopyEnds.source(from, settings)
        let target = try CopyEnds.target(to, for: from, settings, isToWrite: yes)
        // The locks are theirs.
        defer { withExtendedLifetime((source, target)) {} }
        try JournalCopy.check(source.end, target.end)
        if yes {
            let report = try JournalCopy.run(from: source.end, to: target.end) { bar.show($0, of: source.end.bytes) }
            bar.clear()
            Console.print("\(report.records) records, \(report.bytes) bytes, equal")
        } else {
            let report = try JournalCopy.measure(source.end) { bar.show($0, of: source.end.bytes) }
            bar.clear()
            Console.print("\(report.records) records, \(report.bytes) bytes would be copied to \(to)")
            Console.error("nothing was changed; add --yes to do it")
        }
    }

    /// Only what says "configured" needs any, and a database the certificates that it is checked against.
    private func settings() throws -> Settings {
        guard [from, to].contains(where: { $0 == "configured" || $0.contains("://") }) else { return Settings() }
        let loader = ConfigurationLoader(envFile: configuration.envFile, isDaemon: false)
        return try loader.load(account: .unused)
    }

    private func place(_ text: String, _ name: String, _ settings: Settings) throws -> JournalPlace {
        if text == "configured" { return settings.journal }
        do { return try JournalPlace(argument: text) } catch { throw CommandFailure(.usage, "\(name) \(error)") }
    }
}

extension CommandFailure {
    fileprivate init(_ fault: JournalCopyFault, _ from: JournalPlace, _ to: JournalPlace) {
        switch fault {
        case .nothingThere: self.init(.noInput, "\(from): \(fault)")
        case .damaged, .laterVersion, .unfinished: self.init(.badData, "\(from): \(fault)")
        case .occupied: self.init(.usage, "\(to): \(fault)")
        case .differs, .misread: self.init(.badData, "\(to): \(fault)\(Self.removal(to))")
        case .goneOn: self.init(.badData, "\(to): \(fault)")
        }
    }

    /// How a copy is removed, where that is not plain to see.
    private static func removal(_ place: JournalPlace) -> String {
        if case .database = place { return ". In the database: DROP SCHEMA ecryptopayd CASCADE" }
        return ""
    }
}

extension SystemError {
    fileprivate var copyStatus: ExitStatus { errno == EACCES || errno == EPERM ? .permission : .inputOutput }
}
