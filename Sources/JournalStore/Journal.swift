import Dispatch
public import JournalFormat
public import POSIX
import Payments
import Synchronization

/// The journal: records are appended by anyone, and written and synced together by one queue (group commit).
///
/// However many records wait, they become durable by one write and one `fdatasync`; while that runs, the next ones gather.
/// Whoever gathers many writes them himself as long as the disk is quick: two changes of thread for each batch would cost
/// more than the wait.
public final class Journal: Sendable {
    /// What the journal is opened with.
    public struct Options: Sendable {
        /// A new segment begins after that many bytes.
        public var segmentBytes: Int64
        /// The program's version, for `opened`.
        public var version: String
        /// The API's host and port: another one on the same journal is refused.
        public var api: String
        /// The account's client id, likewise.
        public var client: String

        /// Sets all of them.
        public init(segmentBytes: Int64, version: String, api: String, client: String) {
            self.segmentBytes = segmentBytes
            self.version = version
            self.api = api
            self.client = client
        }
    }

    /// What opening found and did.
    public struct Recovered: Sendable {
        /// Records that were there.
        public let records: Int64
        /// What was set aside.
        public let tornTail: TornTail?
        /// Bytes that nothing proved, rewritten and synced.
        public let rewrittenBytes: Int64
    }

    /// The journal's random id.
    public let id: String
    let disk: any Disk
    /// Where batches are written, one after the other.
    let queue: any SerialQueue
    private let clock: @Sendable () -> Int64
    private let tail: Mutex<JournalTail>
    private let writer: Mutex<SegmentWriter>
    private let observer: Mutex<(any JournalObserver)?>
    /// When the write that is under way began, on the monotonic clock; 0 when there is none.
    private let writingSince = Atomic<Int64>(0)
    /// Whoever gathers is waiting for the write that is under way.
    private let isGathererWaiting = Atomic(false)
    /// The directory is being synced, under the writer's lock.
    private let isSynchronizingDirectory = Atomic(false)
    /// How long the last one took, in nanoseconds.
    private let lastWrite = Atomic<Int64>(0)

    /// So long may whoever serves others wait for a disk, in nanoseconds. One that takes longer is waited for once.
    static let quick: Int64 = 2_000_000

    /// Recovers and opens a journal, showing each record that is there to `visit`, with its offset in its segment.
    ///
    /// When this returns, everything that was shown is proven to be on the disk, and `opened` has been appended behind it.
    public static func open(
        _ disk: any Disk, _ options: Options, randomID: String, time: Int64, progress: (Int64) -> Void = { _ in },
        visit: (Entry, Int64) -> Void
    ) throws(JournalFault) -> (Journal, Recovered) {
        try open(
            disk, options, randomID: randomID, time: time, from: nil, in: Surroundings(), progress: progress
        ) { entry, line, offset in visit(Entry(entry, line), offset) }
    }

    /// The same from a checkpoint on: what it holds is not shown again. Records are shown in their lines, not copied.
    static func open(
        _ disk: any Disk, _ options: Options, randomID: String, time: Int64, from checkpoint: Checkpoint?,
        in surroundings: Surroundings, progress: (Int64) -> Void, visit: (EntryView, Span<UInt8>, Int64) -> Void
    ) throws(JournalFault) -> (Journal, Recovered) {
        var id: String?
        let outcome = try Recovery.run(disk, from: checkpoint, progress: progress) {
            (entry, line, offset) throws(JournalFault) in
            if case .other(.opened(let opened)) = entry.record {
                id = opened.journal
                try options.check(opened)
            }
            visit(entry, line, offset)
        }
        let opened = Record.Opened(
            format: RecordCodec.format, journal: id ?? randomID, version: options.version, api: options.api,
            client: options.client)
        let journal: Journal
        do throws(SystemError) {
            journal = try Journal(disk, outcome, segmentBytes: options.segmentBytes, opened: opened, in: surroundings)
        } catch { throw .system(error) }
        try journal.markStart(time: time)
        let recovered = Recovered(
            records: outcome.records, tornTail: outcome.tornTail, rewrittenBytes: outcome.rewrittenBytes)
        return (journal, recovered)
    }

    private init(
        _ disk: any Disk, _ outcome: Recovery.Outcome, segmentBytes: Int64, opened: Record.Opened,
        in surroundings: Surroundings
    ) throws(SystemError) {
        self.disk = disk
        queue = surroundings.queue("ecryptopayd.journal", .userInitiated)
        clock = surroundings.monotonic
        id = opened.journal
        tail = Mutex(JournalTail(after: outcome, segmentBytes: segmentBytes, opened: opened))
        writer = Mutex(try SegmentWriter(disk, after: outcome))
        observer = Mutex(nil)
    }

