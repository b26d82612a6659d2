import ArgumentParser
import JournalStore
import Ledger
import Payments

/// `ecryptopayd journal prune`: drops old segments in which everything is settled.
struct JournalPruneCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune",
        abstract: "Drop old segments in which everything is settled.",
        discussion: """
            Whole segments only, oldest first, and never the last. What they knew of each payment is first written into the \
            journal's end. Refuses while a daemon runs on the journal (exit code 75).
            """)

    @OptionGroup var journal: JournalOptions
    @Option(help: ArgumentHelp("Keep what is younger than that, e.g. 90d or 72h.", valueName: "age")) var keep: String
    @Flag(help: "Only say what would go.") var dryRun = false

    func run() throws {
        try reportingFailure {
            let source = try journal.source()
            let before = try RecordFilter.time(keep, of: "--keep", now: source.now)
            let report = try source.prune(before: before, dryRun: dryRun)
            for segment in report.segments { Console.print(segment) }
            let verb = dryRun ? "would go" : "went"
            Console.error(
                "\(report.segments.count) segments \(verb): \(report.records) records, \(report.bytes) bytes; the last word on \(report.known) payments \(dryRun ? "would be" : "was") kept"
            )
            if let heldBy = report.heldBy { Console.error("older segments stay because of \(heldBy)") }
        }
    }
}
