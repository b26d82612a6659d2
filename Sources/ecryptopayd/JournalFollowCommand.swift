import ArgumentParser
import Glibc
import JournalFormat
import JournalStore
import POSIX

/// `ecryptopayd journal follow`: like `tail -F`.
struct JournalFollowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "follow",
        abstract: "Print records as they become durable, like tail -F.",
        discussion: """
            Begins behind --after, or with --after 0 at the first record, or without it at the end. Shows each record once, in \
            order, and none before it is proven to be on the disk. Ends when interrupted, or when nobody reads any more.
            """)

    @OptionGroup var journal: JournalOptions
    @Option(help: ArgumentHelp("Begin behind this sequence number.", valueName: "seq")) var after: Int64?
    @Option(help: ArgumentHelp("Only records about this payment.", valueName: "id")) var payment: Int64?
    @Option(help: ArgumentHelp("Only records of this kind; may be repeated.", valueName: "kind")) var kind: [String] =
        []

    /// How long to wait before looking again, in microseconds: soon enough for eyes, seldom enough to cost nothing.
    private static let pause: UInt32 = 100_000

    func run() throws {
        try reportingFailure {
            // The end of the reader shows at once, also while nothing is printed.
            signal(SIGPIPE, SIG_IGN)
            let disk = try journal.disk()
            let filter = try RecordFilter(payment: payment, kinds: kind, after: 0, since: .min)
            do throws(SystemError) {
                let begin: Int64
                if let after { begin = after } else { begin = try JournalFollower.end(of: disk) }
                var follower = JournalFollower(disk, after: begin)
                while !Console.readerIsGone {
                    var output: [UInt8] = []
                    let fault = try follower.poll { line, entry in
                        if filter.matches(entry) { output += line + [UInt8(ascii: "\n")] }
                    }
                    Console.print(output)
                    if let fault { throw SystemError(call: "read", errno: EILSEQ, subject: "\(fault)") }
                    usleep(Self.pause)
                }
            } catch {
                throw CommandFailure(error.errno == EILSEQ ? .badData : .inputOutput, error.subject)
            }
        }
    }
}