    /// Appends `opened` and syncs it, before anyone else writes.
    private func markStart(time: Int64) throws(JournalFault) {
        let seq = tail.withLock { tail in
            let seq = tail.markStart(time: time)
            _ = tail.requestCommit()
            return seq
        }
        let error = queue.perform { commit() }
        guard let error, durable < seq else { return }
        writer.withLock { $0.close() }
        throw .system(error)
    }

    /// Who hears of commits. To be set before the first ``append(_:time:)``.
    public func setObserver(_ observer: any JournalObserver) {
        self.observer.withLock { $0 = observer }
    }

    /// Every record up to this is on the disk.
    public var durable: Int64 { tail.withLock { $0.durable } }

    /// What ended the journal, if something did.
    public var failure: SystemError? {
        tail.withLock { tail in
            if case .failed(let error) = tail.phase { return error }
            return nil
        }
    }

    /// Whether nothing waits, or what waits has been on its way to the disk for less than `limit`.
    public func makesProgress(within limit: Duration) -> Bool {
        let since = writingSince.load(ordering: .relaxed)
        return since == 0 || .nanoseconds(clock() - since) < limit
    }

    /// Whether someone is in ``commitGathered()`` and waits there for the disk.
    public var holdsGatherer: Bool { isGathererWaiting.load(ordering: .relaxed) }

    /// Takes a record; it is durable when the observer hears of its number. With `gathers` that may be only after the next
    /// ``commitGathered()``.
    public func append(
        _ record: Record, time: Int64, gathers: Bool = false
    ) throws(JournalUnavailable) -> JournalPosition {
        let (position, mustCommit) = try tail.withLock { tail throws(JournalUnavailable) in
            let position = try tail.append(record, time: time)
            return (position, gathers ? false : tail.requestCommit())
        }
        if mustCommit { queue.enqueue { self.commit() } }
        return position
    }

    /// Has what was appended with `gathers` written and synced: before this returns if the disk was quick the last time and
    /// nothing else is being written, soon if not. Not to be called by an observer.
    func commitGathered() {
        guard tail.withLock({ $0.requestCommit() }) else { return }
        guard lastWrite.load(ordering: .relaxed) < Self.quick, !isSynchronizingDirectory.load(ordering: .relaxed) else {
            return queue.enqueue { self.commit() }
        }
        isGathererWaiting.store(true, ordering: .relaxed)
        defer { isGathererWaiting.store(false, ordering: .relaxed) }
        queue.perform {
            _ = commitBatch()
            // What others asked for meanwhile is not the caller's to wait for.
            if tail.withLock({ $0.mustGoOn() }) { queue.enqueue { self.commit() } }
        }
    }

    /// Takes records together: they are one batch, unless they come while another is written.
    func append(_ records: [Record], time: Int64) throws(JournalUnavailable) -> [JournalPosition] {
        let (positions, mustCommit) = try tail.withLock { tail throws(JournalUnavailable) in
            var positions: [JournalPosition] = []
            for record in records { positions.append(try tail.append(record, time: time)) }
            return (positions, tail.requestCommit())
        }
        if mustCommit { queue.enqueue { self.commit() } }
        return positions
    }

    /// Has the first record of every segment from now on name the endpoints, which an earlier one has named.
    func keep(endpoints: [String]) { tail.withLock { $0.keep(endpoints: endpoints) } }

    /// Appends an `opened` that says where confirmed news go from now on; so does every segment's first record from then on.
    func configure(endpoints: [String], time: Int64) throws(JournalUnavailable) -> JournalPosition {
        let (position, mustCommit) = try tail.withLock { tail throws(JournalUnavailable) in
            let position = try tail.configure(endpoints: endpoints, time: time)
            return (position, tail.requestCommit())
        }
        if mustCommit { queue.enqueue { self.commit() } }
        return position
    }

    /// Appends `closed`, syncs it, and takes nothing more.
    public func close(time: Int64) {
        queue.perform {
            let isFirst = tail.withLock { tail in
                guard tail.close(time: time) else { return false }
                _ = tail.requestCommit()
                return true
            }
            guard isFirst else { return }
            // What was appended before may be ahead of the block that would write it: all of it is written here.
            commit()
            writer.withLock { $0.close() }
        }
    }

    // MARK: Commit

    /// Writes batch after batch until nothing waits that anybody asked for; answers what went wrong with the last one.
    @discardableResult
    private func commit() -> SystemError? {
        var failure: SystemError?
        while let result = commitBatch() {
            failure = if case .failure(let error) = result { error } else { nil }
        }
        return failure
    }

