import JournalFormat
import POSIX

/// Brings a journal's directory into a state in which every byte of it is proven, by the rules that stand over ``RecordCodec``.
///
/// May be interrupted at any call and begun again.
struct Recovery {
    /// What was found and done.
    struct Outcome {
        /// The number for the next record.
        var nextSeq: Int64 = 1
        /// The last segment, if there is any, and its length.
        var tail: (firstSeq: Int64, size: Int64)?
        /// The first sequence numbers of all segments.
        var segments: [Int64] = []
        /// What was dropped from between them.
        var dropped = DroppedRanges()
        /// How many records there are.
        var records: Int64 {
            let all = min(segments.first ?? 1, nextSeq)..<nextSeq
            return Int64(all.count) - dropped.count(in: all)
        }
        /// Where the last segment ends.
        var end = DurableEnd()
        /// What is known of the segments before.
        var closed: [ClosedSegment] = []
        /// What was set aside.
        var tornTail: TornTail?
        /// Bytes that nothing proved, rewritten and synced.
        var rewrittenBytes: Int64 = 0
        /// The number for the next record, which begins a segment, where those from ``nextSeq`` on are passed over.
        private(set) var continuation: Int64?

        /// Passes over numbers: they count as dropped. For certain when the next segment's name is on the disk.
        mutating func goOn(with seq: Int64, _ disk: any Disk) throws(SystemError) {
            // Nothing but its name is there, and that would be gone on with.
            if let tail, tail.size == 0 {
                try disk.unlink(SegmentName.name(firstSeq: tail.firstSeq))
                segments.removeLast()
                (self.tail, end) = (nil, DurableEnd())
            }
            dropped = DroppedRanges(dropped.ranges + [nextSeq...(seq - 1)])
            try dropped.write(to: disk)
            try disk.synchronizeDirectory()
            continuation = seq
        }
    }

    /// Where the first line that is not good stands.
    private struct BadLine {
        var offset: Int64
        var fault: LineFault?
    }

    /// Is shown a record, its line and its offset.
    typealias Visit = (EntryView, Span<UInt8>, Int64) throws(JournalFault) -> Void

    private let disk: any Disk
    private let visit: Visit
    private let progress: (Int64) -> Void
    private var outcome = Outcome()
    private var claimed: Int64 = 0
    private let extent: JournalExtent
    /// What is known of closed segments from before.
    private var manifest = SegmentManifest(journal: "")
    /// The segment before the one that is read, where the numbers go on from it.
    private var previous: (opened: Record.Opened, closed: ClosedSegment)?
    /// The last `opened` record.
    private var opened: Record.Opened?
    private var bytesRead: Int64 = 0

    /// Recovers, and shows each good record to `visit`, in order. `progress` hears of the bytes read so far.
    ///
    /// With a checkpoint, what stands before its record is neither read nor shown, but for the head of its segment.
    static func run(
        _ disk: any Disk, from checkpoint: Checkpoint? = nil, progress: (Int64) -> Void = { _ in }, visit: Visit
    ) throws(JournalFault) -> Outcome {
        try withoutActuallyEscaping(visit) { visit throws(JournalFault) in
            try withoutActuallyEscaping(progress) { progress throws(JournalFault) in
                let extent: JournalExtent
                do throws(SystemError) { extent = try JournalExtent(disk) } catch { throw .system(error) }
                var recovery = Recovery(disk: disk, extent, visit: visit, progress: progress)
                try recovery.run(from: checkpoint)
                return recovery.outcome
            }
        }
    }

    private init(
        disk: any Disk, _ extent: JournalExtent, visit: @escaping Visit, progress: @escaping (Int64) -> Void
    ) {
        self.disk = disk
        self.extent = extent
        self.visit = visit
        self.progress = progress
    }

