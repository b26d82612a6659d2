package import JournalFormat
package import POSIX

/// Reads a journal as it grows, like `tail -F`: every record once, in order, and none before it is claimed.
///
/// Opens nothing for writing. Survives that a new segment begins, and that others are pruned or dropped meanwhile.
package struct JournalFollower: Sendable {
    private let disk: any Disk
    /// The number of the record to be shown next.
    package private(set) var next: Int64
    /// The last good line that was read: the segment may be compacted before the next look.
    private var place: (segment: Int64, offset: Int64, seq: Int64)?

    /// The last record that is claimed now.
    package static func end(of disk: any Disk) throws(SystemError) -> Int64 {
        let newest = try disk.names().compactMap(SegmentName.firstSeq(of:)).max() ?? 1
        return max(try DurableMark.read(from: disk), newest - 1)
    }

    /// Begins behind a record; 0 begins with the first that is there.
    package init(_ disk: any Disk, after seq: Int64) {
        self.disk = disk
        next = seq < .max ? seq + 1 : seq
    }

    /// Shows what has become durable since the last call, without its newline; returns a later version's record that stands in the way of
    /// more.
    ///
    /// `pruned` hears of the numbers that were to be shown next and are gone on purpose, `damaged` of those that should be there and
    /// cannot be read: once, and then it goes on with the next good record. Nothing is judged that is not claimed. To be called again after
    /// a while, for there is nobody to tell when. Stops early when lines of that many bytes have been shown.
    ///
    /// - Parameter durable: a record that is known to be synced, for who sits in the process that writes; then the disk is not
    ///   asked.
    package mutating func poll(
        atMost bytes: Int = .max, durable: Int64? = nil, _ body: (ArraySlice<UInt8>, Entry) -> Void,
        pruned: (ClosedRange<Int64>) -> Void, damaged: (Damage) -> Void
    ) throws(SystemError) -> Damage? {
        try look(
            atMost: bytes, durable: durable, { line, entry, _ in body(line, Entry(entry, line.span)) }, pruned: pruned,
            damaged: damaged)
    }

    /// The same without a copy of what a record holds, and with its offset in its segment.
    mutating func look(
        atMost bytes: Int = .max, durable: Int64?, _ body: (ArraySlice<UInt8>, EntryView, Int64) -> Void,
        pruned: (ClosedRange<Int64>) -> Void, damaged: (Damage) -> Void
    ) throws(SystemError) -> Damage? {
        var mark = durable ?? 0
        if durable == nil { mark = try DurableMark.read(from: disk) }
        var extent = try JournalExtent(disk)
        guard let oldest = extent.segments.first, let newest = extent.segments.last else { return nil }
        if next < oldest { try begin(extent, at: oldest, pruned, damaged) }
        let claimed = durable ?? max(mark, newest - 1)
        var room = bytes
        while next <= claimed, room > 0 {
            guard let first = extent.segments.last(where: { $0 <= next }) else { return nil }
            let (before, end) = (next, extent.end(of: first))
            if next < end {
                // When it is gone, the next look finds what is left.
                guard let file = try disk.openUnlessPruned(first) else { return nil }
                defer { disk.close(file) }
                let last = min(claimed, end - 1)
                let isNewest = first == newest
                if let later = try read(
                    first, isNewest: isNewest, file, &extent, upTo: last, &room, body, pruned, damaged)
                {
                    return later
                }
            }
            // The segment has ended, and the next one begins where it should, unless something is gone.
            guard next <= claimed, room > 0, next == before || !extent.segments.contains(next) else { continue }
            if !pass(extent, pruned, damaged) { return nil }
        }
        return nil
    }

    /// Goes on at the first record of the journal. Who begins with the first that is there misses none that was pruned.
    private mutating func begin(
        _ extent: JournalExtent, at oldest: Int64, _ pruned: (ClosedRange<Int64>) -> Void, _ damaged: (Damage) -> Void
    ) throws(SystemError) {
        let expected = min(oldest, max(next, extent.beginning))
        if next > 1, next < expected { pruned(next...(expected - 1)) }
        if expected < oldest, let damage = try extent.missingBeginning(disk) {
            damaged(damage.losing(expected...(oldest - 1)))
        }
        next = oldest
        place = nil
    }

    /// Goes on behind what was dropped, or behind what is missing, when that comes next; false when a segment does.
    private mutating func pass(
        _ extent: JournalExtent, _ pruned: (ClosedRange<Int64>) -> Void, _ damaged: (Damage) -> Void
    ) -> Bool {
        guard let following = extent.segments.first(where: { $0 > next }) else { return false }
        var end = extent.expected(next, at: following)
        if end > next {
            pruned(next...(end - 1))
        } else {
            end = min(following, extent.end(of: next))
            damaged(
                Damage(
                    segment: following, offset: 0, fault: .begins(with: following, insteadOf: next),
                    lost: next...(end - 1)))
        }
        next = end
        return true
    }

    private mutating func read(
        _ first: Int64, isNewest: Bool, _ file: DiskFile, _ extent: inout JournalExtent, upTo last: Int64,
        _ room: inout Int, _ body: (ArraySlice<UInt8>, EntryView, Int64) -> Void,
        _ pruned: (ClosedRange<Int64>) -> Void, _ damaged: (Damage) -> Void
    ) throws(SystemError) -> Damage? {
        var reader = try reader(first, file)
        // The first bad line since the last good one.
        var bad: (offset: Int64, fault: LineFault)?
        while next <= last, room > 0 {
            let offset = reader.offset
            let piece = try reader.next()
            if case .end = piece { break }
            let entry: EntryView
            do throws(LineFault) { entry = try reader.entry(piece) } catch {
                if case .laterVersion = error {
                    return Damage(segment: first, offset: offset, fault: try error.named(disk, first, offset))
                }
                bad = bad ?? (offset, error)
                if case .rest = piece { break }
                if case .tooLong = piece { try reader.skipToNewline() }
                continue
            }
            if entry.seq <= last { place = (first, offset, entry.seq) }
            // What was dropped and is there still is told of together with what is not, by the next record.
            if extent.isGone(entry.seq) { continue }
            if entry.seq > next {
                let gone = next...min(entry.seq - 1, last)
                if bad == nil, try extent.isNext(entry.seq, from: next, disk) {
                    pruned(gone)
                } else {
                    let (offset, fault) = bad ?? (offset, .sequence(expected: next, found: entry.seq))
                    damaged(Damage(segment: first, offset: offset, fault: fault, lost: gone))
                }
                next = gone.upperBound + 1
            }
            bad = nil
            guard entry.seq == next, next <= last else { continue }
            next += 1
            room -= reader.line.count
            body(reader.line, entry, offset)
        }
        guard next <= last, room > 0 else { return nil }
        // It ends too early. What no line of it tells, the next segment's name does; the last one has only what is claimed.
        if bad == nil, !isNewest { return nil }
        let (offset, fault) = bad ?? (reader.offset, .missing(expected: next, claimed: last))
        damaged(Damage(segment: first, offset: offset, fault: fault, lost: next...last))
        next = last + 1
        return nil
    }
}

extension JournalFollower {
    /// Reads a segment on behind the last good line, or from its beginning, if that line is not there any more.
    private func reader(_ first: Int64, _ file: DiskFile) throws(SystemError) -> SegmentReader {
        if let place, place.segment == first {
            var reader = SegmentReader(disk, file, from: place.offset, completes: true)
            if case .line = try reader.next(), (try? RecordLine(checking: reader.line.span))?.seq == place.seq {
                return reader
            }
        }
        return SegmentReader(disk, file, completes: true)
    }
}

extension SegmentReader {
    /// The record that was found.
    fileprivate func entry(_ piece: Piece) throws(LineFault) -> EntryView {
        switch piece {
        case .line: try EntryView(RecordLine(checking: line.span), line.span)
        case .tooLong: throw .tooLong
        case .rest, .end: throw .cutShort
        }
    }
}
