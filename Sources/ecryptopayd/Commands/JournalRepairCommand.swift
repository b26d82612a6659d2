import ArgumentParser
import Configuration
import JournalFormat
import JournalStore
import POSIX

/// `ecryptopayd journal repair`: cuts a damaged journal.
struct JournalRepairCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "repair",
        abstract: "Cut a damaged journal, or have it go on without what is missing.",
        discussion: """
            The last resort, when no backup is there. "journal verify" says which of the three is meant. Where segments are gone, \
            --accept-gaps goes on without them, and --begins-here where those are the first ones: nothing is cut. Else --at cuts the \
            journal at an offset of a segment, after copying everything behind it aside; acknowledged reports may be among that. \
            Without --yes it only says what it would do. Refuses while a daemon runs on the journal.
            """)

    @OptionGroup var journal: JournalOptions
    @Option(help: ArgumentHelp("The segment's file.", valueName: "name")) var segment: String?
    @Option(help: ArgumentHelp("Where the first line that goes begins, in bytes.", valueName: "offset")) var at: Int64?
    @Flag(help: "The segment is the first that is left, and those before it will not come back.") var beginsHere = false
    @Flag(help: "The records that are missing between segments will not come back.") var acceptGaps = false
    @Flag(help: "Do it.") var yes = false

    func validate() throws {
        guard [at != nil, beginsHere, acceptGaps].filter({ $0 }).count == 1 else {
            throw ValidationError("name one of --at <offset>, --begins-here and --accept-gaps")
        }
        if (segment != nil) == acceptGaps {
            throw ValidationError(
                acceptGaps ? "--accept-gaps takes no --segment" : "name the segment with --segment <name>")
        }
    }

    func run() throws {
        try reportingFailure {
            let first = try segment.map { segment in
                guard let first = SegmentName.firstSeq(of: segment) else {
                    throw CommandFailure(.usage, "--segment \(segment): a segment's name is twenty digits and .jsonl")
                }
                return first
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
            let (disk, lock) = try FileSource(path).lockedDisk(mayBeLost: true)
            defer { withExtendedLifetime(lock) {} }
            do {
                switch (first, at) {
                case (nil, _): try acceptGaps(disk)
                case (let first?, let at?): try cut(disk, first, at)
                case (let first?, nil): try begin(disk, first)
                }
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

    private func acceptGaps(_ disk: DirectoryDisk) throws {
        let gaps = try JournalRepair.acceptGaps(disk, dryRun: !yes)
        let count = gaps.reduce(0) { $0 + $1.count }
        let ranges = gaps.map { "\($0.lowerBound) to \($0.upperBound)" }.joined(separator: ", ")
        Console.print("\(count) records \(yes ? "are" : "would be") given up, and nothing is cut: \(ranges)")
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
        case .noSegment, .noLine, .nothingMissing, .noGap: self.init(.noInput, "\(refusal)")
        case .damagedBefore, .laterVersion: self.init(.badData, "\(refusal)")
        case .system(let error): self.init(JournalFault.system(error))
        }
    }
}
