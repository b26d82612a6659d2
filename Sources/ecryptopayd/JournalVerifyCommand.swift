import ArgumentParser
import JournalStore
import POSIX

/// `ecryptopayd journal verify`: every line's form, checksum, number and content.
struct JournalVerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Prove the journal whole: every line's form, checksum, number and content.",
        discussion: "Exits with 65 when a line is not good, and lists everything that is wrong, and where.")

    @OptionGroup var journal: JournalOptions
    @Flag(help: "Print JSON.") var json = false

    func run() throws {
        try reportingFailure {
            let disk = try journal.disk()
            let bar = ProgressBar("verifying")
            let report: JournalAudit.Report
            do throws(SystemError) {
                report = try JournalAudit.run(disk) { bar.show($0, of: $1) }
            } catch { throw CommandFailure(reading: error) }
            bar.clear()
            if json { Console.print(report.json) } else { Console.print(report.sentence) }
            for problem in report.problems { Console.error("\(problem)") }
            if report.problemCount > 0 {
                throw CommandFailure(
                    .badData,
                    """
                    \(report.problemCount) problem(s). If they stand at the very end and nothing had been synced there, the \
                    next start sets them aside by itself; else restore the segment from a backup, or, as the last resort, cut \
                    the journal with "ecryptopayd journal repair"
                    """)
            }
        }
    }
}

extension JournalAudit.Report {
    fileprivate var sentence: String {
        let state = problemCount == 0 ? "the journal is whole" : "the journal is damaged"
        return "\(records) good records, \(bytes) bytes in \(segments) segments: \(state)"
    }

    fileprivate var json: String {
        """
        {"records":\(records),"bytes":\(bytes),"segments":\(segments),"claimed":\(claimed),"problems":\(problemCount)}
        """
    }
}
