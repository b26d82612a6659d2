package import JournalFormat
package import Ledger
package import Payments
import POSIX

// What a ledger asks of its journal, in files.
extension Journal {
    package func changes(
        _ selection: Redelivery, upTo durable: Int64
    ) throws -> (found: [(PaymentID, JournalPosition)], damage: [Damage]) {
        var found: [(PaymentID, JournalPosition)] = []
        var damage: [Damage] = []
        var (first, last) = (Int64(1), durable)
        if case .record(let seq) = selection { (first, last) = (seq, min(seq, durable)) }
        var follower = JournalFollower(disk, after: first - 1)
        // A segment that is pruned meanwhile ends a look, and the next one goes on behind it.
        var looks = 0
        while follower.next <= last, looks < 2 {
            let next = follower.next
            let later = try follower.look(durable: last) { _, entry, offset in
                // What cannot be read and stands before is older.
                if selection.isBehind(entry) { damage = [] }
                guard case .confirmed(let confirmed) = entry.record, confirmed.news,
                    selection.selects(entry, payment: confirmed.payment)
                else { return }
                found.append((confirmed.payment, JournalPosition(seq: entry.seq, offset: offset)))
            } pruned: { _ in
            } damaged: {
                damage.append($0)
            }
            if let later { throw JournalFault.damaged(later) }
            looks = follower.next == next ? looks + 1 : 0
        }
        return (found, damage)
    }

    package func time(of seq: Int64) -> Int64? {
        guard seq > 0 else { return nil }
        var follower = JournalFollower(disk, after: seq - 1)
        var time: Int64?
        _ = try? follower.poll(atMost: 1) { _, entry in
            if entry.seq == seq { time = entry.time }
        } pruned: { _ in
        } damaged: { _ in
        }
        return time
    }

    package var extent: (segments: Int, bytes: Int64) {
        let segments = (try? disk.segments()) ?? []
        let bytes = segments.reduce(into: Int64(0)) { sum, first in
            guard let file = try? disk.openUnlessPruned(first) else { return }
            defer { disk.close(file) }
            sum += (try? disk.size(file)) ?? 0
        }
        return (segments.count, bytes)
    }

    package var lastBackup: LastBackup? {
        (try? disk.contents(of: LastBackup.name)).flatMap { $0 }.flatMap { LastBackup.decode($0) }
    }

    package func save(_ snapshot: LedgerSnapshot, at position: JournalPosition) throws {
        let checkpoint = Checkpoint(
            journal: id, seq: position.seq, segment: segment(of: position.seq), offset: position.offset,
            snapshot: snapshot)
        try disk.replace(Checkpoint.name, with: checkpoint.encode())
        try synchronizeDirectory()
    }

    package func prunePlan(before: Int64, hold: PruningHold?) throws -> PrunePlan {
        let plan = try SegmentPrunePlan(disk, segments: segments, before: before, hold: hold)
        return PrunePlan(end: plan.end, report: plan.report)
    }

    package func forEachEntry(of plan: PrunePlan, _ body: (Entry) throws -> Void) throws {
        for first in segments where first < plan.end {
            var failure: (any Error)?
            try SegmentPrunePlan.forEachEntry(disk, in: SegmentName.name(firstSeq: first)) { entry in
                if failure == nil { do { try body(entry) } catch { failure = error } }
            }
            if let failure { throw failure }
        }
    }

    package func drop(_ plan: PrunePlan) throws {
        do throws(SystemError) { try dropSegments(before: plan.end) } catch { throw JournalFault.system(error) }
    }
}

extension Redelivery {
    fileprivate func isBehind(_ entry: EntryView) -> Bool {
        if case .since(let time) = self { entry.time < time } else { false }
    }

    fileprivate func selects(_ entry: EntryView, payment: PaymentID) -> Bool {
        switch self {
        case .record(let seq): entry.seq == seq
        case .payment(let id): payment == id
        case .since(let time): entry.time >= time
        }
    }
}