    private mutating func run(from checkpoint: Checkpoint?) throws(JournalFault) {
        if let order = try system({ () throws(SystemError) in try JournalRepair.unfinished(disk) }) {
            throw .halfRepaired(order)
        }
        if try system({ () throws(SystemError) in try JournalCopyWriter.unfinished(disk) }) != nil { throw .halfCopied }
        let extent = extent
        try system { () throws(SystemError) in try extent.finish(disk) }
        let segments = extent.segments
        if let damage = try system({ () throws(SystemError) in try extent.missingBeginning(disk) }) {
            throw .damaged(damage)
        }
        outcome.segments = segments
        claimed = max(
            try system { () throws(SystemError) in try DurableMark.read(from: disk) }, (segments.last ?? 1) - 1)
        outcome.nextSeq = segments.first ?? 1
        var rest = segments[...]
        claimed = max(claimed, checkpoint?.seq ?? 0)
        try readManifest(extent)
        if let checkpoint, checkpoint.isUsable {
            let passed = segments.prefix { $0 <= checkpoint.segment }
            for (first, next) in zip(passed, passed.dropFirst()) {
                try passOver(first, before: next, extent)
            }
            try follow(checkpoint.segment, extent)
            // Its record is read once more.
            try showHead(checkpoint.segment)
            outcome.nextSeq = checkpoint.seq
            try recover(checkpoint.segment, isLast: checkpoint.segment == segments.last, from: checkpoint)
            rest = rest.drop { $0 <= checkpoint.segment }
        }
        for first in rest {
            try follow(first, extent)
            try recover(first, isLast: first == segments.last)
        }
        guard outcome.nextSeq > claimed else {
            // Of one without segments only the file `pruned` tells where it began.
            if segments.isEmpty { outcome.nextSeq = extent.beginning }
            // What was dropped behind the last segment that is there is not missed.
            outcome.nextSeq = min(claimed, extent.dropped.next(from: outcome.nextSeq))
            throw corruption(outcome.tail?.firstSeq ?? extent.beginning, BadLine(offset: outcome.tail?.size ?? 0))
        }
        outcome.dropped = extent.dropped.between(1, outcome.nextSeq)
        try findEnd()
        try system { () throws(SystemError) in
            // What reaches beyond the end was dropped from a journal that this one was once: numbers are given again.
            if outcome.dropped != extent.dropped { try outcome.dropped.write(to: disk) }
            // So it is with where it was pruned to: a segment of that name, one day, would have all before it removed.
            if extent.hasStalePruneMark(end: outcome.nextSeq) { try disk.unlink(PruneMark.name) }
            // The last segment's name may be in the page cache only.
            try disk.synchronizeDirectory()
            // Not before: a segment is closed when the next one's name is on the disk.
            guard let opened else { return }
            let before = try disk.contents(of: SegmentManifest.name)
            let bytes = SegmentManifest(journal: opened.journal, outcome.closed).encode()
            if before != bytes, before != nil || !outcome.closed.isEmpty {
                try disk.replace(SegmentManifest.name, with: bytes)
            }
        }
    }

    // MARK: All segments

    /// Reads what is known of closed segments, and misses those that are gone.
    private mutating func readManifest(_ extent: JournalExtent) throws(JournalFault) {
        let disk = disk
        guard !extent.segments.isEmpty else {
            claimed = max(claimed, try system { () throws(SystemError) in try SegmentManifest.end(ofLostOn: disk) })
            return
        }
        let found = try system { () throws(SystemError) in try SegmentManifest.read(of: extent, from: disk) }
        guard let found else { return }
        let present = Set(extent.segments)
        if let gone = found.segments.first(where: { !present.contains($0.first) }) {
            throw .damaged(extent.missing(gone))
        }
        manifest = found
        outcome.closed = found.segments
    }

