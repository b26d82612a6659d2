import JournalFormat
import POSIX

extension SegmentManifest {
    /// What the file says; nil when it is not there or damaged, which proves nothing.
    static func read(from disk: any Disk) throws(SystemError) -> SegmentManifest? {
        decode(try disk.contents(of: name) ?? [])
    }

    /// The same of the journal beside it: another one's says nothing. Without what was pruned or dropped, and without the last segment that is
    /// there and all behind: a copy that was made while the daemon ran may have a manifest that is newer than its segments.
    static func read(of extent: JournalExtent, from disk: any Disk) throws(SystemError) -> SegmentManifest? {
        guard let newest = extent.segments.last, var manifest = try read(from: disk),
            manifest.journal == (try journal(extent, disk))
        else { return nil }
        manifest.removeAll {
            $0.first < extent.beginning || $0.first >= newest || extent.dropped.contains($0.first)
        }
        return manifest
    }

    /// The journal's id. A newest segment that was created and never written does not tell it.
    static func journal(_ extent: JournalExtent, _ disk: any Disk) throws(SystemError) -> String? {
        for first in extent.segments.reversed() {
            if case .opened(let opened)? = try disk.head(of: first)?.record { return opened.journal }
        }
        return nil
    }

    /// Up to which record there was a journal, where no segment of it is left; 0 where nothing tells of any.
    static func end(ofLostOn disk: any Disk) throws(SystemError) -> Int64 {
        max(try read(from: disk)?.segments.last?.last ?? 0, try Checkpoint.seq(on: disk) ?? 0)
    }
}

extension Disk {
    /// The checksum of a file's first bytes.
    func checksum(_ file: DiskFile, upTo end: Int64) throws(SystemError) -> CRC32C.Running {
        var checksum = CRC32C.Running()
        var offset: Int64 = 0
        while offset < end {
            let bytes = try read(file, count: Int(min(1 << 20, end - offset)), at: offset)
            if bytes.isEmpty { break }
            checksum.update(bytes.span)
            offset += Int64(bytes.count)
        }
        return checksum
    }

    /// A segment's first record; nil when there is none that is good.
    func head(of first: Int64) throws(SystemError) -> Entry? {
        guard let file = try openUnlessPruned(first) else { return nil }
        defer { close(file) }
        // A head is short, and a start reads one of every segment.
        var reader = SegmentReader(self, file, step: 1 << 10)
        guard case .line = try reader.next() else { return nil }
        return try? Entry(line: reader.line.span)
    }

    /// A segment that no manifest knows: its last record's number, and what the next one's chain says of it. That is of the segment as it
    /// was before it was compacted.
    func unknown(
        _ first: Int64, before next: Int64, isCompacted: Bool
    ) throws(SystemError) -> (last: Int64?, ClosedSegment?) {
        guard let last = try lastSeq(of: first) else { return (nil, nil) }
        guard last == next - 1, !isCompacted, case .opened(let own)? = try head(of: first)?.record, own.chain != nil,
            case .opened(let opened)? = try head(of: next)?.record, let chain = opened.chain
        else { return (last, nil) }
        let file = try open(SegmentName.name(firstSeq: first), .read)
        defer { close(file) }
        return (last, ClosedSegment(first: first, last: last, size: try size(file), checksum: chain))
    }

    /// How long a segment is now.
    func size(of first: Int64) throws(SystemError) -> Int64 {
        let file = try open(SegmentName.name(firstSeq: first), .read)
        defer { close(file) }
        return try size(file)
    }

    /// Adds the newline that a closed segment lacks, if it lacks nothing else.
    func complete(_ segment: ClosedSegment) throws(SystemError) {
        let file = try open(segment.name, .read)
        defer { close(file) }
        var checksum = try checksum(file, upTo: segment.size)
        checksum.update([UInt8(ascii: "\n")].span)
        if checksum.checksum == segment.checksum { try addNewline(to: segment.name, at: segment.size - 1) }
    }

    /// Adds the newline that a segment's last line lacks.
    func addNewline(to name: String, at end: Int64) throws(SystemError) {
        let file = try open(name, .write)
        defer { close(file) }
        try writeAll(file, [UInt8(ascii: "\n")], at: end)
        try synchronize(file)
    }

    /// The number of a segment's last record, by its last line only; nil when that is not good. A newline that it lacks is added.
    func lastSeq(of first: Int64) throws(SystemError) -> Int64? {
        guard let file = try openUnlessPruned(first) else { return nil }
        defer { close(file) }
        let size = try size(file)
        var step: Int64 = 8 << 10
        while true {
            let start = max(0, size - step)
            let bytes = try read(file, count: Int(size - start), at: start)
            let end = bytes.last == UInt8(ascii: "\n") ? bytes.count - 1 : bytes.count
            let newline = bytes[..<end].lastIndex(of: UInt8(ascii: "\n"))
            if newline == nil, start > 0, step <= Int64(RecordCodec.maximumLineLength) {
                step *= 16
                continue
            }
            let seq = (try? RecordLine(checking: Array(bytes[(newline.map { $0 + 1 } ?? 0)..<end]).span))?.seq
            if seq != nil, end == bytes.count { try addNewline(to: SegmentName.name(firstSeq: first), at: size) }
            return seq
        }
    }
}
