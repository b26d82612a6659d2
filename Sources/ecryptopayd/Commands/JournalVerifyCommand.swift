import ArgumentParser

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
            let report = try verify()
            if json { Console.print(json: Array(report.json.utf8)) } else { Console.print(report.sentence) }
            for problem in report.problems { Console.error(problem) }
            if let hint = report.hint { throw CommandFailure(.badData, hint) }
        }
    }

    private func verify() throws -> VerifyReport {
        let source = try journal.source()
        let bar = ProgressBar("verifying")
        // Before anything else is written, also what went wrong.
        defer { bar.clear() }
        return try source.verify { bar.show($0, of: $1) }
    }
}
