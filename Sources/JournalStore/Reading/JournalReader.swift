package import JournalFormat
package import POSIX

/// Reads a journal from its first record to its last, without changing it: for commands beside a daemon or after one.
package struct JournalReader {
    private let disk: any Disk
    /// Every record up to this had been synced before the first was read.
    package let claimed: Int64
    /// The first sequence numbers of the segments, in order.
    package var segments: [Int64] { extent.segments }
    private let extent: JournalExtent

    /// Finds the segments.
    package init(_ disk: any Disk) throws(SystemError) {
        self.disk = disk
        // Before the segments: a daemon may be writing, and what it adds meanwhile is not missing.
        let mark = try disk.isCopy() ? 0 : DurableMark.read(from: disk)
        extent = try JournalExtent(disk)
        claimed = extent.segments.isEmpty ? max(mark, try SegmentManifest.end(ofLostOn: disk)) : mark
    }

    /// Shows every good line, without its newline, until one is not good; answers that one.
    package func forEachLine(_ body: (ArraySlice<UInt8>, Entry) -> Void) throws(SystemError) -> Damage? {
        var extent = extent
        var expected = segments.first ?? 1
        var size: Int64 = 0
        for first in segments {
            let name = SegmentName.name(firstSeq: first)
            expected = extent.expected(expected, at: first)
            if first != expected {
                return Damage(file: name, offset: 0, fault: .begins(with: first, insteadOf: expected))
            }
            guard let file = try disk.openUnlessPruned(first) else {
                // It was there when it was listed: what goes on behind it is the journal now.
                expected = segments.first { $0 > first } ?? expected
                continue
            }
            defer { disk.close(file) }
            var gaps: [ClosedRange<Int64>]?
            if let fault = try read(first, name, file, &extent, &expected, &size, gaps: &gaps, body) { return fault }
        }
        // What there is has been shown first.
        guard expected <= claimed else { return try extent.missingBeginning(disk) }
        let name = SegmentName.name(firstSeq: segments.last ?? 1)
        return Damage(file: name, offset: size, fault: .missing(expected: expected, claimed: claimed))
    }

    /// Reads one segment: the number of its last record, nil for one without any, what is wrong with it, and which records are missing between
    /// good ones.
    func look(at first: Int64) throws(SystemError) -> (last: Int64?, Damage?, gaps: [ClosedRange<Int64>]) {
        let file = try disk.open(SegmentName.name(firstSeq: first), .read)
        defer { disk.close(file) }
        var (extent, next, size) = (extent, first, Int64(0))
        var gaps: [ClosedRange<Int64>]? = []
        let damage = try read(first, SegmentName.name(firstSeq: first), file, &extent, &next, &size, gaps: &gaps) {
            _, _ in
        }
        return (next > first ? next - 1 : nil, damage, gaps ?? [])
    }

    private func read(
        _ first: Int64, _ name: String, _ file: DiskFile, _ extent: inout JournalExtent, _ expected: inout Int64,
        _ size: inout Int64, gaps: inout [ClosedRange<Int64>]?, _ body: (ArraySlice<UInt8>, Entry) -> Void
    ) throws(SystemError) -> Damage? {
        var reader = SegmentReader(disk, file, completes: true)
        while true {
            size = reader.offset
            switch try reader.next() {
            case .end: return nil
            case .rest(let offset):
                if try disk.isChanging(file, from: reader.end) { return nil }
                return Damage(file: name, offset: offset, fault: .cutShort)
            case .tooLong(let offset): return Damage(file: name, offset: offset, fault: .tooLong)
            case .line(let offset, _):
                let entry: Entry
                do throws(LineFault) { entry = try Entry(line: reader.line.span) } catch {
                    return Damage(file: name, offset: offset, fault: try error.named(disk, first, offset))
                }
                if try !extent.isNext(entry.seq, from: expected, disk) {
                    guard gaps != nil, entry.seq > expected, expected > first else {
                        return extent.fault(entry.seq, insteadOf: expected, in: first, offset)
                    }
                    gaps?.append(expected...entry.seq - 1)
                }
                guard entry.seq > first || entry.record.kind == "opened" else {
                    return Damage(file: name, offset: offset, fault: .noHead)
                }
                expected = entry.seq + 1
                if !extent.isGone(entry.seq) { body(reader.line, entry) }
            }
        }
    }
}
