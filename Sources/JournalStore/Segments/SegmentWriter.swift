import JournalFormat
import POSIX

/// The journal's physical end: the file that is written to, and how far it is whole.
struct SegmentWriter: BatchWriter {
    private let disk: any Disk
    private var file: DiskFile?
    private let mark: DiskFile
    /// The segment that is written to.
    private(set) var segment: Int64
    /// Its length in whole, synced records.
    private(set) var size: Int64
    /// The last of them.
    private var durable: Int64
    /// What is being written, or was; its memory is used again.
    var batch = RecordBatch()

    init(_ disk: any Disk, after outcome: Recovery.Outcome) throws(SystemError) {
        self.disk = disk
        durable = outcome.nextSeq - 1
        mark = try disk.open(DurableMark.name, .createIfMissing)
        file = nil
        (segment, size) = (0, 0)
        if let tail = outcome.tail {
            file = try disk.open(SegmentName.name(firstSeq: tail.firstSeq), .write)
            (segment, size) = tail
        }
    }

    var end: (segment: Int64, size: Int64) { (segment, size) }

    /// Writes and syncs the batch, segment by segment.
    mutating func writeBatch() -> BatchResult {
        var start = 0
        for cut in batch.segmentStarts {
            if let result = write(batch.bytes[start..<cut.position], upTo: cut.firstSeq - 1) { return result }
            if let result = beginSegment(cut.firstSeq) { return result }
            start = cut.position
        }
        return write(batch.bytes[start...], upTo: batch.lastSeq) ?? .durable
    }

    func close() {
        if let file { disk.close(file) }
        disk.close(mark)
    }

    /// Nil when the bytes are on the disk.
    private mutating func write(_ bytes: ArraySlice<UInt8>, upTo seq: Int64) -> BatchResult? {
        guard let file, !bytes.isEmpty else { return nil }
        do throws(SystemError) {
            try disk.writeAll(file, bytes, at: size)
        } catch {
            // The disk may have taken a part: back to the last whole record, or nothing is certain any more.
            do throws(SystemError) { try disk.truncate(file, to: size) } catch { return .failed(error) }
            return .rejected(durable: durable, error)
        }
        do throws(SystemError) { try disk.synchronize(file) } catch { return .failed(error) }
        size += Int64(bytes.count)
        durable = seq
        writeMark(seq)
        return nil
    }

    /// Opens the next segment; the one before it is whole and synced.
    private mutating func beginSegment(_ firstSeq: Int64) -> BatchResult? {
        let name = SegmentName.name(firstSeq: firstSeq)
        let next: DiskFile
        do throws(SystemError) { next = try disk.open(name, .create) } catch {
            return .rejected(durable: durable, error)
        }
        do throws(SystemError) { try disk.synchronizeDirectory() } catch {
            disk.close(next)
            return .failed(error)
        }
        if let file { disk.close(file) }
        (file, segment, size) = (next, firstSeq, 0)
        return nil
    }

    /// Not synced, and a failure is no matter: its absence proves nothing.
    private func writeMark(_ seq: Int64) {
        _ = try? disk.write(mark, DurableMark.encode(seq)[...], at: 0)
    }
}
