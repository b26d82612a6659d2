package import JournalFormat
package import JournalStore
package import Ledger
package import Payments

/// The journal of the node that decides, in the database.
package final class SharedJournal: LedgerJournal {
    /// The journal's random id.
    package let id: String
    /// Where records are appended.
    package let commits: GroupCommit
    private let epoch: Epoch
    private let taken: TakenReports
    private var database: any LedgerDatabase { epoch.database }

    init(id: String, _ commits: GroupCommit, _ epoch: Epoch, _ taken: TakenReports) {
        self.id = id
        self.commits = commits
        self.epoch = epoch
        self.taken = taken
    }
}

extension SharedJournal {
    package var space: SpaceGauge? { nil }

    /// Its last restore.
    package var restore: Record.Restore? { commits.restore }

    package var advice: String { "check that the database runs, has room, and can be reached" }

    package var extent: (segments: Int, bytes: Int64) { (Int(taken.size.segments), taken.size.bytes) }

    package func entries(at positions: [JournalPosition], of kind: String) throws -> [Result<Entry, any Error>] {
        var lines: [Int64: [UInt8]] = [:]
        for record in try database.records(Set(positions.map(\.seq)).sorted()) { lines[record.seq] = record.line }
        return positions.map { position in
            Result {
                do throws(LineFault) {
                    guard let line = lines[position.seq] else {
                        throw .missing(expected: position.seq, claimed: position.seq)
                    }
                    let entry = try Entry(line: line.span)
                    try entry.require(kind)
                    return entry
                } catch { throw Damage(inDatabase: position.seq...position.seq, error) }
            }
        }
    }

    package func changes(
        _ selection: Redelivery, upTo durable: Int64
    ) throws -> (found: [(PaymentID, JournalPosition)], damage: [Damage]) {
        // They are found without their lines: what is wrong with one shows when it is to be delivered.
        let found = try database.changes(selection, upTo: durable)
        return (found.map { ($0.payment, JournalPosition(seq: $0.seq, offset: 0)) }, [])
    }

    package func time(of seq: Int64) -> Int64? {
        guard seq > 0, let record = try? database.records([seq]).first else { return nil }
        return (try? Entry(line: record.line.span))?.time
    }

    package func save(_ snapshot: LedgerSnapshot, at position: JournalPosition) throws {
        // What is behind the record may be on its way into the count, or not: only the records tell how large they are up to one.
        let before = try database.checkpoint()
        let since = try database.size(after: before?.seq ?? 0, upTo: position.seq)
        let checkpoint = Checkpoint(journal: id, seq: position.seq, segment: 0, offset: 0, snapshot: snapshot)
        let stored = StoredCheckpoint(
            seq: position.seq, bytes: (before?.bytes ?? 0) + since.bytes,
            segments: (before?.segments ?? 0) + since.segments, state: checkpoint.encode())
        guard try database.save(stored, epoch: epoch.number) else { throw Self.fenced }
    }

    package func prunePlan(before: Int64, hold: PruningHold?) throws -> PrunePlan {
        let last = epoch.last
        let old = try database.old(before: before, limit: min(hold?.seq ?? .max, last))
        var plan = PrunePlan(end: old?.end ?? 0, report: PruneReport())
        // Only if more would go otherwise.
        if let hold, try database.old(before: before, limit: last)?.end ?? 0 > plan.end {
            plan.report.heldBy = hold.reason
        }
        guard let old else { return plan }
        plan.report.segments = (0..<old.segments).map { "segment \($0 + 1)" }
        plan.report.records = old.records
        plan.report.bytes = old.bytes
        return plan
    }

    package func forEachEntry(of plan: PrunePlan, _ body: (Entry) throws -> Void) throws {
        var last: Int64 = 0
        while true {
            let page = try database.knowledge(after: last, before: plan.end, atMost: 500)
            for record in page { try body(try Entry(line: record.line.span)) }
            guard let end = page.last?.seq else { return }
            last = end
        }
    }

    package func drop(_ plan: PrunePlan) throws {
        guard try database.drop(before: plan.end, epoch: epoch.number) else { throw Self.fenced }
        taken.dropped(plan.report)
    }

    private static var fenced: DatabaseFault {
        DatabaseFault(kind: .conflict, message: "the lease was taken again meanwhile")
    }
}
