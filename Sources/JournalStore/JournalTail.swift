import JournalFormat
import POSIX

/// The end of the journal as it will be when everything that waits is written: numbers, places and bytes. Pure.
struct JournalTail: Sendable {
    /// Encoded records that wait to be written together.
    struct Batch: Sendable {
        /// Where, among the bytes, another segment begins, and its first record.
        struct Cut: Sendable {
            var position: Int
            var firstSeq: Int64
        }

        var bytes: [UInt8] = []
        var cuts: [Cut] = []
        var lastSeq: Int64 = 0

        var isEmpty: Bool { bytes.isEmpty }

        mutating func removeAll() {
            // A batch that was once large should not hold its memory for ever.
            bytes.removeAll(keepingCapacity: bytes.capacity <= 1 << 20)
            cuts.removeAll()
        }
    }

    enum Phase: Sendable {
        case open
        /// A write failed; until those who wait have been told, nothing is taken.
        case rejecting(SystemError)
        case failed(SystemError)
    }

    var phase = Phase.open
    /// Whether `closed` has been appended: what waits is still written, nothing more is taken.
    private(set) var isClosed = false
    /// Whether batches are being written.
    private(set) var isCommitting = false
    /// Whether the batch is to be written as soon as the one before is; else more is gathered first.
    private var isCommitRequested = false
    private(set) var nextSeq: Int64
    /// Every record up to this has been synced.
    private(set) var durable: Int64
    private(set) var segments: [Int64]
    private(set) var segmentSize: Int64
    private var batch = Batch()
    private let segmentBytes: Int64
    private var opened: Record.Opened
    /// The endpoints that the last durable record names, while a record with others is on its way to the disk.
    private var replacedEndpoints: (names: [String]?, by: Int64)?

    init(after outcome: Recovery.Outcome, segmentBytes: Int64, opened: Record.Opened) {
        nextSeq = outcome.nextSeq
        // Recovery has proven all that is there.
        durable = outcome.nextSeq - 1
        segments = outcome.segments
        segmentSize = outcome.tail?.size ?? 0
        self.segmentBytes = segmentBytes
        self.opened = opened
    }

    /// Encodes a record into the batch; answers its number and its offset in its segment.
    mutating func append(_ record: Record, time: Int64) throws(JournalUnavailable) -> JournalPosition {
        switch phase {
        case .failed(let error): throw .failed(error)
        case _ where isClosed: throw .closed
        case .rejecting(let error): throw .rejected(error)
        case .open: break
        }
        prepareSegment(time: time)
        let start = batch.bytes.count
        let position = encode(record, time: time)
        let length = batch.bytes.count - start
        guard length <= RecordCodec.maximumLineLength else {
            takeBack(position, length)
            throw .tooLong(bytes: length)
        }
        return position
    }

    /// Appends `opened` for a start of the program; a new segment begins with one anyway. Answers its number.
    mutating func markStart(time: Int64) -> Int64 {
        if !prepareSegment(time: time) { _ = encode(.opened(opened), time: time) }
        return batch.lastSeq
    }

    mutating func keep(endpoints: [String]) { opened.endpoints = endpoints }

    /// Appends an `opened` with other endpoints.
    mutating func configure(endpoints: [String], time: Int64) throws(JournalUnavailable) -> JournalPosition {
        let old = opened.endpoints
        opened.endpoints = endpoints
        do {
            let position = try append(.opened(opened), time: time)
            replacedEndpoints = (old, position.seq)
            return position
        } catch {
            opened.endpoints = old
            throw error
        }
    }

    /// Appends `closed` and takes nothing more; false when that has been done before.
    mutating func close(time: Int64) -> Bool {
        if isClosed { return false }
        // After a failure there is no clean end, and no record of one.
        _ = try? append(.closed, time: time)
        isClosed = true
        return true
    }

    /// Asks for what waits to be written; whether someone must begin to do so, until ``takeBatch(_:)`` gives nothing more or
    /// ``mustGoOn()`` says no.
    mutating func requestCommit() -> Bool {
        if batch.isEmpty { return false }
        isCommitRequested = true
        defer { isCommitting = true }
        return !isCommitting
    }

    /// Hands over the batch, if it is to be written, for an old one, whose memory the next batch uses; whether there is one.
    mutating func takeBatch(_ other: inout Batch) -> Bool {
        other.removeAll()
        if case .open = phase, isCommitRequested { swap(&other, &batch) }
        isCommitRequested = false
        isCommitting = !other.isEmpty
        return isCommitting
    }

    /// For whoever has written one batch and would rather not write another: whether someone else must.
    mutating func mustGoOn() -> Bool {
        isCommitting = isCommitRequested && !batch.isEmpty
        return isCommitting
    }

    /// Everything up to `seq` is synced.
    mutating func commit(_ seq: Int64) {
        durable = seq
        if let replaced = replacedEndpoints, replaced.by <= seq { replacedEndpoints = nil }
    }

    /// Forgets all that is not durable. The physical end is where `writer` says.
    mutating func rollBack(segment: Int64, size: Int64) {
        batch.removeAll()
        if let replaced = replacedEndpoints { opened.endpoints = replaced.names }
        replacedEndpoints = nil
        nextSeq = durable + 1
        segments.removeAll { $0 > segment }
        segmentSize = size
    }

    /// Forgets segments that are about to be removed.
    mutating func dropSegments(where isGoing: (Int64) -> Bool) {
        segments.removeAll(where: isGoing)
    }

    /// Sees to it that the next record stands behind an `opened`; answers whether it has just written one.
    @discardableResult
    private mutating func prepareSegment(time: Int64) -> Bool {
        if segments.isEmpty || segmentSize >= segmentBytes {
            batch.cuts.append(Batch.Cut(position: batch.bytes.count, firstSeq: nextSeq))
            segments.append(nextSeq)
            segmentSize = 0
        }
        // A segment may be there and empty: created, and then its first write failed.
        guard segmentSize == 0 else { return false }
        _ = encode(.opened(opened), time: time)
        return true
    }

    private mutating func encode(_ record: Record, time: Int64) -> JournalPosition {
        let position = JournalPosition(seq: nextSeq, offset: segmentSize)
        let before = batch.bytes.count
        RecordCodec.append(record, seq: nextSeq, durable: durable, time: time, to: &batch.bytes)
        segmentSize += Int64(batch.bytes.count - before)
        batch.lastSeq = nextSeq
        nextSeq += 1
        return position
    }

    /// Undoes the last ``encode(_:time:)``.
    private mutating func takeBack(_ position: JournalPosition, _ length: Int) {
        batch.bytes.removeLast(length)
        batch.lastSeq = position.seq - 1
        nextSeq = position.seq
        segmentSize = position.offset
    }
}

/// Where a record stands.
public struct JournalPosition: Hashable, Sendable {
    /// Its sequence number.
    public let seq: Int64
    /// The offset of its line, in bytes from the start of its segment.
    public let offset: Int64
}