    /// Requires that a segment begins with the record that comes next.
    private mutating func follow(_ first: Int64, _ extent: JournalExtent) throws(JournalFault) {
        let expected = extent.expected(outcome.nextSeq, at: first)
        guard first == expected else {
            let disk = disk
            throw .damaged(
                try system { () throws(SystemError) in try extent.misplaced(first, expected: expected, disk) })
        }
        // Behind a gap there is nothing to compare with.
        if expected != outcome.nextSeq { previous = nil }
        outcome.nextSeq = expected
    }

    /// A segment before the checkpoint's: its records are not read, but it has to be there, in its place, behind the one before it and as long
    /// as it was.
    private mutating func passOver(_ first: Int64, before next: Int64, _ extent: JournalExtent) throws(JournalFault) {
        try follow(first, extent)
        let (disk, known, isCompacted) = (disk, manifest[first], extent.dropped.overlaps(first...next - 1))
        // One that cannot be read is for `verify` to tell: nothing is asked of the next one then.
        let head = try system { () throws(SystemError) in try disk.head(of: first)?.record }
        if case .opened(let opened)? = head { try begin(first, opened) }
        let (last, closed) = try system { () throws(SystemError) -> (Int64?, ClosedSegment?) in
            guard let known else { return try disk.unknown(first, before: next, isCompacted: isCompacted) }
            if try disk.size(of: first) == known.size - 1 { try disk.complete(known) }
            return (known.last, known)
        }
        if let known {
            let size = try system { () throws(SystemError) in try disk.size(of: first) }
            if size != known.size {
                throw .damaged(Damage(segment: first, offset: 0, fault: .changed(known, size: size, checksum: nil)))
            }
        } else if let closed {
            outcome.closed.append(closed)
        }
        // What the next one is chained to is the segment as it was before it was compacted.
        previous = nil
        if case .opened(let opened)? = head, let closed, !isCompacted { previous = (opened, closed) }
        // Of one whose last line cannot be read, only the next one tells where it ends.
        outcome.nextSeq = (last ?? next - 1) + 1
    }

    /// Finds out what whoever writes on has to know of the last segment.
    private mutating func findEnd() throws(JournalFault) {
        guard let tail = outcome.tail else { return }
        let disk = disk
        let checksum = try system { () throws(SystemError) in
            let file = try disk.open(SegmentName.name(firstSeq: tail.firstSeq), .read)
            defer { disk.close(file) }
            return try disk.checksum(file, upTo: tail.size)
        }
        // One that is empty is about to get its head.
        let chain = tail.size > 0 ? opened?.chain : outcome.closed.last.map(\.checksum) ?? 0
        outcome.end = DurableEnd(segment: tail.firstSeq, size: tail.size, checksum: checksum, chain: chain)
    }

    // MARK: One segment

    /// Shows a segment's first record, which says whose journal it is.
    private mutating func showHead(_ first: Int64) throws(JournalFault) {
        let name = SegmentName.name(firstSeq: first)
        let file = try system { () throws(SystemError) in try disk.open(name, .read) }
        defer { disk.close(file) }
        var reader = SegmentReader(disk, file, step: 8 << 10)
        _ = try system { () throws(SystemError) in try reader.next() }
        let line = reader.line.span
        let head: EntryView
        do throws(LineFault) { head = try EntryView(RecordLine(checking: line), line) } catch {
            throw try unreadable(first, 0, error)
        }
        if case .other(.opened(let opened)) = head.record { try begin(first, opened) }
        try visit(head, line, 0)
    }

