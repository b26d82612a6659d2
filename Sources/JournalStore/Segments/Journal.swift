import Dispatch
import Glibc
package import JournalFormat
package import Ledger
import POSIX
import Synchronization

/// The journal in files: segments in a directory, written by a group commit.
package final class Journal: LedgerJournal {
    /// What the journal is opened with.
    package struct Options: Sendable {
        /// A new segment begins after that many bytes.
        package var segmentBytes: Int64
        /// The program's version, for `opened`.
        package var version: String
        /// The API's host and port: another one on the same journal is refused.
        package var api: String
        /// The account's client id, likewise, unless it is adopted.
        package var client: String
        /// Whether the journal counts as restored, though nothing shows it.
        package var isRestored: Bool
        /// Whether another client id is a new one of the same account.
        package var adoptsClient: Bool

        package init(
            segmentBytes: Int64, version: String, api: String, client: String, isRestored: Bool = false,
            adoptsClient: Bool = false
        ) {
            self.segmentBytes = segmentBytes
            self.isRestored = isRestored
            self.version = version
            self.api = api
            self.client = client
            self.adoptsClient = adoptsClient
        }
    }

    /// What opening found and did.
    package struct Recovered: Sendable {
        /// Records that were there.
        package let records: Int64
        /// What was set aside.
        package let tornTail: TornTail?
        /// Bytes that nothing proved, rewritten and synced.
        package let rewrittenBytes: Int64
        /// The restore that this opening was, and what the copy was found to be; nil when it was none.
        package let restore: (Record.Restore, copy: CopiedJournal.Report?)?
        /// The client id that the journal belonged to before; nil when it has not changed.
        package let formerClient: String?

        package init(
            records: Int64, tornTail: TornTail? = nil, rewrittenBytes: Int64 = 0,
            restore: (Record.Restore, copy: CopiedJournal.Report?)? = nil, formerClient: String? = nil
        ) {
            self.records = records
            self.tornTail = tornTail
            self.rewrittenBytes = rewrittenBytes
            self.restore = restore
            self.formerClient = formerClient
        }
    }

    /// The journal's random id.
    package let id: String
    /// Its last restore.
    package let restore: Record.Restore?
    /// Where records are appended.
    package let commits: GroupCommit
    let disk: any Disk
    private let gauge: SpaceGauge
    private let clock: @Sendable () -> Int64
    /// Since when the system has not given out the bytes of some records.
    private let refused = Mutex<[Int64: Int64]>([:])
    /// A disk that has failed for so long, in nanoseconds, is not waited for.
    private static let patience: Int64 = 30_000_000_000

    /// How much of the disk is free.
    package var space: SpaceGauge? { gauge }

    /// Recovers and opens a journal, showing each record that is there to `visit`, with its offset in its segment.
    ///
    /// When this returns, everything that was shown is proven to be on the disk, and `opened` has been appended behind it.
    package static func open(
        _ disk: any Disk, _ options: Options, randomID: String, time: Int64, progress: (Int64) -> Void = { _ in },
        visit: (Entry, Int64) -> Void
    ) throws(JournalFault) -> (Journal, Recovered) {
        try open(
            disk, options, JournalStart(disk, isRestored: options.isRestored), randomID: randomID, time: time,
            from: nil, in: JournalEnvironment(), progress: progress, endpoints: { nil }
        ) { entry, line, offset in visit(Entry(entry, line), offset) }
    }

    /// The same from a checkpoint on: what it holds is not shown again. Records are shown in their lines, not copied. `endpoints` is asked
    /// behind the last one which endpoints are in force there, as far as any record has named them.
    static func open(
        _ disk: any Disk, _ options: Options, _ start: JournalStart, randomID: String, time: Int64,
        from checkpoint: Checkpoint?, in environment: JournalEnvironment, progress: (Int64) -> Void,
        endpoints: () -> [String]?, visit: (EntryView, Span<UInt8>, Int64) -> Void
    ) throws(JournalFault) -> (Journal, Recovered) {
        // Before anything is changed. Whatever is new in an `opened` begins a segment.
        if let last = try? disk.segments().last, case .opened(let opened)? = try? disk.head(of: last)?.record {
            try options.check(opened)
        }
        var newest: Record.Opened?
        var point: Int64 = 0
        var outcome = try Recovery.run(disk, from: checkpoint, progress: progress) {
            (entry, line, offset) throws(JournalFault) in
            if case .other(.opened(let opened)) = entry.record {
                newest = opened
            }
            point = entry.time
            visit(entry, line, offset)
        }
        if let newest { try options.check(newest) }
        var opened = Record.Opened(
            format: RecordCodec.format, reads: RecordCodec.reads, journal: newest?.journal ?? randomID,
            version: options.version, api: options.api, client: options.client, endpoints: endpoints(),
            restore: newest?.restore)
        let journal: Journal
        var isRestore = false
        do throws(SystemError) {
            // Without a record there is nothing that could be mistaken.
            isRestore = newest.map { start.isRestore || disk.hasBeenFurther($0, than: outcome.nextSeq - 1) } ?? false
            if isRestore {
                // As a record keeps it.
                let restore = Record.Restore(after: outcome.nextSeq - 1, point: point, time: time - time % 1000)
                opened.restore = restore
                try outcome.goOn(with: restore.nextSeq, disk)
            }
            opened.checksumIDs = newest?.checksumIDs ?? outcome.continuation ?? outcome.nextSeq
            journal = try Journal(
                disk, outcome, segmentBytes: options.segmentBytes, opened: opened,
                beginsSegment: newest.map(opened.mustBeginSegment(behind:)) ?? false, in: environment)
        } catch { throw .system(error) }
        switch journal.commits.markStart(time: time) {
        case .rejected(_, let error), .failed(let error): throw .system(error)
        case .moved(let displacement): throw .unavailable(.moved(displacement))
        case .durable, .ended, nil: break
        }
        // Last: until then each start is one of a copy.
        do throws(SystemError) { try start.finish(disk) } catch { throw .system(error) }
        let recovered = Recovered(
            records: outcome.records, tornTail: outcome.tornTail, rewrittenBytes: outcome.rewrittenBytes,
            restore: isRestore ? opened.restore.map { ($0, start.copy) } : nil,
            formerClient: newest?.client == options.client ? nil : newest?.client)
        return (journal, recovered)
    }

    private init(
        _ disk: any Disk, _ outcome: Recovery.Outcome, segmentBytes: Int64, opened: Record.Opened,
        beginsSegment: Bool, in environment: JournalEnvironment
    ) throws(SystemError) {
        self.disk = disk
        id = opened.journal
        restore = opened.restore
        clock = environment.monotonic
        gauge = SpaceGauge(disk, clock: environment.monotonic)
        // Recovery has proven all that is there.
        let tail = JournalTail(
            nextSeq: outcome.continuation ?? outcome.nextSeq, beginsSegment: beginsSegment,
            segments: outcome.segments, end: outcome.end, segmentBytes: segmentBytes,
            opened: opened)
        commits = GroupCommit(
            tail, try SegmentWriter(disk, after: outcome, of: id, clock: environment.monotonic), in: environment)
    }

    // MARK: Segments

    /// The first sequence numbers of all segments that have something durable in them, in order.
    var segments: [Int64] { commits.tail.withLock { tail in tail.segments.filter { $0 <= tail.durable } } }

    /// Drops the segments before the one that begins with `first`. The caller sees to it that nobody misses them.
    func dropSegments(before first: Int64) throws(SystemError) {
        try PruneMark.write(first, disk)
        try synchronizeDirectory()
        commits.tail.withLock { $0.dropSegments { $0 < first } }
        try PruneMark.unlinkSegments(before: first, disk)
        try synchronizeDirectory()
    }

    /// Drops whole segments, from wherever in the journal. The caller sees to it that nobody misses them, and that others
    /// stand behind them.
    func dropSegments(_ ranges: [ClosedRange<Int64>]) throws(SystemError) {
        let before = try JournalExtent(disk)
        // What pruning has passed need not be told any more.
        let dropped = DroppedRanges(before.dropped.ranges + ranges).between(before.pruned, .max)
        try dropped.write(to: disk)
        try synchronizeDirectory()
        commits.tail.withLock { $0.dropSegments { dropped.contains($0) } }
        for segment in try JournalExtent(disk).leftovers { try disk.unlink(SegmentName.name(firstSeq: segment)) }
        try synchronizeDirectory()
    }

    /// Takes records out of a closed segment. The caller sees to it that nobody misses them. Returns how many bytes that frees.
    func compact(_ first: Int64, without gone: DroppedRanges) throws(SystemError) -> Int64 {
        // What a failure has left.
        try commits.whileNotWriting { () throws(SystemError) in try SegmentCompaction.finish(disk) }
        let before = try JournalExtent(disk)
        let dropped = DroppedRanges(before.dropped.ranges + gone.ranges).between(before.pruned, .max)
        let old = try disk.size(of: first)
        let closed = try SegmentCompaction.write(disk, first, without: dropped)
        try dropped.write(to: disk)
        try synchronizeDirectory()
        // Whoever closes a segment meanwhile adds a line.
        try commits.whileNotWriting { () throws(SystemError) in
            let found = try SegmentManifest.read(from: disk)
            var manifest = found?.journal == id ? found! : SegmentManifest(journal: id)
            manifest.insert(closed)
            try disk.replace(SegmentManifest.name, with: manifest.encode())
            try disk.synchronizeDirectory()
        }
        try commits.whileNotWriting { () throws(SystemError) in try SegmentCompaction.replace(disk, first) }
        return old - closed.size
    }

    /// Syncs the directory while no segment is being made. When that fails, only one of those who do it may be told, and it
    /// must not be another than the one whose segment's name was lost.
    func synchronizeDirectory() throws(SystemError) {
        try commits.whileNotWriting { () throws(SystemError) in try disk.synchronizeDirectory() }
    }

    // MARK: Reading back

    /// The first sequence number of the segment in which a record stands.
    func segment(of seq: Int64) -> Int64 { commits.tail.withLock { tail in tail.segments.last { $0 <= seq } ?? 1 } }

    /// Reads records.
    package func entries(at positions: [JournalPosition], of kind: String) -> [Result<Entry, any Error>] {
        positions.map { position in Result { try entry(at: position, kind) } }
    }

    private func entry(at position: JournalPosition, _ kind: String) throws -> Entry {
        let segment = segment(of: position.seq)
        let fault: LineFault
        do {
            let line = try disk.line(position.seq, in: segment, at: position.offset, claimed: durable).bytes
            refused.withLock { if !$0.isEmpty { $0[position.seq] = nil } }
            let entry = try Entry(line: line.span)
            try entry.require(kind)
            return entry
        } catch let error as LineFault {
            fault = error
        } catch let error as SystemError where isLasting(error, position.seq) {
            fault = .refused("\(error)")
        }
        if let dropped = try? DroppedRanges.read(from: disk), dropped.contains(position.seq) {
            throw Damage(
                file: DroppedRanges.name, offset: 0, fault: .givenUp(position.seq), lost: position.seq...position.seq)
        }
        throw Damage(segment: segment, offset: position.offset, fault: fault, lost: position.seq...position.seq)
    }

    /// Whether a record cannot be read for a reason that does not pass by itself.
    private func isLasting(_ error: SystemError, _ seq: Int64) -> Bool {
        switch error.errno {
        case EMFILE, ENFILE, ENOMEM: false
        case ENOENT: true
        default:
            refused.withLock { refused in
                let now = clock()
                let since = refused[seq] ?? now
                refused[seq] = since
                return now - since >= Self.patience
            }
        }
    }
}

extension Journal.Options {
    fileprivate func check(_ opened: Record.Opened) throws(JournalFault) {
        do throws(OtherAccount) {
            try LedgerAccount(api: opened.api, client: opened.client).refuse(
                other: .init(api: api, client: client), adoptsClient: adoptsClient)
        } catch { throw .otherAccount(error) }
    }
}

extension Record.Opened {
    /// Whether it says something that every later start has to know: of the segment in which a checkpoint stands, a start reads the head only.
    fileprivate func mustBeginSegment(behind newest: Record.Opened) -> Bool {
        client != newest.client || checksumIDs != newest.checksumIDs || restore != newest.restore
    }
}

extension Disk {
    /// Whether the journal had more records than it has: older files have been put into its directory.
    fileprivate func hasBeenFurther(_ opened: Record.Opened, than last: Int64) -> Bool {
        guard let witness else { return false }
        return witness.journal == opened.journal && witness.seq > last
    }
}
