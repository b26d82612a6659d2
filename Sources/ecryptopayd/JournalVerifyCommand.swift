import ArgumentParser
import JournalFormat
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
            let report = try audit(disk)
            if json { Console.print(report.json) } else { Console.print(report.sentence) }
            for problem in report.problems { Console.error("\(problem)") }
            if let mend = report.mend(directory: disk.path) { throw CommandFailure(.badData, mend) }
        }
    }

    private func audit(_ disk: DirectoryDisk) throws -> JournalAudit.Report {
        let bar = ProgressBar("verifying")
        // Before anything else is written, also what went wrong.
        defer { bar.clear() }
        do throws(SystemError) {
            return try JournalAudit.run(disk) { bar.show($0, of: $1) }
        } catch { throw CommandFailure(reading: error) }
    }
}

extension JournalAudit.Report {
    fileprivate var sentence: String {
        let state = problemCount == 0 ? "the journal is whole" : "the journal is damaged"
        return "\(records) good records, \(bytes) bytes in \(segments) segments: \(state)"
    }

    /// What to do about what is wrong; nil when nothing is.
    fileprivate func mend(directory: String) -> String? {
        guard let first = problems.first else { return nil }
        let count = problemCount == 1 ? "1 problem" : "\(problemCount) problems"
        if problems.contains(where: \.isOfAnotherVersion) {
            return """
                \(count). What passes its checksum and cannot be read was probably written by a later version of ecryptopayd: \
                use that version, or restore the segment from a backup
                """
        }
        if isTornTail {
            return """
                \(count), behind record \(claimed), the last that is known to have been synced: a torn tail, which the next \
                start of the daemon sets aside by itself
                """
        }
        if let beginning {
            return """
                \(count). Segments before the first one that is there are missing, and no pruning removed them: restore them from \
                a backup. Where there is none, or they were removed on purpose, have the journal begin there:
                ecryptopayd journal repair --directory \(directory) --segment \(beginning) --begins-here
                """
        }
        let place = first.isAboutSegments ? "Look whether a segment is missing or was renamed. " : ""
        return """
            \(count). \(place)Restore what is damaged from a backup. Where there is none, the last resort is to cut the journal \
            before the first problem, which keeps all behind it in files of another name:
            ecryptopayd journal repair --directory \(directory) --segment \(first.segment) --at \(first.offset)
            """
    }

    fileprivate var json: String {
        """
        {"records":\(records),"bytes":\(bytes),"segments":\(segments),"claimed":\(claimed),"problems":\(problemCount)}
        """
    }
}

extension JournalReader.Fault {
    fileprivate var isOfAnotherVersion: Bool { if case .content = fault { true } else { false } }

    /// Whether a segment begins with another number than the one that is to follow.
    fileprivate var isAboutSegments: Bool {
        switch fault {
        case .sequence: offset == 0
        case .missing: true
        default: false
        }
    }
}