    private mutating func recover(
        _ first: Int64, isLast: Bool, from checkpoint: Checkpoint? = nil
    ) throws(JournalFault) {
        let name = SegmentName.name(firstSeq: first)
        let file = try system { () throws(SystemError) in try disk.open(name, isLast ? .write : .read) }
        defer { disk.close(file) }
        var reader = SegmentReader(disk, file, from: checkpoint?.offset ?? 0)
        let bad = try readGoodLines(first, file, &reader, known: checkpoint?.seq ?? 0)
        let end = reader.offset
        outcome.tail = (first, bad?.offset ?? end)
        guard isLast else {
            if let bad { throw corruption(first, bad) }
            return try close(first, file, size: end)
        }
        if let bad {
            try collectClaims(behind: bad, &reader)
            guard outcome.nextSeq > claimed else { throw corruption(first, bad) }
            try system { () throws(SystemError) in
                outcome.tornTail = try TornTail.cut(disk, file, segment: name, at: bad.offset, fault: bad.fault)
            }
        }
        try system { () throws(SystemError) in
            // Nothing is acknowledged in a segment before its name is on the disk. So when nothing claims a record in it, its
            // name is not proven either: after a failed sync of the directory, the next one may say nothing about it.
            let end = outcome.tail?.size ?? 0
            if claimed < first {
                outcome.rewrittenBytes = end
                return try disk.renew(name, file, size: end)
            }
            if outcome.nextSeq > claimed + 1 { try rewriteUnclaimed(first, file, end: end) }
            // Also when nothing is cut now: an earlier cut whose sync failed shows in the page cache only, and a sync of what seems clean
            // writes nothing. What was cut must not come back once a later segment says that this one ends here.
            try disk.truncate(file, to: end + 1)
            try disk.truncate(file, to: end)
            try disk.synchronize(file)
        }
    }

    /// Shows lines as long as they are good; tells the first that is not.
    private mutating func readGoodLines(
        _ first: Int64, _ file: DiskFile, _ reader: inout SegmentReader, known: Int64
    ) throws(JournalFault) -> BadLine? {
        while true {
            let piece: SegmentReader.Piece
            do { piece = try reader.next() } catch { throw .system(error) }
            switch piece {
            case .end:
                // A segment that was created and never written is headless.
                return outcome.nextSeq == first ? BadLine(offset: 0, fault: nil) : nil
            case .rest(let offset):
                guard try complete(first, reader.rest, at: offset) else {
                    return BadLine(offset: offset, fault: .cutShort)
                }
                reader = SegmentReader(disk, file, from: offset)
            case .tooLong(let offset): return BadLine(offset: offset, fault: .tooLong)
            case .line(let offset, let length):
                if let fault = try take(reader.line.span, first, at: offset, known: known) {
                    return BadLine(offset: offset, fault: fault)
                }
                bytesRead += Int64(length) + 1
                if outcome.nextSeq % 4096 == 0 { progress(bytesRead) }
            }
        }
    }

    /// Checks a line and shows its record; returns what is wrong with it when it is not good.
    private mutating func take(
        _ line: Span<UInt8>, _ first: Int64, at offset: Int64, known: Int64
    ) throws(JournalFault) -> LineFault? {
        let head: RecordLine
        do { head = try RecordLine(checking: line) } catch { return error }
        // A claim is true wherever it stands: behind a gap it tells that what is missing had been synced.
        claimed = max(claimed, head.durable)
        guard extent.expected(outcome.nextSeq, at: head.seq) == head.seq else {
            return .sequence(expected: outcome.nextSeq, found: head.seq)
        }
        let entry: EntryView
        do { entry = try EntryView(head, line) } catch { throw try unreadable(first, offset, error) }
        if case .other(.opened(let opened)) = entry.record {
            if head.seq == first { try begin(first, opened) }
            self.opened = opened
        } else if head.seq == first {
            throw try unreadable(first, offset, .noHead)
        }
        outcome.nextSeq = head.seq + 1
        // What a checkpoint holds already is not applied twice, and what was dropped not at all.
        if entry.seq > known, !extent.isGone(entry.seq) { try visit(entry, line, offset) }
        return nil
    }

    /// A segment begins: it has to be of this journal, and behind the segment that is before it.
    private mutating func begin(_ first: Int64, _ opened: Record.Opened) throws(JournalFault) {
        defer { self.opened = opened }
        if let previous, let fault = opened.fault(behind: previous.opened, previous.closed.checksum) {
            throw .damaged(Damage(segment: first, offset: 0, fault: fault))
        }
    }

