import JournalFormat
import POSIX

/// Which segments a journal has, and which of its records are gone on purpose: by the files `pruned` and `dropped` beside them.
///
/// Both files are on the disk before the first segment goes. A crash may leave some of those, or bring them back, in any order:
/// readers pass over them, and the next start removes them. So it is with records that were dropped from within a segment: readers pass
/// over those that are still there.
struct JournalExtent {
    /// The first numbers of the journal's segments, in order.
    let segments: [Int64]
    /// The record with which it must begin, unless it begins earlier: it may have been restored from a backup that is older
    /// than the last pruning.
    let beginning: Int64
    /// What was dropped: segments, and records within one.
    private(set) var dropped: DroppedRanges
    /// Segments that are there and no part of the journal any more.
    let leftovers: [Int64]
    /// The record with which it began when it was last pruned; 0 when it never was.
    let pruned: Int64
    /// Which of the two files are there and not whole. Then nothing counts as gone on purpose, and what is missing is missed.
    private let notWhole: Set<String>

    /// Looks at what is there. Names come first: what goes meanwhile is then known to go.
    init(_ disk: any Disk) throws(SystemError) {
        let names = try disk.names()
        let all = names.compactMap(SegmentName.firstSeq(of:)).sorted()
        let mark = try PruneMark.read(disk, names)
        let ranges = try DroppedRanges.content(on: disk)
        let pruned = mark ?? 0
        let dropped = ranges ?? DroppedRanges()
        notWhole = Set((mark == nil ? [PruneMark.name] : []) + (ranges == nil ? [DroppedRanges.name] : []))
        // When that segment is not there, nor dropped since, something else has happened to the journal, and nothing is passed over.
        let isPruned = all.contains(pruned) || all.contains(dropped.next(from: pruned))
        let kept = isPruned ? all.filter { $0 >= pruned } : all
        // So it is with the segment behind a range.
        let gone = DroppedRanges(
            kept.compactMap { first in dropped.range(of: first - 1).flatMap { $0.contains(first) ? nil : $0 } })
        segments = kept.filter { !gone.contains($0) }
        leftovers = all.filter { isPruned && $0 < pruned || gone.contains($0) }
        beginning = dropped.next(from: max(1, pruned))
        self.pruned = pruned
        self.dropped = dropped
    }

    /// The number that a segment's first record should have, when `next` is the one behind all before it: its name's, if all
    /// that is missing was dropped.
    func expected(_ next: Int64, at first: Int64) -> Int64 { dropped.expected(next, at: first) }

    /// Whether a record may be the next one in its segment, when `next` is the number behind all before it: all between was dropped. A
    /// segment may have been compacted since this was read: `dropped` was written before that.
    mutating func isNext(_ seq: Int64, from next: Int64, _ disk: any Disk) throws(SystemError) -> Bool {
        if dropped.expected(next, at: seq) == seq { return true }
        guard seq > next, let now = try DroppedRanges.content(on: disk), now.expected(next, at: seq) == seq else {
            return false
        }
        dropped = now
        return true
    }

    /// Whether a record that is there was dropped from within its segment. Where a segment stands that a range says is gone, something else
    /// has happened to the journal; so it may be with the last one.
    func isGone(_ seq: Int64) -> Bool {
        guard let range = dropped.range(of: seq), let last = segments.last else { return false }
        return seq < last && !segments.contains { range.contains($0) }
    }

    /// What is wrong with a record that is not the next one.
    func fault(_ seq: Int64, insteadOf next: Int64, in segment: Int64, _ offset: Int64) -> Damage {
        if notWhole.contains(DroppedRanges.name), seq > next { return unknownDrop(next...seq - 1) }
        return Damage(segment: segment, offset: offset, fault: .sequence(expected: next, found: seq))
    }

    /// Behind the last record that may stand in the segment that begins with `first`, as far as names tell: the next segment begins
    /// there, or what was dropped before that.
    func end(of first: Int64) -> Int64 {
        guard let following = segments.first(where: { $0 > first }) else { return .max }
        guard let range = dropped.range(of: following - 1), range.lowerBound > first else { return following }
        return range.lowerBound
    }

    /// What is wrong with the first segment, when it begins behind the record with which the journal has to begin; nil when nothing is.
    func missingBeginning(_ disk: any Disk) throws(SystemError) -> Damage? {
        guard let first = segments.first, first > beginning else { return nil }
        if let damage = try renaming(of: first, disk) { return damage }
        if notWhole.contains(PruneMark.name) {
            return Damage(
                file: PruneMark.name, offset: 0,
                fault: .notWhole(says: "with which record the journal begins since old segments were pruned"),
                repair: .beginning(SegmentName.name(firstSeq: first)))
        }
        return Damage(segment: first, offset: 0, fault: .beginning(with: first, insteadOf: beginning))
    }

    /// What is wrong with a segment that begins with another record than the one that is to follow.
    func misplaced(_ first: Int64, expected: Int64, _ disk: any Disk) throws(SystemError) -> Damage {
        if let damage = try renaming(of: first, disk) { return damage }
        if notWhole.contains(DroppedRanges.name), first > expected {
            return unknownDrop(expected...first - 1)
        }
        return Damage(segment: first, offset: 0, fault: .begins(with: first, insteadOf: expected))
    }

    /// What is wrong when a closed segment is gone.
    func missing(_ segment: ClosedSegment) -> Damage {
        if notWhole.contains(DroppedRanges.name) { return unknownDrop(segment.first...segment.last) }
        return Damage(segment: segment.first, offset: 0, fault: .gone(segment))
    }

    /// Records are missing, and the file that would say whether they were dropped is not whole.
    private func unknownDrop(_ missing: ClosedRange<Int64>) -> Damage {
        Damage(
            file: DroppedRanges.name, offset: 0,
            fault: .notWhole(
                says:
                    "which records were dropped on purpose, and records \(missing.lowerBound) to \(missing.upperBound) are missing"
            ),
            repair: .gaps)
    }

    /// A segment of another name than its first record has: nothing need be missing before it.
    private func renaming(of first: Int64, _ disk: any Disk) throws(SystemError) -> Damage? {
        guard let seq = try disk.head(of: first)?.seq, seq != first else { return nil }
        return Damage(segment: first, offset: 0, fault: .renamed(to: first, from: seq))
    }

    /// Whether the mark of pruning is of another time than the journal, which ends before record `end`: pruning leaves at least
    /// the segment that the mark names. A journal without any may begin there.
    func hasStalePruneMark(end: Int64) -> Bool {
        pruned >= end && !segments.isEmpty && !segments.contains(pruned)
    }

    /// Removes what a crash has left.
    func finish(_ disk: any Disk) throws(SystemError) {
        if leftovers.isEmpty { return }
        // Once more: after a failed sync of the directory the files may be in the page cache only.
        if pruned > 0 { try PruneMark.write(pruned, disk) }
        if !dropped.ranges.isEmpty { try dropped.write(to: disk) }
        try disk.synchronizeDirectory()
        for segment in leftovers { try disk.unlink(SegmentName.name(firstSeq: segment)) }
    }
}

extension Disk {
    /// The first numbers of the journal's segments, in order, without those that were pruned or dropped.
    func segments() throws(SystemError) -> [Int64] { try JournalExtent(self).segments }
}
