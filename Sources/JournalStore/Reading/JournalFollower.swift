package import JournalFormat
package import POSIX

/// Reads a journal as it grows, like `tail -F`: every record once, in order, and none before it is claimed.
///
/// Opens nothing for writing. Survives that a new segment begins, and that others are pruned or dropped meanwhile.
package struct JournalFollower: Sendable {
    private let disk: any Disk
    /// The number of the record to be shown next.
    package private(set) var next: Int64
    private var place: (segment: Int64, offset: Int64)?

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

    /// Shows what has become durable since the last call, without its newline; returns what stands in the way of more.
    ///
    /// `pruned` hears of the numbers that were to be shown next and are gone. To be called again after a while, for there is
    /// nobody to tell when. Stops early when lines of that many bytes have been shown.
    ///
    /// - Parameter durable: a record that is known to be synced, for who sits in the process that writes; then the disk is not
    ///   asked.
    package mutating func poll(
        atMost bytes: Int = .max, durable: Int64? = nil, _ body: (ArraySlice<UInt8>, Entry) -> Void,
        pruned: (ClosedRange<Int64>) -> Void
    ) throws(SystemError) -> Damage? {
        var mark = durable ?? 0
        if durable == nil { mark = try DurableMark.read(from: disk) }
        let extent = try JournalExtent(disk)
        guard let oldest = extent.segments.first, let newest = extent.segments.last else { return nil }
        if next < oldest {
            // Who begins with the first record that is there misses none.
            if next > 1 { pruned(next...(oldest - 1)) }
            next = oldest
            place = nil
        }
        let claimed = max(mark, newest - 1)
        var room = bytes
        while next <= claimed, room > 0 {
            guard let first = extent.segments.last(where: { $0 <= next }) else { return nil }
            let before = next
            if let fault = try read(first, upTo: claimed, &room, body) { return fault }
            if next == before, !pass(extent, pruned) { return nil }
        }
        return nil
    }

    /// Goes on behind what was dropped, when that comes next; false when something else does.
    private mutating func pass(_ extent: JournalExtent, _ pruned: (ClosedRange<Int64>) -> Void) -> Bool {
        let end = extent.segments.first { $0 > next }.map { extent.expected(next, at: $0) } ?? next
        if end == next { return false }
        pruned(next...(end - 1))
        next = end
        return true
    }

    private mutating func read(
        _ first: Int64, upTo claimed: Int64, _ room: inout Int, _ body: (ArraySlice<UInt8>, Entry) -> Void
    ) throws(SystemError) -> Damage? {
        let name = SegmentName.name(firstSeq: first)
        // When it is gone, the next look finds what is left.
        guard let file = try disk.openUnlessPruned(first) else { return nil }
        defer { disk.close(file) }
        let isSame = place?.segment == first
        var reader = SegmentReader(disk, file, from: isSame ? place?.offset ?? 0 : 0)
        while next <= claimed, room > 0, case .line(let offset, _) = try reader.next() {
            do throws(LineFault) {
                let entry = try Entry(line: reader.line.span)
                place = (first, reader.offset)
                guard entry.seq >= next else { continue }
                guard entry.seq == next else { throw .sequence(expected: next, found: entry.seq) }
                next += 1
                room -= reader.line.count
                body(reader.line, entry)
            } catch {
                return Damage(file: name, offset: offset, fault: try error.named(disk, first, offset))
            }
        }
        return nil
    }
}