    /// All of a segment has been read, and another stands behind it.
    private mutating func close(_ first: Int64, _ file: DiskFile, size: Int64) throws(JournalFault) {
        let disk = disk
        let checksum = try system { () throws(SystemError) in try disk.checksum(file, upTo: size).checksum }
        let closed = ClosedSegment(first: first, last: outcome.nextSeq - 1, size: size, checksum: checksum)
        if let known = manifest[first], known != closed {
            throw .damaged(Damage(segment: first, offset: 0, fault: .changed(known, size: size, checksum: checksum)))
        }
        if manifest[first] == nil {
            // It may stand before others that are known.
            outcome.closed.insert(closed, at: (outcome.closed.lastIndex { $0.first < first } ?? -1) + 1)
        }
        previous = extent.dropped.overlaps(first...closed.last) ? nil : opened.map { ($0, closed) }
    }

    /// Adds the newline to a last line that lacks nothing else; false when there is more wrong with it.
    private func complete(_ first: Int64, _ rest: ArraySlice<UInt8>, at offset: Int64) throws(JournalFault) -> Bool {
        guard let seq = (try? RecordLine(checking: rest.span))?.seq, extent.expected(outcome.nextSeq, at: seq) == seq
        else { return false }
        let (disk, name) = (disk, SegmentName.name(firstSeq: first))
        try system { () throws(SystemError) in try disk.addNewline(to: name, at: offset + Int64(rest.count)) }
        return true
    }

    /// Good lines behind a bad one prove nothing about themselves, but what they claim is true.
    private mutating func collectClaims(behind bad: BadLine, _ reader: inout SegmentReader) throws(JournalFault) {
        do throws(SystemError) {
            // Every other bad line has been read to its end.
            if bad.fault == .tooLong, reader.offset == bad.offset { try reader.skipToNewline() }
            while true {
                switch try reader.next() {
                case .end, .rest: return
                case .tooLong: try reader.skipToNewline()
                case .line:
                    if let head = try? RecordLine(checking: reader.line.span) { claimed = max(claimed, head.durable) }
                }
            }
        } catch {
            throw .system(error)
        }
    }

    // MARK: What is not proven

    /// Writes every record that nothing claims once more: after a failed sync the page cache may show what the disk does not
    /// hold, and a sync of clean pages would prove nothing.
    private mutating func rewriteUnclaimed(_ first: Int64, _ file: DiskFile, end: Int64) throws(SystemError) {
        var reader = SegmentReader(disk, file)
        var start: Int64 = 0
        while case .line = try reader.next(), let seq = (try? RecordLine(checking: reader.line.span))?.seq,
            seq <= claimed
        {
            start = reader.offset
        }
        outcome.rewrittenBytes = end - start
        try disk.copy(start..<end, of: file, to: file, at: start)
    }

    private func corruption(_ first: Int64, _ bad: BadLine) -> JournalFault {
        let expected = outcome.nextSeq
        let damage =
            if case .sequence(_, let found)? = bad.fault {
                extent.fault(found, insteadOf: expected, in: first, bad.offset)
            } else if let fault = bad.fault {
                Damage(segment: first, offset: bad.offset, fault: fault, lost: expected...expected)
            } else {
                Damage(segment: first, offset: bad.offset, fault: .missing(expected: expected, claimed: claimed))
            }
        return .damaged(damage, claimed: claimed)
    }

    /// A good line that this version cannot read: no start cuts that off.
    private func unreadable(_ first: Int64, _ offset: Int64, _ fault: LineFault) throws(JournalFault) -> JournalFault {
        let fault = try system { () throws(SystemError) in try fault.named(disk, first, offset) }
        return .damaged(Damage(segment: first, offset: offset, fault: fault))
    }

    private func system<Value>(_ body: () throws(SystemError) -> Value) throws(JournalFault) -> Value {
        do { return try body() } catch { throw .system(error) }
    }
}
