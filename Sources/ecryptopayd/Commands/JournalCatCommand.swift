import ArgumentParser
import JournalFormat

/// `ecryptopayd journal cat`: the records, as they stand in the journal.
struct JournalCatCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cat",
        abstract: "Print records as JSON Lines, as they stand in the journal.",
        discussion: """
            Beside a running daemon the last records shown may not be synced yet; "journal follow" shows none of those. A \
            damaged line ends the output with exit code 65; "journal verify" says more.
            """)

    @OptionGroup var journal: JournalOptions
    @OptionGroup var selection: RecordSelection

    func run() throws {
        try reportingFailure {
            let source = try journal.source()
            let filter = try RecordFilter(selection, of: source)
            var output: [UInt8] = []
            let fault = try source.forEachLine(matching: filter) { line, _ in
                output += line
                output.append(UInt8(ascii: "\n"))
                if output.count > 1 << 16 {
                    Console.print(json: output, terminator: "")
                    output.removeAll(keepingCapacity: true)
                }
            }
            Console.print(json: output, terminator: "")
            if let fault { throw CommandFailure(.badData, fault) }
        }
    }
}
