import Glibc
import JournalFormat
import POSIX

/// The journal's physical end: the file that is written to, and how far it is whole.
struct SegmentWriter: BatchWriter {
    private let disk: any Disk
    private var file: DiskFile?
    private var mark: DiskFile
    private let clock: @Sendable () -> Int64
    /// When all was last found to be where its path says.
    private var checkedAt = Int64.min / 2
    /// Where the last whole, synced record ends.
    private(set) var end: DurableEnd
    /// That record's number.
    private var durable: Int64
    /// The journal's id.
    private let journal: String
    /// What is being written, or was; its memory is used again.
    var batch = RecordBatch()

    init(
        _ disk: any Disk, after outcome: Recovery.Outcome, of journal: String, clock: @escaping @Sendable () -> Int64
    ) throws(SystemError) {
        self.disk = disk
        self.clock = clock
        durable = outcome.nextSeq - 1
        mark = try disk.open(DurableMark.name, .createIfMissing)
        end = outcome.end
        self.journal = journal
        file = nil
        if end.segment > 0 { file = try disk.open(SegmentName.name(firstSeq: end.segment), .write) }
    }

    /// Writes and syncs the batch, segment by segment.
    mutating func writeBatch() -> BatchResult {
        var start = 0
        for cut in batch.segmentStarts {
            if let result = write(batch.bytes[start..<cut.position], upTo: cut.firstSeq - 1) { return result }
            end.checksum = CRC32C.Running(behind: cut.chain)
            if let result = beginSegment(cut) { return result }
            start = cut.position
        }
        if let result = write(batch.bytes[start...], upTo: batch.lastSeq) { return result }
        end.checksum = batch.checksum
        // Once a second will do: the file is open, and what was written to it within that time is not lost, wherever it is.
        if clock() - checkedAt >= 1_000_000_000, let displacement = checkPlace() { return .moved(displacement) }
        return .durable
    }

    mutating func checkPlace() -> Displacement? {
        guard let file else { return nil }
        if !disk.misplaced(file).isEmpty {
            // Whoever moves something may need some calls for it. If all is in its place again behind them, nothing is wrong.
            usleep(100_000)
            let parts = disk.misplaced(file)
            if !parts.isEmpty { return Displacement(parts, on: disk, file, segment) }
        }
        if let displacement = checkLength(file) { return displacement }
        if disk.misplaced(mark).contains(.file) { renewMark() }
        disk.note(Witness(journal: journal, seq: durable))
        checkedAt = clock()
        return nil
    }

    /// Whether all that was written is in the file still: whoever cuts it has it keep its name and its inode.
    private func checkLength(_ file: DiskFile) -> Displacement? {
        guard let size = try? disk.size(file), size < end.size else { return nil }
        return Displacement(cutTo: size, on: disk, file, segment)
    }

    /// What is written to, as far as it is whole and synced.
    private var segment: ClosedSegment {
        ClosedSegment(first: end.segment, last: durable, size: end.size, checksum: end.checksum.checksum)
    }

    func close() {
        if durable > 0 { disk.note(Witness(journal: journal, seq: durable)) }
        if let file { disk.close(file) }
        disk.close(mark)
    }

    /// Nil when the bytes are on the disk.
    private mutating func write(_ bytes: ArraySlice<UInt8>, upTo seq: Int64) -> BatchResult? {
        guard let file, !bytes.isEmpty else { return nil }
        // Behind a cut, the write would leave a hole, and the length would be right again.
        if let displacement = checkLength(file) { return .moved(displacement) }
        do throws(SystemError) {
            try disk.writeAll(file, bytes, at: end.size)
        } catch {
            // The disk may have taken a part: back to the last whole record, or nothing is certain any more. One that has become
            // read-only took none, and refuses the cut too.
            do throws(SystemError) {
                if try disk.size(file) != end.size { try disk.truncate(file, to: end.size) }
            } catch { return .failed(error) }
            return .rejected(durable: durable, error)
        }
        do throws(SystemError) { try disk.synchronize(file) } catch { return .failed(error) }
        end.size += Int64(bytes.count)
        durable = seq
        writeMark(seq)
        return nil
    }

    /// Opens the next segment; the one before it is whole and synced.
    private mutating func beginSegment(_ start: RecordBatch.SegmentStart) -> BatchResult? {
        // Nobody would look at it again.
        if let displacement = checkPlace() { return .moved(displacement) }
        let name = SegmentName.name(firstSeq: start.firstSeq)
        let next: DiskFile
        do throws(SystemError) { next = try disk.open(name, .create) } catch {
            return .rejected(durable: durable, error)
        }
        do throws(SystemError) { try disk.synchronizeDirectory() } catch {
            disk.close(next)
            return .failed(error)
        }
        noteClosed(start.chain)
        if let file { disk.close(file) }
        file = next
        end = DurableEnd(segment: start.firstSeq, size: 0, checksum: .init(), chain: start.chain)
        return nil
    }

    /// Nothing more will be added to the segment: the next one's name is on the disk. Not synced, and a failure is no matter, as with the
    /// mark; the next start knows it by the chain.
    private func noteClosed(_ checksum: UInt32) {
        guard end.segment > 0 else { return }
        let closed = ClosedSegment(first: end.segment, last: durable, size: end.size, checksum: checksum)
        guard let file = try? disk.open(SegmentManifest.name, .createIfMissing), let size = try? disk.size(file) else {
            return
        }
        defer { disk.close(file) }
        let header = size == 0 ? SegmentManifest(journal: journal).header : []
        do throws(SystemError) {
            try disk.writeAll(file, (header + SegmentManifest.line(closed))[...], at: size)
        } catch { _ = try? disk.truncate(file, to: size) }
    }

    /// Somebody has moved it. It proves nothing by its absence, but without it the next start would notice less.
    private mutating func renewMark() {
        guard let new = try? disk.open(DurableMark.name, .createIfMissing) else { return }
        disk.close(mark)
        mark = new
        writeMark(durable)
    }

    /// Not synced, and a failure is no matter: its absence proves nothing.
    private func writeMark(_ seq: Int64) {
        _ = try? disk.write(mark, DurableMark.encode(seq)[...], at: 0)
    }
}