    /// Writes what waits, if anybody asked for it, and tells the observer what became of it; nil if there was nothing.
    private func commitBatch() -> Result<Void, SystemError>? {
        let start = clock()
        // Before the writer is asked for, which a sync of the directory may hold: that is a wait for the disk, too.
        writingSince.store(start, ordering: .relaxed)
        let written: (result: SegmentWriter.Result, lastSeq: Int64)? = writer.withLock { writer in
            guard tail.withLock({ $0.takeBatch(&writer.batch) }) else { return nil }
            return (writer.writeBatch(), writer.batch.lastSeq)
        }
        writingSince.store(0, ordering: .relaxed)
        guard let written else { return nil }
        let duration = clock() - start
        lastWrite.store(duration, ordering: .relaxed)
        switch written.result {
        case .durable:
            accept(upTo: written.lastSeq, duration)
            return .success(())
        case .rejected(let durable, let error):
            // What a rotation within the batch had synced stays, and those who wait for it hear so first.
            if durable > self.durable { accept(upTo: durable, duration) }
            reject(after: durable, error)
            return .failure(error)
        case .failed(let error):
            tail.withLock { $0.phase = .failed(error) }
            notify { $0.journalDidFail(error) }
            return .failure(error)
        }
    }

    private func accept(upTo seq: Int64, _ nanoseconds: Int64) {
        tail.withLock { $0.commit(seq) }
        notify { $0.journalDidCommit(upTo: seq, syncNanoseconds: nanoseconds) }
    }

    private func reject(after durable: Int64, _ error: SystemError) {
        let end = writer.withLock { ($0.segment, $0.size) }
        tail.withLock { $0.phase = .rejecting(error) }
        // The numbers are given again only when everyone has forgotten them.
        notify { $0.journalDidReject(after: durable, error) }
        tail.withLock { tail in
            tail.rollBack(segment: end.0, size: end.1)
            tail.phase = .open
        }
    }

    private func notify(_ body: (any JournalObserver) -> Void) {
        if let observer = observer.withLock({ $0 }) { body(observer) }
    }

    /// Waits until all that was appended before has become durable, or will not. Not to be called by an observer.
    func flush() {
        _ = tail.withLock { $0.requestCommit() }
        queue.perform { _ = commit() }
    }

    // MARK: Segments

    /// The first sequence numbers of all segments that have something durable in them, in order.
    var segments: [Int64] { tail.withLock { tail in tail.segments.filter { $0 <= tail.durable } } }

    /// Drops the segments before the one that begins with `first`. The caller sees to it that nobody misses them.
    func dropSegments(before first: Int64) throws(SystemError) {
        try PruneMark.write(first, disk)
        try synchronizeDirectory()
        tail.withLock { $0.dropSegments { $0 < first } }
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
        tail.withLock { $0.dropSegments { dropped.contains($0) } }
        for segment in try JournalExtent(disk).leftovers { try disk.unlink(SegmentName.name(firstSeq: segment)) }
        try synchronizeDirectory()
    }

    /// Syncs the directory while no segment is being made. When that fails, only one of those who do it may be told, and it
    /// must not be another than the one whose segment's name was lost.
    func synchronizeDirectory() throws(SystemError) {
        try writer.withLock { _ throws(SystemError) in
            isSynchronizingDirectory.store(true, ordering: .relaxed)
            defer { isSynchronizingDirectory.store(false, ordering: .relaxed) }
            try disk.synchronizeDirectory()
        }
    }

    // MARK: Reading back

    /// The first sequence number of the segment in which a record stands.
    func segment(of seq: Int64) -> Int64 { tail.withLock { tail in tail.segments.last { $0 <= seq } ?? 1 } }

    /// Reads one record.
    public func read(_ position: JournalPosition) throws(JournalFault) -> Entry {
        let name = SegmentName.name(firstSeq: segment(of: position.seq))
        let line = try line(in: name, at: position.offset)
        do throws(LineFault) {
            let entry = try Entry(line: line.span)
            guard entry.seq == position.seq else { throw .sequence(expected: position.seq, found: entry.seq) }
            return entry
        } catch {
            throw .unreadable(segment: name, offset: position.offset, fault: error)
        }
    }

    private func line(in name: String, at offset: Int64) throws(JournalFault) -> [UInt8] {
        do throws(SystemError) {
            let file = try disk.open(name, .read)
            defer { disk.close(file) }
            var reader = SegmentReader(disk, file, from: offset, step: 8 << 10)
            guard case .line = try reader.next() else { return [] }
            return Array(reader.line)
        } catch { throw .system(error) }
    }
}

extension Journal.Options {
    fileprivate func check(_ opened: Record.Opened) throws(JournalFault) {
        do throws(OtherAccount) {
            try LedgerAccount(api: opened.api, client: opened.client).refuse(other: .init(api: api, client: client))
        } catch { throw .otherAccount(error) }
    }
}
