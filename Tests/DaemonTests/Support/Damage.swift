import JournalFormat
import Testing

/// One damage to a ``CraftedJournal``, and what must be said of it.
struct Damage: Sendable, CustomTestStringConvertible {
    /// How it is mended.
    enum Hint: Sendable {
        /// Nothing had been synced there: the next start sets it aside.
        case restart
        /// From a backup, or by the cut that `verify` names.
        case repair
        /// The segment gets its old name back.
        case name(String, String)
        /// It passes its checksum and is no record: a later version of the program may have written it.
        case version
    }

    let testDescription: String
    let hint: Hint
    /// What the daemon says when it starts.
    let start: String
    /// What `verify` says.
    let finding: String
    private let change: @Sendable (inout CraftedJournal) -> Void

    private init(
        _ name: String, _ hint: Hint, start: String, finding: String,
        _ change: @escaping @Sendable (inout CraftedJournal) -> Void
    ) {
        testDescription = name
        self.hint = hint
        self.start = start
        self.finding = finding
        self.change = change
    }

    /// A journal with it.
    var journal: CraftedJournal {
        var journal = CraftedJournal()
        change(&journal)
        return journal
    }

    private static let (first, second, last) = (CraftedJournal.first, CraftedJournal.second, CraftedJournal.last)

    /// A place by its line's index in the whole journal.
    private static func place(_ segment: String, _ index: Int) -> String {
        "\(segment) at byte \(CraftedJournal().offset(segment, index))"
    }

    private static func damaged(_ segment: String, _ index: Int, _ finding: String) -> String {
        "the journal is damaged: \(place(segment, index)): \(finding)"
    }

    /// Every kind.
    static let all = lines + numbers + versions + segments

    private static let lines = [
        Damage(
            "a line longer than 4 MiB", .repair,
            start: damaged(second, 2, "the line is longer than 4194304 bytes"),
            finding: "\(place(second, 2)): the line is longer than 4194304 bytes"
        ) { $0.segments[second]?[2] = CraftedJournal.received(7, length: 5 << 20) },
        Damage(
            "a line longer than 4 MiB that had not been synced", .restart,
            start: "cut from \(place(last, 3)), kept in \(last).torn-",
            finding: "\(place(last, 3)): the line is longer than 4194304 bytes"
        ) {
            $0.segments[last]?[3] = CraftedJournal.received(12, length: (4 << 20) + 1)
            $0.durable = 11
        },
        Damage(
            "bytes that are not UTF-8", .repair,
            start: damaged(last, 1, "its checksum says "), finding: "\(place(last, 1)): its checksum says "
        ) { $0.segments[last]?[1].replace("paid".utf8, with: [0xFF, 0xFE, 0x80, 0xC0]) },
        Damage(
            "a wrong checksum", .repair,
            start: damaged(second, 2, "its checksum says "),
            finding: "\(place(second, 2)): its checksum says "
        ) { $0.segments[second]?[2].replace("paid".utf8, with: "pais".utf8) },
        Damage(
            "a wrong checksum in what had not been synced", .restart,
            start: "cut from \(place(last, 3)), kept in \(last).torn-", finding: "\(place(last, 3)): its checksum says "
        ) {
            $0.segments[last]?[3].replace("paid".utf8, with: "pais".utf8)
            $0.durable = 11
        },
        Damage(
            "a line cut short", .repair,
            start: damaged(second, 3, "the line is cut short by the end of the file"),
            finding: "\(place(second, 3)): the line is cut short by the end of the file"
        ) { $0.segments[second]?[3].removeLast(7) },
    ]

    private static let numbers = [
        Damage(
            "a gap in the numbers", .repair,
            start: damaged(second, 1, "record 6 should stand there, but it is record 7"),
            finding: "\(place(second, 1)): record 6 should stand there, but it is record 7"
        ) { $0.segments[second]?.remove(at: 1) },
        Damage(
            "a number that repeats", .repair,
            start: damaged(last, 2, "record 11 should stand there, but it is record 10"),
            finding: "\(place(last, 2)): record 11 should stand there, but it is record 10"
        ) { $0.segments[last]?.insert(CraftedJournal.received(10), at: 2) },
    ]

    private static let versions = [
        Damage(
            "bytes that are not UTF-8 under a right checksum", .version,
            start: "\(place(last, 1)): its checksum is right, but it is no JSON: bytes that are not UTF-8",
            finding: "\(place(last, 1)): its checksum is right, but it is no JSON: bytes that are not UTF-8"
        ) {
            $0.segments[last]?[1] = CraftedJournal.resealed(
                CraftedJournal.received(10), replacing: "test", with: [0xFF, 0xFE, 0x80, 0xC0])
        }
    ]

    private static func renamed(_ name: String, _ old: String, _ seq: Int64, from first: Int64) -> Damage {
        let new = SegmentName.name(firstSeq: seq)
        let finding = "\(new): its first record is \(first), and its name says \(seq): it was renamed"
        return Damage(name, .name(old, new), start: "the journal is damaged: \(finding)", finding: finding) {
            $0.segments[new] = $0.segments.removeValue(forKey: old)
        }
    }

    private static let segments = [
        Damage(
            "a segment that is missing", .repair,
            start: damaged(last, 0, "record 5 should stand there, but it is record 9: a segment is missing"),
            finding: "\(place(last, 0)): record 5 should stand there, but it is record 9"
        ) { $0.segments[second] = nil },
        Damage(
            "a first segment that is missing", .repair,
            start: damaged(second, 0, "the journal should begin with record 1, and begins with record 5"),
            finding: "\(place(second, 0)): the journal should begin with record 1, and begins with record 5"
        ) { $0.segments[first] = nil },
        Damage(
            "a last segment that is missing", .repair, start: damaged(second, 4, "record 9 is missing"),
            finding: "\(place(second, 4)): record 9 is missing, but records up to 12 had been synced"
        ) { $0.segments[last] = nil },
        Damage(
            "an empty segment", .repair, start: damaged(second, 0, "record 5 is missing"),
            finding: "\(place(last, 0)): record 5 should stand there, but it is record 9"
        ) { $0.segments[second] = [] },
        Damage(
            "an empty first segment", .repair, start: damaged(first, 0, "record 1 is missing"),
            finding: "\(place(second, 0)): record 1 should stand there, but it is record 5"
        ) { $0.segments[first] = [] },
        Damage(
            "an empty last segment", .repair, start: damaged(last, 0, "record 9 is missing"),
            finding: "\(place(last, 0)): record 9 is missing, but records up to 12 had been synced"
        ) { $0.segments[last] = [] },
        renamed("a segment that was renamed", second, 6, from: 5),
        renamed("a first segment that was renamed", first, 2, from: 1),
        renamed("a last segment that was renamed", last, 8, from: 9),
    ]
}
