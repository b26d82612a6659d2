import JournalFormat
import POSIX

/// Reads a journal in files that nobody writes, page by page. Whatever is not good is a fault: nothing is passed over.
package struct JournalPages: CopySource {
    private static let pageBytes = 1 << 20

    /// The id that its newest `opened` record says.
    package let journal: String?
    /// How long its segments are together.
    package let bytes: Int64
    private let disk: any Disk
    private let extent: JournalExtent
    /// Everything up to this record had been synced, as far as that was told yet.
    private var claimed: Int64
    private var place: Place?

    /// Where it reads on.
    private struct Place {
        /// Which of the segments.
        var index: Int
        var reader: SegmentReader
        let file: OpenFile
        /// The record that comes next.
        var next: Int64
        /// The last record of the page before.
        var last: Int64
    }

    /// Looks what is there. Throws ``JournalCopyFault``, and `SystemError`.
    package init(_ disk: any Disk) throws {
        let names = try disk.names()
        if names.contains(JournalCopyWriter.markName) || names.contains(JournalRepair.markName) {
            throw JournalCopyFault.unfinished
        }
        try self.init(unfinished: disk)
    }

    /// The same of what is there of a copy.
    init(unfinished disk: any Disk) throws {
        self.disk = disk
        extent = try JournalExtent(disk)
        // What a copy claims may have come later.
        claimed = try disk.isCopy() ? 0 : max(try DurableMark.read(from: disk), Checkpoint.read(disk)?.seq ?? 0)
        if let damage = try extent.missingBeginning(disk) { throw JournalCopyFault.damaged("\(damage)") }
        bytes = try extent.segments.reduce(0) { try $0 + Self.size(disk, $1) }
        journal = try Self.journal(disk, extent.segments)
        if let first = extent.segments.first, journal == nil { throw Self.damage(first, 0, .noHead) }
    }

    /// The id that the newest `opened` record says, which may stand in the middle of the last segment.
    private static func journal(_ disk: any Disk, _ segments: [Int64]) throws -> String? {
        for segment in segments.reversed() {
            var journal: String?
            let file = try disk.open(SegmentName.name(firstSeq: segment), .read)
            defer { disk.close(file) }
            var reader = SegmentReader(disk, file)
            while case .line(let offset, _) = try reader.next() {
                do throws(LineFault) {
                    if case .opened(let opened) = try Entry(line: reader.line.span).record { journal = opened.journal }
                } catch {
                    // Everything else is told of with its place when it is read.
                    if case .laterVersion(let later) = error, later.isFormat { throw damage(segment, offset, error) }
                }
            }
            if let journal { return journal }
        }
        return nil
    }

    private static func size(_ disk: any Disk, _ segment: Int64) throws(SystemError) -> Int64 {
        let file = try disk.open(SegmentName.name(firstSeq: segment), .read)
        defer { disk.close(file) }
        return try disk.size(file)
    }

    /// The records behind a number, until their lines have a mebibyte. Throws ``JournalCopyFault``, and `SystemError`.
    package mutating func page(after seq: Int64) throws -> [CopiedRecord] {
        if place == nil || place?.last != seq { place = try begin(after: seq) }
        var page: [CopiedRecord] = []
        var bytes = 0
        while bytes < Self.pageBytes, let record = try next() {
            if record.seq <= seq { continue }
            bytes += record.line.count
            page.append(record)
        }
        place?.last = page.last?.seq ?? seq
        return page
    }

    private func begin(after seq: Int64) throws -> Place? {
        if extent.segments.isEmpty { return nil }
        let index = extent.segments.lastIndex { $0 <= seq + 1 } ?? 0
        let segment = extent.segments[index]
        let file = try OpenFile(disk, segment)
        return Place(
            index: index, reader: SegmentReader(disk, file.file, completes: true), file: file, next: segment, last: seq)
    }

    /// The next record; nil at the end of the journal.
    private mutating func next() throws -> CopiedRecord? {
        while var place {
            let segment = extent.segments[place.index]
            let piece = try place.reader.next()
            self.place?.reader = place.reader
            switch piece {
            case .line(let offset, _):
                let record = try record(place, segment, offset)
                self.place?.next = record.seq + 1
                // One that was dropped may still be there.
                if !extent.isGone(record.seq) { return record }
            case .rest(let offset): throw Self.damage(segment, offset, .cutShort)
            case .tooLong(let offset): throw Self.damage(segment, offset, .tooLong)
            case .end:
                guard try pass(&place) else { return nil }
                self.place = place
            }
        }
        return nil
    }

    private mutating func record(_ place: Place, _ segment: Int64, _ offset: Int64) throws -> CopiedRecord {
        do throws(LineFault) {
            let line = place.reader.line
            let entry = try Entry(line: line.span)
            guard extent.expected(place.next, at: entry.seq) == entry.seq else {
                throw .sequence(expected: place.next, found: entry.seq)
            }
            guard entry.seq > segment || entry.record.kind == "opened" else { throw .noHead }
            claimed = max(claimed, entry.durable)
            return CopiedRecord(seq: entry.seq, line: Array(line), beginsSegment: entry.seq == segment)
        } catch {
            throw Self.damage(segment, offset, try error.named(disk, segment, offset))
        }
    }

    /// Goes on with the next segment; false when there is none, and nothing is missing.
    private mutating func pass(_ place: inout Place) throws -> Bool {
        let segments = extent.segments
        guard place.index + 1 < segments.count else {
            guard place.next <= claimed else { return false }
            throw Self.damage(
                segments[place.index], place.reader.offset, .missing(expected: place.next, claimed: claimed))
        }
        let segment = segments[place.index + 1]
        let expected = extent.expected(place.next, at: segment)
        guard segment == expected else {
            throw Self.damage(segment, 0, .begins(with: segment, insteadOf: expected))
        }
        let file = try OpenFile(disk, segment)
        place = Place(
            index: place.index + 1, reader: SegmentReader(disk, file.file, completes: true), file: file, next: segment,
            last: place.last)
        return true
    }

    private static func damage(_ segment: Int64, _ offset: Int64, _ fault: LineFault) -> JournalCopyFault {
        let place = Damage(segment: segment, offset: offset, fault: fault)
        if case .laterVersion = fault { return .laterVersion("\(place)") }
        return .damaged("\(place)")
    }
}

/// A segment that is closed when nobody reads it any more.
private final class OpenFile {
    let file: DiskFile
    private let disk: any Disk

    init(_ disk: any Disk, _ segment: Int64) throws(SystemError) {
        self.disk = disk
        file = try disk.open(SegmentName.name(firstSeq: segment), .read)
    }

    deinit { disk.close(file) }
}
