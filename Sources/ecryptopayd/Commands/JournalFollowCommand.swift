import ArgumentParser
import Glibc
import JournalFormat
import Ledger
import Synchronization

/// `ecryptopayd journal follow`: like `tail -F`.
struct JournalFollowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "follow",
        abstract: "Print records as they become durable, like tail -F.",
        discussion: """
            Begins behind --after, or with --after 0 at the first record, or without it at the end. Shows each record once, in \
            order, and none before it is proven to be on the disk. Ends when interrupted, or when nobody reads any more. \
            Damage is told on standard error, the next good record follows, and the exit code in the end is 65.
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
            let source = try journal.source()
            let filter = try RecordFilter(payment: payment, kinds: kind, after: 0, since: .min)
            let fault = try follow(source, filter)
            if fault != nil || Self.isDamaged.load(ordering: .relaxed) {
                throw CommandFailure(
                    .badData,
                    "\(fault ?? "the journal is damaged"); \"ecryptopayd journal verify\" lists all that is wrong")
            }
        }
    }

    /// Shows records until nobody reads any more, or until a line is not good; answers that one.
    private func follow(_ source: any JournalSource, _ filter: RecordFilter) throws -> String? {
        var tail = try source.tail(after: after)
        var isUnreachable = false
        while !Console.readerIsGone {
            do {
                if let fault = try poll(&tail, filter) { return fault }
                if isUnreachable { Console.error("the journal is read again") }
                isUnreachable = false
            } catch let fault as RecordsUnreachable {
                // It passes, and the next look goes on behind what was shown.
                if !isUnreachable { Console.error("\(fault); tried again until it can be read") }
                isUnreachable = true
            }
            usleep(Self.pause)
        }
        return nil
    }

    private func poll(_ tail: inout any RecordTail, _ filter: RecordFilter) throws -> String? {
        var output: [UInt8] = []
        // What was shown before a fault is not shown again.
        defer { Console.print(json: output, terminator: "") }
        return try tail.poll { line, entry in
            guard filter.matches(entry) else { return }
            output += line
            output.append(UInt8(ascii: "\n"))
            if output.count > 1 << 16 {
                Console.print(json: output, terminator: "")
                output.removeAll(keepingCapacity: true)
            }
        } pruned: {
            Console.error(Self.notice($0))
        } damaged: { damage in
            Console.error("\(damage); hint: \(damage.hint)")
            // Who interrupts it is told as well.
            for number in [SIGINT, SIGTERM, SIGHUP] { signal(number) { _ in _exit(ExitStatus.badData.rawValue) } }
            Self.isDamaged.store(true, ordering: .relaxed)
        }
    }

    private static let isDamaged = Atomic(false)

    private static func notice(_ pruned: ClosedRange<Int64>) -> String {
        pruned.count == 1
            ? "record \(pruned.lowerBound) was pruned before it could be shown"
            : "records \(pruned.lowerBound) to \(pruned.upperBound) were pruned before they could be shown"
    }
}
