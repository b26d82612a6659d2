import JournalFormat
import JournalStoreSimulation
import Ledger

@testable import JournalStore

/// Holds what is made of a damaged journal against what stood in it before.
///
/// A start is refused with a description that names what was damaged, or its neighbour, and whose last resort lets the next one go on; or it
/// goes on, and each record that was acknowledged is there or told. Whatever befalls a segment, `journal verify` finds it.
struct DamageJudge {
    typealias Line = LedgerCrashSimulation.Line

    private let before: DiskState
    private let life: LedgerCrashSimulation
    private let segments: [String]
    private let lines: [Line]
    /// What was wrong before.
    private let problems: [Damage]

    init(_ before: DiskState, _ life: LedgerCrashSimulation) throws {
        self.before = before
        self.life = life
        let disk = SimulatedDisk(before, keepsCalls: false)
        lines = try life.lines(of: before)
        segments = Set(lines.map(\.segment)).sorted().map { SegmentName.name(firstSeq: $0) }
        problems = try JournalAudit.run(disk).problems
    }

    func draw(using random: inout SplitMix64) -> DamageAtRest? {
        guard let damage = DamageAtRest(of: segments, on: before, using: &random) else { return nil }
        let seqs = Set(lines.map(\.entry.seq))
        let dropped = before.content(DroppedRanges.name).flatMap { DroppedRanges.decode($0) } ?? DroppedRanges()
        /// Whether a segment was compacted: nothing is chained to what it is since.
        func isCompacted(_ first: Int64) -> Bool {
            dropped.overlaps(first...(lines.last { $0.segment == first }?.entry.seq ?? first))
        }
        switch damage {
        // The list of closed segments is of the journal that the last one says.
        case .foreign(let file) where file == segments.last:
            guard let last = lines.last(where: { $0.segment < SegmentName.firstSeq(of: file) ?? 0 }) else { return nil }
            return seqs.contains((SegmentName.firstSeq(of: file) ?? 0) - 1) && !isCompacted(last.segment) ? damage : nil
        case .foreign(let file), .rewritten(let file, _):
            let first = SegmentName.firstSeq(of: file) ?? 0
            let last = lines.last { $0.segment == first }?.entry.seq ?? 0
            let manifest = before.content(SegmentManifest.name).flatMap { SegmentManifest.decode($0) }
            // Nothing else tells a segment from another with as good lines.
            return manifest?[first] != nil || seqs.contains(last + 1) && !isCompacted(first) ? damage : nil
        default: return damage
        }
    }

    func judge(_ damage: DamageAtRest) throws {
        var state = before
        damage.apply(to: &state)
        let disk = SimulatedDisk(state, keepsCalls: false)
        var start = Start(
            damage: damage, named: named(damage), damaged: state,
            hurt: Set(lines.filter { isHurt($0, in: state) }.map(\.entry.seq)))
        start.claimed = claimed(state, start.hurt)
        try judgeAudit(start, disk)
        let ledger = try self.start(&start, disk)
        try judgeRecords(start, ledger, disk)
    }

    /// A start on a damaged journal.
    private struct Start {
        let damage: DamageAtRest
        /// The files that may be named.
        let named: Set<String>
        let damaged: DiskState
        /// Records whose lines are not what they were.
        let hurt: Set<Int64>
        /// What is left proves that records up to this had been synced.
        var claimed: Int64 = 0
        /// What last resorts have given up.
        var givenUp: Set<Int64> = []
        var isRestored = false
    }

    /// The damaged files, and the segments beside them.
    private func named(_ damage: DamageAtRest) -> Set<String> {
        var named = Set(damage.files)
        // Pruned ones that a crash has left, too.
        let all = before.names.keys.filter { SegmentName.firstSeq(of: $0) != nil }.sorted()
        for index in all.indices where damage.files.contains(all[index]) {
            named.formUnion(all[max(0, index - 1)...min(index + 1, all.count - 1)])
        }
        // What those two say is missed at the segment behind it.
        if !damage.files.allSatisfy({ SegmentName.firstSeq(of: $0) != nil }) { named.formUnion(segments) }
        return named
    }

    private func isHurt(_ line: Line, in state: DiskState) -> Bool {
        let name = SegmentName.name(firstSeq: line.segment)
        guard let bytes = before.content(name), let now = state.content(name), line.range.upperBound <= now.count else {
            return true
        }
        return bytes[line.range] != now[line.range]
    }

    private func claimed(_ state: DiskState, _ hurt: Set<Int64>) -> Int64 {
        let mark = state.content(DurableMark.name).flatMap { DurableMark.decode($0) } ?? 0
        let closed =
            state.content(SegmentManifest.name).flatMap { SegmentManifest.decode($0) }?.segments.last?.last ?? 0
        let names = state.names.keys.compactMap { SegmentName.firstSeq(of: $0) }.max() ?? 1
        let told = lines.filter { !hurt.contains($0.entry.seq) }.map(\.entry.durable).max() ?? 0
        return max(mark, closed, names - 1, told)
    }

    // MARK: Verify

