import ArgumentParser
import JournalFormat
import JournalStore

/// `ecryptopayd journal cat`: the records, as they stand in the journal.
struct JournalCatCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cat",
        abstract: "Print records as JSON Lines, as they stand in the journal.",
        discussion: """
            Beside a running daemon the last records shown may not be synced yet. A damaged line ends the output with exit \
            code 65; "ecryptopayd journal verify" says more.
            """)

    @OptionGroup var journal: JournalOptions
    @Option(help: ArgumentHelp("Only records about this payment.", valueName: "id")) var payment: Int64?
    @Option(help: ArgumentHelp("Only records of this kind; may be repeated.", valueName: "kind")) var kind: [String] =
        []
    @Option(help: ArgumentHelp("Only records behind this sequence number.", valueName: "seq")) var after: Int64 = 0

    func run() throws {
        try reportingFailure {
            let reader = try JournalReader.open(try journal.resolve())
            var output: [UInt8] = []
            let fault = try reader.forEachLine { line, entry in
                guard entry.seq > after, payment == nil || entry.record.payment == payment,
                    kind.isEmpty || kind.contains(entry.record.kind)
                else { return }
                output += line
                output.append(UInt8(ascii: "\n"))
                if output.count > 1 << 16 {
                    Console.print(output)
                    output.removeAll(keepingCapacity: true)
                }
            }
            Console.print(output)
            if let fault { throw CommandFailure(.badData, "\(fault)") }
        }
    }
}
