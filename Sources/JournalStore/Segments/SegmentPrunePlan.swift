import JournalFormat
import Ledger
import POSIX

/// Which segments may go: the oldest ones, as long as everything in them is old and settled; never the last.
struct SegmentPrunePlan {
    /// The first sequence numbers of those that go, in order.
    private(set) var segments: [Int64] = []
    /// The first sequence number that stays.
    private(set) var end: Int64 = 0
    /// What goes, as far as it can be told without reading it.
    private(set) var report = PruneReport()

    private let disk: any Disk

    /// Segments whose last record is older than `before` (nanoseconds since 1970), up to the one that must
    /// stay.
    init(
        _ disk: any Disk, segments all: [Int64], before: Int64, hold: PruningHold?
    ) throws(JournalFault) {
        self.disk = disk
        let dropped: DroppedRanges
        do throws(SystemError) { dropped = try DroppedRanges.read(from: disk) } catch { throw .system(error) }
        for (first, next) in zip(all, all.dropFirst()) {
            // The next one's head was written right behind this one's last record.
            guard try Self.headTime(disk, next) < before else { return }
            if let hold, hold.seq < next {
                report.heldBy = hold.reason
                return
            }
            let name = SegmentName.name(firstSeq: first)
            do throws(SystemError) {
                let file = try disk.open(name, .read)
                defer { disk.close(file) }
                report.bytes += try disk.size(file)
            } catch { throw .system(error) }
            segments.append(first)
            end = next
            report.segments.append(name)
            report.records += next - first - dropped.count(in: first..<next)
        }
    }

    /// Shows every record of the segments that go. All of them must be good: nothing is dropped unread.
    func forEachEntry(_ body: (Entry) throws(JournalFault) -> Void) throws(JournalFault) {
        for first in segments { try Self.forEachEntry(disk, in: SegmentName.name(firstSeq: first), body) }
    }

    /// Shows every record of one segment.
    static func forEachEntry(
        _ disk: any Disk, in name: String, _ body: (Entry) throws(JournalFault) -> Void
    ) throws(JournalFault) {
        let file: DiskFile
        do { file = try disk.open(name, .read) } catch { throw .system(error) }
        defer { disk.close(file) }
        var reader = SegmentReader(disk, file, completes: true)
        while true {
            let piece: SegmentReader.Piece
            do { piece = try reader.next() } catch { throw .system(error) }
            switch piece {
            case .end: return
            case .line(let offset, _): try body(try entry(reader.line, name, offset))
            case .rest(let offset): throw .damaged(Damage(file: name, offset: offset, fault: .cutShort))
            case .tooLong(let offset): throw .damaged(Damage(file: name, offset: offset, fault: .tooLong))
            }
        }
    }

    private static func headTime(_ disk: any Disk, _ segment: Int64) throws(JournalFault) -> Int64 {
        let name = SegmentName.name(firstSeq: segment)
        var line: [UInt8] = []
        do throws(SystemError) {
            let file = try disk.open(name, .read)
            defer { disk.close(file) }
            var reader = SegmentReader(disk, file, step: 8 << 10)
            // A segment that has just begun has no head yet, and is not old.
            guard case .line = try reader.next() else { return .max }
            line = Array(reader.line)
        } catch { throw .system(error) }
        return try entry(line[...], name, 0).time
    }

    private static func entry(_ line: ArraySlice<UInt8>, _ name: String, _ offset: Int64) throws(JournalFault) -> Entry
    {
        do { return try Entry(line: line.span) } catch {
            throw .damaged(Damage(file: name, offset: offset, fault: error))
        }
    }
}