    private func judgeAudit(_ start: Start, _ disk: SimulatedDisk) throws {
        guard start.damage.files.allSatisfy({ SegmentName.firstSeq(of: $0) != nil }) else { return }
        let found = try JournalAudit.run(disk).problems.filter { !problems.contains($0) }
        if found.contains(where: { start.named.contains($0.file) }) { return }
        // What a crash has torn may be torn otherwise, and what nothing claims may be missing.
        switch start.damage {
        case .remove, .cut: if !start.hurt.contains(where: { $0 <= start.claimed }) { return }
        case .flip: if start.hurt.isEmpty { return }
        default: break
        }
        throw Violation("verify does not find it: \(found)")
    }

    // MARK: Starts

    /// Starts until it goes on, doing each time what was advised.
    private func start(_ start: inout Start, _ disk: SimulatedDisk) throws -> FileLedger {
        for _ in 0..<8 {
            // A compaction that was interrupted is ended by any start.
            let segments = segments.filter { !disk.state.names.keys.contains("\($0).compacted") }
            let contents = segments.map { disk.content($0) }
            do throws(JournalFault) { return try life.open(disk) } catch {
                guard case .damaged(let found, _) = error else { throw Violation("no start: \(error)") }
                guard start.named.contains(found.file) || !start.givenUp.isEmpty else {
                    throw Violation("another file is named: \(found)")
                }
                // But for a newline that was all that a good line lacked.
                guard zip(segments, contents).allSatisfy({ disk.content($0)?.dropNewline == $1?.dropNewline }) else {
                    throw Violation("a refused start has changed something: \(found)")
                }
                try mend(found, &start, disk)
            }
        }
        throw Violation("no start goes on, whatever was done as it was advised")
    }

    /// The last resort; where there is none, what was damaged is restored from a backup.
    private func mend(_ found: Damage, _ start: inout Start, _ disk: SimulatedDisk, depth: Int = 0) throws {
        do throws(JournalRepair.Refusal) {
            switch found.repair {
            case .cut(let name, let offset):
                let first = SegmentName.firstSeq(of: name) ?? 0
                _ = try JournalRepair.cut(
                    disk, segment: first, offset: offset, randomID: "cut", time: 0, dryRun: false)
                let gone = lines.filter { ($0.segment, Int64($0.range.lowerBound)) >= (first, offset) }
                start.givenUp.formUnion(gone.map(\.entry.seq))
            case .beginning(let name):
                let first = SegmentName.firstSeq(of: name) ?? 0
                _ = try JournalRepair.acceptBeginning(disk, segment: first, dryRun: false)
                start.givenUp.formUnion(lines.map(\.entry.seq).filter { $0 < first })
            case .gaps:
                for gap in try JournalRepair.acceptGaps(disk, dryRun: false) { start.givenUp.formUnion(gap) }
            case nil:
                start.isRestored = true
                for file in start.damage.files { if let bytes = before.content(file) { disk.put(bytes, as: file) } }
            }
        } catch {
            guard case .damagedBefore(let other) = error, depth < 4 else {
                throw Violation("\(found.repair?.options ?? "") is refused: \(error)")
            }
            try mend(other, &start, disk, depth: depth + 1)
        }
    }

    // MARK: Records

    private func judgeRecords(_ start: Start, _ ledger: FileLedger, _ disk: SimulatedDisk) throws {
        var shown: [Int64: Record] = [:]
        var told: [Damage] = []
        var follower = JournalFollower(disk, after: 0)
        var next: Int64 = 0
        while follower.next <= ledger.durable, follower.next > next {
            next = follower.next
            let later = try follower.poll(durable: ledger.durable) { _, entry in
                shown[entry.seq] = entry.record
            } pruned: { _ in
            } damaged: {
                told.append($0)
            }
            if let later { throw Violation("a follower stops at \(later)") }
        }
        if follower.next <= ledger.durable {
            throw Violation("a follower stands still at record \(follower.next) of \(ledger.durable)")
        }
        let kept = disk.state.names.keys.filter { $0.contains(".cut-") }.compactMap { disk.content($0) }
        for line in lines where line.entry.seq <= life.promise.last {
            let seq = line.entry.seq
            let isHurt = start.hurt.contains(seq) && !start.isRestored
            if start.givenUp.contains(seq) {
                let bytes = before.content(SegmentName.name(firstSeq: line.segment)) ?? []
                guard isHurt || kept.contains(where: { $0.contains(bytes[line.range]) }) else {
                    throw Violation(
                        "record \(seq) was whole, and is nowhere after \(start.givenUp.count) were given up")
                }
            } else if let record = shown[seq] {
                // Who changes a line and its checksum is found by verify, which has been judged.
                guard isHurt || record == line.entry.record else {
                    throw Violation("record \(seq) is another: \(record)")
                }
            } else if told.contains(where: { $0.lost?.contains(seq) == true }) {
                // A line whose newline is gone takes the next one with it.
                guard isHurt || start.hurt.contains(seq - 1) else {
                    throw Violation("record \(seq) is whole, and told to be damaged: \(told)")
                }
            } else if let torn = ledger.recovered.tornTail, torn.segment == SegmentName.name(firstSeq: line.segment),
                torn.offset <= line.range.upperBound, seq > start.claimed
            {
                continue
            } else if seq > start.claimed {
                continue
            } else {
                throw Violation("record \(seq) is missing, and nothing says so; told is \(told)")
            }
        }
    }
}

extension [UInt8] {
    fileprivate var dropNewline: ArraySlice<UInt8> { last == UInt8(ascii: "\n") ? dropLast() : self[...] }
}
