import ArgumentParser
import Configuration
import JournalFormat
import JournalStore
import POSIX

/// `ecryptopayd journal repair`: cuts a damaged journal.
struct JournalRepairCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "repair",
        abstract: "Cut a damaged journal at an offset, after copying everything behind it aside.",
        discussion: """
            The last resort, when no backup is there: acknowledged reports may be among what is cut. "journal verify" names \
            segment and offset. Where the first segments are gone, --begins-here goes on without them instead. Without --yes it \
            only says what it would drop. Refuses while a daemon runs on the journal.
            """)

    @OptionGroup var journal: JournalOptions
    @Option(help: ArgumentHelp("The segment's file.", valueName: "name")) var segment: String
    @Option(help: ArgumentHelp("Where the first line that goes begins, in bytes.", valueName: "offset")) var at: Int64?
    @Flag(help: "The segment is the first that is left, and those before it will not come back.") var beginsHere = false
    @Flag(help: "Do it.") var yes = false

    func validate() throws {
        if (at != nil) == beginsHere { throw ValidationError("name either --at <offset> or --begins-here") }
    }

    func run() throws {
        try reportingFailure {
            guard let first = SegmentName.firstSeq(of: segment) else {
                throw CommandFailure(.usage, "--segment \(segment): a segment's name is twenty digits and .jsonl")
            }
            let place = try journal.place()
            guard case .directory(let path) = place else {
                throw CommandFailure(
                    .usage,
                    """
                    a database is not repaired by this: restore it from its backup, or name the directory of a journal in files \
                    with --directory
                    """)
            }
            let (disk, lock) = try FileSource(path).lockedDisk()
            defer { withExtendedLifetime(lock) {} }
            do {
                if let at { try cut(disk, first, at) } else { try begin(disk, first) }
            } catch let refusal as JournalRepair.Refusal { throw CommandFailure(refusal) }
            if !yes { Console.error("nothing was changed; add --yes to do it") }
        }
    }

    private func cut(_ disk: DirectoryDisk, _ segment: Int64, _ offset: Int64) throws {
        let report = try JournalRepair.cut(
            disk, segment: segment, offset: offset, randomID: RandomID.make(), time: Clock.realtime(), dryRun: !yes)
        let verb = yes ? "were cut" : "would be cut"
        Console.print(
            "\(report.bytes) bytes with \(report.records) good records \(verb); the journal ends with record \(report.lastSeq)"
        )
        for copy in report.copies { Console.print("kept in \(copy)") }
    }

    private func begin(_ disk: DirectoryDisk, _ segment: Int64) throws {
        let missing = try JournalRepair.acceptBeginning(disk, segment: segment, dryRun: !yes)
        let verb = yes ? "begins" : "would begin"
        Console.print("the journal \(verb) with record \(segment); \(missing) records before it are given up")
    }
}

extension CommandFailure {
    fileprivate init(_ refusal: JournalRepair.Refusal) {
        switch refusal {
        case .noSegment, .noLine, .nothingMissing: self.init(.noInput, "\(refusal)")
        case .damagedBefore, .laterVersion: self.init(.badData, "\(refusal)")
        case .system(let error): self.init(JournalFault.system(error))
        }
    }
}
