package import JournalFormat
package import Ledger
package import Payments
import POSIX

/// The journal that a ledger keeps: group commit, and what each form does in its own way. What reads or writes beside the group commit may
/// block.
package protocol LedgerJournal: Sendable {
    /// The journal's random id.
    var id: String { get }

    /// Where records are appended.
    var commits: GroupCommit { get }

    /// How much room is left; nil where nobody can tell.
    var space: SpaceGauge? { get }

    /// What an operator can do when it takes no records: the end of a sentence, in the imperative.
    var advice: String { get }

    /// Reads records of a kind, in the order that is given. One that nothing will ever read fails with a ``JournalFormat/Damage``, one that
    /// may be read later with anything else.
    func entries(at positions: [JournalPosition], of kind: String) throws -> [Result<Entry, any Error>]

    /// The records that are selected and were news, up to a durable one, in order; and what cannot be read, where some of them may have
    /// stood.
    func changes(
        _ selection: Redelivery, upTo durable: Int64
    ) throws -> (found: [(PaymentID, JournalPosition)], damage: [Damage])

    /// When a record was written, in nanoseconds since 1970; nil when there is none of that number any more.
    func time(of seq: Int64) -> Int64?

    /// How many segments there are, and their bytes. What cannot be read counts for nothing: a figure is no reason to fail.
    var extent: (segments: Int, bytes: Int64) { get }

    /// When and where it was last backed up; nil when it never was, or nobody can tell.
    var lastBackup: LastBackup? { get }

    /// Keeps the state as of a durable record beside the records.
    func save(_ snapshot: LedgerSnapshot, at position: JournalPosition) throws

    /// Which of the oldest records may go: those of whole segments that are older than `before` (nanoseconds since 1970), up to what must
    /// stay.
    func prunePlan(before: Int64, hold: PruningHold?) throws -> PrunePlan

    /// Shows every record of those that says what is known of a payment, and the baseline; others may be shown too. Nothing is dropped
    /// unread.
    func forEachEntry(of plan: PrunePlan, _ body: (Entry) throws -> Void) throws

    /// Drops them. The caller sees to it that nobody misses them.
    func drop(_ plan: PrunePlan) throws
}

/// Which segments may go: the oldest ones, as long as everything in them is old and settled; never the last.
package struct PrunePlan: Sendable {
    /// The first record that stays.
    package var end: Int64
    /// What goes, as far as it can be told without reading it.
    package var report: PruneReport

    package init(end: Int64, report: PruneReport) {
        self.end = end
        self.report = report
    }
}

extension LedgerJournal {
    package var lastBackup: LastBackup? { nil }

    /// For one that is kept on a disk.
    package var advice: String { "check that the disk has room and no errors" }

    /// Every record up to this is durable.
    package var durable: Int64 { commits.durable }

    /// What ended it, if its disk did.
    package var failure: JournalUnavailable? { commits.failure }

    /// Takes a record; see ``GroupCommit/append(_:time:defersCommit:)``.
    package func append(
        _ record: Record, time: Int64, defersCommit: Bool = false
    ) throws(JournalUnavailable) -> JournalPosition {
        try commits.append(record, time: time, defersCommit: defersCommit)
    }

    func flush() { commits.flush() }

    /// Who hears of commits. To be set before the first record is appended.
    package func setObserver(_ observer: (any JournalObserver)?) { commits.setObserver(observer) }

    /// Appends `closed`, makes it durable, and takes nothing more.
    package func close(time: Int64) { commits.close(time: time) }
}
