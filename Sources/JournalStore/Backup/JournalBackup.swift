package import JournalFormat
package import POSIX

/// Copies a journal into a directory beside the daemon that writes it, adds what is new to what is there, and proves it.
///
/// The directory has the files of a journal, and the file `backup`, which says what of them counts: ``BackupManifest``. Bytes are synced and
/// read back before it names them. It may be interrupted at any time; the next run goes on behind the last segment that it names.
package struct JournalBackup {
    /// What the backup holds.
    package struct Report: Hashable, Sendable {
        /// The file `backup`.
        package let manifest: BackupManifest
        /// How many bytes of segments were copied this time.
        package let copied: Int64
    }

    /// A segment was pruned, dropped or compacted while it was to be read.
    private struct Vanished: Error {}

    /// How far the journal goes for certain.
    private struct Limit {
        /// Whoever was answered before was told of no record behind it.
        var seq: Int64
        /// Where the newest segment ends, if nobody writes: then all good lines count.
        var end: Int64?
    }

    private let source: any Disk
    private let target: any Disk
    private let progress: (Int64, Int64) -> Void
    private let time: Int64
    private var manifest: BackupManifest
    /// What the file in the target says; nil when that is not certain.
    private var committed: BackupManifest?
    private var copied: Int64 = 0
    /// How many bytes had been copied when the file in the target was last replaced, and how many may come until it is again.
    private var committedBytes: Int64 = 0
    /// Segments that have been compacted since they were copied.
    private var stale: Set<Int64> = []
    /// How often that has happened while they were copied.
    private var compactions = 0
    private static let committedStep: Int64 = 64 << 20

    /// What a directory holds of earlier backups; nil when it is empty. Throws ``BackupFault``, and `SystemError`.
    @discardableResult
    package static func manifest(in target: any Disk) throws -> BackupManifest? {
        if let bytes = try target.contents(of: BackupManifest.name) {
            guard let manifest = BackupManifest.decode(bytes) else { throw BackupFault.lies("that file is damaged") }
            return manifest
        }
        let names = Set(try target.names()).subtracting(Self.nothing)
        if names.contains(where: { SegmentName.firstSeq(of: $0) != nil }) {
            throw BackupFault.occupied(
                "a journal is there, and no backup of one; hint: name an empty directory")
        }
        if let name = names.min() {
            throw BackupFault.occupied("other files are there, such as \"\(name)\"; hint: name an empty directory")
        }
        return nil
    }

    /// What an empty directory may hold, and a first backup that was interrupted at once.
    private static let nothing: Set = [
        JournalLock.name, Place.name, "\(Place.name).new", "\(BackupManifest.name).new", "lost+found",
    ]

    /// Makes it. The caller holds the target's lock. `progress` hears of the bytes read, and of how many there are. Throws ``BackupFault``,
    /// and `SystemError`.
    package static func run(
        from source: any Disk, to target: any Disk, time: Int64, progress: (Int64, Int64) -> Void = { _, _ in }
    ) throws -> Report {
        try withoutActuallyEscaping(progress) { progress in
            let names = try source.names()
            if names.contains(JournalCopyWriter.markName) || names.contains(JournalRepair.markName) {
                throw BackupFault.unfinished(
                    "what is to be backed up is half of a journal: a copy to it, or a repair of it, was interrupted; hint: bring that to its end"
                )
            }
            guard let journal = try SegmentManifest.journal(try JournalExtent(source), source) else {
                throw BackupFault.nothingThere
            }
            let earlier = try manifest(in: target)
            var backup = JournalBackup(
                source: source, target: target, progress: progress, time: time,
                manifest: earlier ?? BackupManifest(journal: journal, time: time), committed: earlier)
            // First of all: what has no such mark is taken for the journal itself.
            if earlier == nil {
                try target.replace(Place.name, with: Place.none.encode())
                try backup.commit()
            }
            do {
                if let earlier { try SegmentCompaction.finish(target) { earlier.content[$0] } }
                while try backup.isOvertaken() {}
            } catch {
                // On a disk that is full, half a segment takes room.
                _ = try? backup.tidy()
                throw error
            }
            return Report(manifest: backup.manifest, copied: backup.copied)
        }
    }

    /// Writes beside the journal that it was backed up, for its daemon.
    package static func note(_ backup: LastBackup, in disk: any Disk) throws(SystemError) {
        try disk.replace(LastBackup.name, with: backup.encode())
    }

    /// Whether it has to begin again, since segments went meanwhile; what is copied already counts.
    private mutating func isOvertaken() throws -> Bool {
        do {
            try round()
            return false
        } catch is Vanished { return true }
    }

    private mutating func round() throws {
        // Before the names: what was acknowledged before stands at or below it, and in a segment that is listed.
        let mark = try DurableMark.read(from: source)
        let rest = try source.whileNobodyWrites { () throws(SystemError) in
            let extent = try JournalExtent(source)
            guard let newest = extent.segments.last else { return (extent, Int64(0)) }
            return (extent, try size(of: newest))
        }
        let extent = try rest?.0 ?? JournalExtent(source)
        let segments = extent.segments
        guard let newest = segments.last, let journal = try SegmentManifest.journal(extent, source) else {
            throw BackupFault.nothingThere
        }
        if let damage = try extent.missingBeginning(source) { throw BackupFault.damaged(damage) }
        let closed = try SegmentManifest.read(of: extent, from: source)
        try check(journal, extent, closed)
        // The name of a segment claims all that stands before it.
        let claimed = max(mark, newest - 1, manifest.last)
        let limit = Limit(seq: rest == nil ? claimed : .max, end: rest?.1)
        manifest.time = time / 1000 * 1000
        manifest.beginning = min(extent.beginning, segments[0])
        manifest.gaps = try DroppedRanges.read(from: source, DroppedRanges.gapsName)
        let listed = Set(segments)
        manifest.content.removeAll { !listed.contains($0.first) }
        let partial = manifest.segments.last
        let rests = segments.filter { !isWhole($0, partial) }
        let held = partial.map { stale.contains($0.first) ? 0 : $0.size } ?? 0
        let all = try rests.reduce(-held) { try $0 + size(of: $1) }

        var next = segments[0]
        for first in segments {
            let expected = extent.expected(next, at: first)
            guard first == expected else {
                throw BackupFault.damaged(try extent.misplaced(first, expected: expected, source))
            }
            if !isWhole(first, partial), first <= limit.seq {
                try copy(
                    first, extent, limit: first == newest ? limit : Limit(seq: .max), claimed: claimed,
                    isWritten: rest == nil, known: closed?[first], of: all)
                manifest.dropped = extent.dropped.between(extent.pruned, manifest.last + 1)
                if stale.contains(first) { try replace(first) }
                // Whoever is interrupted need not copy it again.
                if first != newest, copied - committedBytes >= Self.committedStep { try commit() }
            }
            next = manifest.content[first].map { $0.last + 1 } ?? first
        }
        guard next > claimed else {
            throw BackupFault.damaged(
                Damage(
                    segment: newest, offset: manifest.content[newest]?.size ?? 0,
                    fault: .missing(expected: next, claimed: claimed)))
        }
        manifest.dropped = extent.dropped.between(extent.pruned, manifest.last + 1)
        manifest.isComplete = true
        try commit()
        try writeFiles()
        try tidy()
    }

    /// Whether a segment was copied to its end, when `partial` was the last that was copied.
    private func isWhole(_ first: Int64, _ partial: ClosedSegment?) -> Bool {
        guard let partial, first < partial.first, !stale.contains(first) else { return false }
        return manifest.content[first] != nil
    }

    // MARK: What is there

    /// Refuses a backup that is not of this journal, or not of what it is now, or not what it says.
    private mutating func check(_ journal: String, _ extent: JournalExtent, _ closed: SegmentManifest?) throws {
        guard manifest.journal == journal else { throw BackupFault.otherJournal(manifest.journal) }
        // Records behind the point to which the journal was set back are of what is no more.
        if let next = extent.segments.first(where: { $0 > manifest.last }),
            case .opened(let opened)? = try source.head(of: next)?.record, let restore = opened.restore,
            restore.after < manifest.last, manifest.last < restore.nextSeq
        {
            throw BackupFault.ahead(manifest.last)
        }
        let listed = Set(extent.segments)
        stale = []
        for segment in manifest.segments {
            guard let file = try target.openUnlessPruned(segment.first) else {
                throw BackupFault.lies("\(segment.name) is missing")
            }
            defer { target.close(file) }
            let size = try target.size(file)
            guard size >= segment.size else {
                throw BackupFault.lies("\(segment.name) has \(size) bytes, and not \(segment.size)")
            }
            if !listed.contains(segment.first) {
                if segment.first < extent.beginning || extent.dropped.contains(segment.first) { continue }
                throw BackupFault.ahead(manifest.last)
            }
            if let known = closed?[segment.first], known != segment, extent.dropped.overlaps(known.first...known.last) {
                stale.insert(segment.first)
            } else if segment == manifest.segments.last {
                try checkEnd(segment, file)
            } else if let known = closed?[segment.first], known != segment {
                try check(segment.first, upTo: segment.last)
                throw BackupFault.ahead(manifest.last)
            }
        }
    }

    /// The last segment has to be the beginning of the journal's: its last lines tell.
    private mutating func checkEnd(_ segment: ClosedSegment, _ file: DiskFile) throws {
        guard let original = try source.openUnlessPruned(segment.first) else { throw Vanished() }
        defer { source.close(original) }
        let start = max(0, segment.size - 64 << 10)
        let ours = try target.read(file, count: Int(segment.size - start), at: start)
        if try source.read(original, count: ours.count, at: start) == ours { return }
        guard try target.checksum(file, upTo: segment.size).checksum == segment.checksum else {
            throw BackupFault.lies("\(segment.name) has other bytes")
        }
        try check(segment.first, upTo: segment.last)
        throw BackupFault.ahead(manifest.last)
    }

    // MARK: Copying

    /// Copies what a segment has more than the backup.
    private mutating func copy(
        _ first: Int64, _ extent: JournalExtent, limit: Limit, claimed: Int64, isWritten: Bool, known: ClosedSegment?,
        of all: Int64
    ) throws {
        guard let file = try source.openUnlessPruned(first) else { throw Vanished() }
        defer { source.close(file) }
        let isStale = stale.contains(first)
        let nothing = ClosedSegment(first: first, last: first - 1, size: 0, checksum: 0)
        let held = isStale ? nothing : manifest.content[first] ?? nothing
        var output = try VerifiedFile(
            target, isStale ? SegmentCompaction.name(beside: first) : held.name, behind: held.size,
            checksum: held.checksum, isBesideWriter: isWritten)
        var reader = SegmentReader(source, file, from: held.size)
        var claimed = claimed
        var batch: [UInt8] = []
        var next = held.last + 1
        copying: while next <= limit.seq {
            let piece = try reader.next()
            do throws(LineFault) {
                switch piece {
                case .end: break copying
                case .rest: throw .cutShort
                case .tooLong: throw .tooLong
                case .line(let offset, let length):
                    if let end = limit.end, offset + Int64(length) >= end { break copying }
                    let line = try RecordLine(checking: reader.line.span)
                    guard extent.expected(next, at: line.seq) == line.seq else {
                        throw .sequence(expected: next, found: line.seq)
                    }
                    claimed = max(claimed, line.durable)
                    batch += reader.line
                    batch.append(UInt8(ascii: "\n"))
                    next = line.seq + 1
                }
            } catch {
                // What nothing claims is set aside by the daemon's next start.
                if limit.end != nil, next > claimed, try !isClaimed(next, behind: &reader) { break copying }
                try check(first, upTo: next)
                throw BackupFault.damaged(Damage(segment: first, offset: offset(piece, reader), fault: error))
            }
            if batch.count >= 1 << 20 { try flush(&batch, to: &output, file, of: all, isClosed: known != nil) }
        }
        try flush(&batch, to: &output, file, of: all, isClosed: known != nil)
        try output.finish()
        if let known, known.size != output.size || known.checksum != output.checksum {
            try check(first, upTo: known.last)
            let fault = LineFault.changed(known, size: output.size, checksum: output.checksum)
            throw BackupFault.damaged(Damage(segment: first, offset: 0, fault: fault))
        }
        guard next > first else { return }
        manifest.content.insert(
            ClosedSegment(first: first, last: next - 1, size: output.size, checksum: output.checksum))
    }

    /// Has it begin again if a segment is not what it should be since it was compacted meanwhile.
    private mutating func check(_ first: Int64, upTo last: Int64) throws {
        guard try DroppedRanges.content(on: source)?.overlaps(first...max(first, last)) == true,
            try SegmentCompaction.explains(first, source), compactions < 40
        else { return }
        compactions += 1
        source.letOthersWrite()
        throw Vanished()
    }

    /// A segment that has been copied anew takes the place of the one that was there.
    private mutating func replace(_ first: Int64) throws(SystemError) {
        try commit()
        try SegmentCompaction.replace(target, first)
        stale.remove(first)
    }

    private mutating func flush(
        _ batch: inout [UInt8], to output: inout VerifiedFile, _ file: DiskFile, of all: Int64, isClosed: Bool
    ) throws(SystemError) {
        if batch.isEmpty { return }
        try output.append(batch)
        // Nobody is going to read it soon; the page cache is for others.
        if isClosed { source.forget(file, output.size - Int64(batch.count)..<output.size) }
        copied += Int64(batch.count)
        batch.removeAll(keepingCapacity: true)
        progress(copied, all)
    }

    private func offset(_ piece: SegmentReader.Piece, _ reader: SegmentReader) -> Int64 {
        switch piece {
        case .line(let offset, _), .rest(let offset), .tooLong(let offset): offset
        case .end: reader.offset
        }
    }

    /// Whether a good line behind a bad one says that a record had been synced.
    private func isClaimed(_ seq: Int64, behind reader: inout SegmentReader) throws(SystemError) -> Bool {
        while true {
            switch try reader.next() {
            case .end, .rest: return false
            case .tooLong: try reader.skipToNewline()
            case .line:
                if let line = try? RecordLine(checking: reader.line.span), line.durable >= seq { return true }
            }
        }
    }

    private func size(of first: Int64) throws(SystemError) -> Int64 {
        guard let file = try source.openUnlessPruned(first) else { return 0 }
        defer { source.close(file) }
        return try source.size(file)
    }

    // MARK: The files beside the segments

    /// From now on, what has been copied is the backup.
    private mutating func commit() throws(SystemError) {
        // Before the file that names them: their names.
        try target.synchronizeDirectory()
        try target.replace(BackupManifest.name, with: manifest.encode())
        committed = nil
        try target.synchronizeDirectory()
        (committed, committedBytes) = (manifest, copied)
    }

    /// What a journal has beside its segments, for whoever copies the directory by hand.
    private func writeFiles() throws(SystemError) {
        try manifest.writeFiles(to: target)
        try target.synchronizeDirectory()
    }

    /// Removes what the manifest does not name.
    private func tidy() throws(SystemError) {
        guard let committed else { return }
        for name in try target.names() {
            guard let first = SegmentName.firstSeq(of: name) else { continue }
            guard let segment = committed.content[first] else {
                try target.unlink(name)
                continue
            }
            let file = try target.open(name, .write)
            defer { target.close(file) }
            if try target.size(file) > segment.size { try target.truncate(file, to: segment.size) }
        }
    }
}

extension BackupManifest {
    /// Writes the files that a journal has beside its segments. For certain when the directory has been synced.
    func writeFiles(to disk: any Disk) throws(SystemError) {
        // Segments before that are removed afterwards.
        if beginning > 1 { try PruneMark.write(beginning, disk) }
        for (name, ranges) in [(DroppedRanges.name, dropped), (DroppedRanges.gapsName, gaps)] {
            let isThere = try disk.names().contains(name)
            if isThere || !ranges.ranges.isEmpty { try ranges.write(to: disk, name) }
        }
        let closed = SegmentManifest(journal: journal, Array(segments.dropLast()))
        try disk.replace(SegmentManifest.name, with: closed.encode())
        try disk.replace(DurableMark.name, with: DurableMark.encode(last))
    }
}
