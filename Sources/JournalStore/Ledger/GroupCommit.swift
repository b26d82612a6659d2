import Dispatch
package import JournalFormat
package import Ledger
import POSIX
import Synchronization

/// Group commit: records are appended by anyone, and written and made durable together on one queue.
///
/// However many records wait, they become durable by one write and one sync, or one transaction; while that runs, the next ones
/// wait for the one after. Whoever defers the commit of many writes them himself as long as the storage is quick: two changes
/// of thread for each batch would cost more than the wait.
package final class GroupCommit: Sendable {
    /// Where batches are written, one after the other.
    package let queue: any SerialQueue
    private let clock: @Sendable () -> Int64
    private let realtime: @Sendable () -> Int64
    let tail: Mutex<JournalTail>
    private let writer: Mutex<any BatchWriter>
    private let observer: Mutex<(any JournalObserver)?>
    /// When the write that is under way began, on the monotonic clock; 0 when there is none.
    private let writingSince = Atomic<Int64>(0)
    /// Whoever deferred a commit is waiting for the write that is under way.
    private let isCallerWaiting = Atomic(false)
    /// The writer is held for something else than a write.
    private let isWriterHeld = Atomic(false)
    /// How long the last one took, in nanoseconds.
    private let lastWrite = Atomic<Int64>(0)

    /// So long may whoever serves others wait for the storage, in nanoseconds. One that takes longer is waited for once.
    static let quick: Int64 = 2_000_000

    init(_ tail: JournalTail, _ writer: any BatchWriter, in environment: JournalEnvironment) {
        queue = environment.queue("ecryptopayd.journal", .userInitiated)
        clock = environment.monotonic
        realtime = environment.realtime
        self.tail = Mutex(tail)
        self.writer = Mutex(writer)
        observer = Mutex(nil)
    }

    /// Behind record `last` of a storage without files: a segment begins.
    package convenience init(
        behind last: Int64, segmentBytes: Int64, opened: Record.Opened, _ writer: any BatchWriter,
        in environment: JournalEnvironment
    ) {
        self.init(
            JournalTail(
                nextSeq: last + 1, segments: [], end: DurableEnd(), segmentBytes: segmentBytes, opened: opened,
                keepsHeads: true), writer,
            in: environment)
    }

    /// Appends `opened` and makes it durable, before anyone else writes. Returns what went wrong.
    package func markStart(time: Int64) -> BatchResult? {
        let seq = tail.withLock { tail in
            let seq = tail.markStart(time: time).seq
            _ = tail.requestCommit()
            return seq
        }
        let failure = queue.perform { commit() }
        guard let failure, durable < seq else { return nil }
        closeWriter()
        return failure
    }

    func closeWriter() { writer.withLock { $0.close() } }

    /// Who hears of commits. To be set before the first ``append(_:time:)``.
    package func setObserver(_ observer: (any JournalObserver)?) {
        self.observer.withLock { $0 = observer }
    }

    /// The first invariant that does not hold; nil when all do.
    package func checkInvariants() -> String? { tail.withLock { $0.checkInvariants() } }

    /// From which record on the ids of deliveries carry the record's checksum.
    package var checksumIDs: Int64? { tail.withLock { $0.opened.checksumIDs } }

    /// The last restore; nil where this is the journal that it always was.
    package var restore: Record.Restore? { tail.withLock { $0.opened.restore } }

    /// Every record up to this is durable.
    package var durable: Int64 { tail.withLock { $0.durable } }

    /// Whether records are taken, unless a write has just failed.
    package var isOpen: Bool {
        tail.withLock { tail in
            switch tail.phase {
            case .open, .rejecting: !tail.isClosed
            case .failed, .moved, .ended: false
            }
        }
    }

    /// What ended the journal, if its disk did.
    package var failure: JournalUnavailable? {
        tail.withLock { tail in
            switch tail.phase {
            case .failed(let error): .failed(error)
            case .moved(let displacement): .moved(displacement)
            case .open, .rejecting, .ended: nil
            }
        }
    }

    /// What became of the last writes, where they failed.
    package var failures: WriteFailures { tail.withLock { $0.failures } }

    /// Whether nothing waits, or what waits has been on its way to the disk for less than `limit`.
    package func makesProgress(within limit: Duration) -> Bool {
        let since = writingSince.load(ordering: .relaxed)
        return since == 0 || .nanoseconds(clock() - since) < limit
    }

    /// Whether someone is in ``commitDeferred()`` and waits there for the disk.
    package var holdsCaller: Bool { isCallerWaiting.load(ordering: .relaxed) }

    /// Takes a record; it is durable when the observer hears of its number. With `defersCommit` that may be only after the next
    /// ``commitDeferred()``.
    package func append(
        _ record: Record, time: Int64, defersCommit: Bool = false
    ) throws(JournalUnavailable) -> JournalPosition {
        let (position, mustCommit) = try tail.withLock { tail throws(JournalUnavailable) in
            let position = try tail.append(record, time: time)
            return (position, defersCommit ? false : tail.requestCommit())
        }
        if mustCommit { queue.enqueue { self.commit() } }
        return position
    }

    /// Takes a report whose members were encoded before; it is gathered.
    package func append(_ members: ReceivedMembers, time: Int64) throws(JournalUnavailable) -> JournalPosition {
        try tail.withLock { tail throws(JournalUnavailable) in try tail.append(members, time: time) }
    }

    /// Appends `opened` if the last write was rejected and nothing else waits that would tell whether the next one is; see
    /// ``flush()``.
    func retry(time: Int64) -> JournalPosition? { tail.withLock { $0.markRetry(time: time) } }

    /// Has what was appended with `defersCommit` written and synced: before this returns if the disk was quick the last time and
    /// nothing else is being written, soon if not. Not to be called by an observer.
    func commitDeferred() {
        guard tail.withLock({ $0.requestCommit() }) else { return }
        guard lastWrite.load(ordering: .relaxed) < Self.quick, !isWriterHeld.load(ordering: .relaxed) else {
            return queue.enqueue { self.commit() }
        }
        isCallerWaiting.store(true, ordering: .relaxed)
        defer { isCallerWaiting.store(false, ordering: .relaxed) }
        queue.perform {
            _ = commitBatch()
            // What others asked for meanwhile is not the caller's to wait for.
            if tail.withLock({ $0.mustGoOn() }) { queue.enqueue { self.commit() } }
        }
    }

    /// Takes records together: they are one batch, unless they come while another is written.
    /// Returns where they stand, and why the rest were not taken.
    func append(_ records: [Record], time: Int64) -> ([JournalPosition], JournalUnavailable?) {
        // Nothing to write is no reason to write what others have deferred.
        if records.isEmpty { return ([], nil) }
        var positions: [JournalPosition] = []
        var failure: JournalUnavailable?
        let mustCommit = tail.withLock { tail in
            do throws(JournalUnavailable) {
                for record in records { positions.append(try tail.append(record, time: time)) }
            } catch { failure = error }
            return tail.requestCommit()
        }
        if mustCommit { queue.enqueue { self.commit() } }
        return (positions, failure)
    }

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
    package func close(time: Int64) {
        queue.perform {
            let isFirst = tail.withLock { tail in
                guard tail.close(time: time) else { return false }
                _ = tail.requestCommit()
                return true
            }
            guard isFirst else { return }
            // What was appended before may be ahead of the block that would write it: all of it is written here.
            commit()
            // A stop must not pass for clean when what was written has gone meanwhile.
            checkPlaceOnQueue()
            closeWriter()
        }
    }

    // MARK: Commit

    /// Writes batch after batch until nothing waits that anybody asked for; returns what went wrong with the last one.
    @discardableResult
    private func commit() -> BatchResult? {
        var failure: BatchResult?
        while let result = commitBatch() {
            failure = if case .durable = result { nil } else { result }
        }
        return failure
    }

    /// Writes what waits, if anybody asked for it, and tells the observer what became of it; nil if there was nothing.
    private func commitBatch() -> BatchResult? {
        let start = clock()
        // Before the writer is asked for, which a sync of the directory may hold: that is a wait for the disk, too.
        writingSince.store(start, ordering: .relaxed)
        let written: (result: BatchResult, lastSeq: Int64)? = writer.withLock { writer in
            guard tail.withLock({ $0.takeBatch(&writer.batch) }) else { return nil }
            return (writer.writeBatch(), writer.batch.lastSeq)
        }
        writingSince.store(0, ordering: .relaxed)
        guard let written else { return nil }
        let duration = clock() - start
        lastWrite.store(duration, ordering: .relaxed)
        switch written.result {
        case .durable:
            tail.withLock { $0.failures.end() }
            accept(upTo: written.lastSeq, duration)
        case .rejected(let durable, let error):
            // What a rotation within the batch had synced stays, and those who wait for it hear so first.
            if durable > self.durable { accept(upTo: durable, duration) }
            reject(after: durable, error)
        case .failed(let error):
            tail.withLock { tail in
                tail.failures.add(error, at: realtime())
                tail.phase = .failed(error)
            }
            notify { $0.journalDidFail(error) }
        case .moved(let displacement): end(displacement)
        case .ended(let reason): end(reason)
        }
        return written.result
    }

    /// Nothing more is written. On the queue only.
    package func end(_ reason: String) {
        tail.withLock { $0.phase = .ended(reason) }
        notify { $0.journalDidEnd(reason) }
    }

    private func end(_ displacement: Displacement) {
        tail.withLock { $0.phase = .moved(displacement) }
        notify { $0.journalDidEnd(displacement.description) }
    }

    /// Looks whether what is written to still is what its path says: also while nothing is written.
    func checkPlace() {
        queue.perform { if isOpen { checkPlaceOnQueue() } }
    }

    private func checkPlaceOnQueue() {
        guard failure == nil, let displacement = writer.withLock({ $0.checkPlace() }) else { return }
        end(displacement)
    }

    private func accept(upTo seq: Int64, _ nanoseconds: Int64) {
        tail.withLock { $0.commit(seq) }
        notify { $0.journalDidCommit(upTo: seq, syncNanoseconds: nanoseconds) }
    }

    private func reject(after durable: Int64, _ error: SystemError) {
        let end = writer.withLock { $0.end }
        tail.withLock { tail in
            tail.failures.add(error, at: realtime())
            tail.phase = .rejecting(error)
        }
        // The numbers are given again only when everyone has forgotten them.
        notify { $0.journalDidReject(after: durable, error) }
        tail.withLock { tail in
            tail.rollBack(to: end)
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

    /// Does something while nothing is written.
    func whileNotWriting(_ body: () throws(SystemError) -> Void) throws(SystemError) {
        try writer.withLock { _ throws(SystemError) in
            isWriterHeld.store(true, ordering: .relaxed)
            defer { isWriterHeld.store(false, ordering: .relaxed) }
            try body()
        }
    }

    /// Writes what was appended before, for whoever is on the queue.
    package func commitOnQueue() {
        _ = tail.withLock { $0.requestCommit() }
        _ = commit()
    }
}
