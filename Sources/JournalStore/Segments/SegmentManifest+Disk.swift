import JournalFormat
import POSIX

extension SegmentManifest {
    /// What the file says; nil when it is not there or not whole, which proves nothing.
    static func read(from disk: any Disk) throws(SystemError) -> SegmentManifest? {
        guard try disk.names().contains(name) else { return nil }
        let file = try disk.open(name, .read)
        defer { disk.close(file) }
        return decode(try disk.read(file, count: Int(try disk.size(file)), at: 0))
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
    func head(of first: Int64) throws(SystemError) -> Record? {
        guard let file = try openUnlessPruned(first) else { return nil }
        defer { close(file) }
        var reader = SegmentReader(self, file, step: 8 << 10)
        guard case .line = try reader.next() else { return nil }
        return try? Entry(line: reader.line.span).record
    }

    /// How long a closed segment is now.
    func size(of segment: ClosedSegment) throws(SystemError) -> Int64 {
        let file = try open(segment.name, .read)
        defer { close(file) }
        return try size(file)
    }

    /// Adds the newline that a closed segment lacks, if it lacks nothing else.
    func complete(_ segment: ClosedSegment) throws(SystemError) {
        let file = try open(segment.name, .write)
        defer { close(file) }
        var checksum = try checksum(file, upTo: segment.size)
        checksum.update([UInt8(ascii: "\n")].span)
        guard checksum.checksum == segment.checksum else { return }
        try writeAll(file, [UInt8(ascii: "\n")], at: segment.size - 1)
        try synchronize(file)
    }

    /// The number of a segment's last record, by its last line only; nil when that is not good.
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
            return (try? RecordLine(checking: Array(bytes[(newline.map { $0 + 1 } ?? 0)..<end]).span))?.seq
        }
    }
}
