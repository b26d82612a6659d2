import ArgumentParser
import JournalStore

/// `ecryptopayd journal verify`: every line's form, checksum, number and content.
struct JournalVerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Prove the journal whole: every line's form, checksum, number and content.",
        discussion: "Exits with 65 when a line is not good, and says where and what is wrong.")

    @OptionGroup var journal: JournalOptions
    @Flag(help: "Print JSON.") var json = false

    func run() throws {
        try reportingFailure {
            let reader = try JournalReader.open(try journal.resolve())
            var records = 0
            var bytes = 0
            let fault = try reader.forEachLine { line, _ in
                records += 1
                bytes += line.count + 1
            }
            if let fault { throw CommandFailure(.badData, "\(fault)") }
            let segments = reader.segments.count
            Console.print(
                json
                    ? #"{"records":\#(records),"bytes":\#(bytes),"segments":\#(segments)}"#
                    : "\(records) records, \(bytes) bytes in \(segments) segments: the journal is whole")
        }
    }
}
