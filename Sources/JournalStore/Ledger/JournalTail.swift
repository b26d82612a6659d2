import JournalFormat
import Ledger
import POSIX

/// The end of the journal as it will be when everything that waits is written: numbers, places and bytes. Pure. What always holds:
/// ``checkInvariants()``.
struct JournalTail: Sendable {
    enum Phase: Sendable {
        case open
        /// A write failed; until those who wait have been told, nothing is taken.
        case rejecting(SystemError)
        case failed(SystemError)
        case moved(Displacement)
        case ended(String)
    }

    var phase = Phase.open
    /// What the last writes came to.
    var failures = WriteFailures()
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
    /// The checksum of the last segment, as it will be.
    private var checksum: CRC32C.Running
    private var batch = RecordBatch()
    private let segmentBytes: Int64
    /// Whether the next record begins a segment, however long the last one is.
    private var beginsSegment: Bool
    /// Whether the batch tells of each record what it is found by: where lines alone do not.
    private let keepsHeads: Bool
    private(set) var opened: Record.Opened
    /// The endpoints that the last durable record names, while a record with others is on its way to the disk.
    private var replacedEndpoints: (names: [String]?, by: Int64)?

    /// Behind the last durable record, which ends the last of these segments.
    init(
        nextSeq: Int64, beginsSegment: Bool = false, segments: [Int64], end: DurableEnd, segmentBytes: Int64,
        opened: Record.Opened, keepsHeads: Bool = false
    ) {
        self.beginsSegment = beginsSegment
        self.keepsHeads = keepsHeads
        self.nextSeq = nextSeq
        durable = nextSeq - 1
        self.segments = segments
        segmentSize = end.size
        checksum = end.checksum
        self.segmentBytes = segmentBytes
        self.opened = opened
        self.opened.chain = end.chain
    }

    /// The first invariant that does not hold; nil when all do.
    ///
    /// 1. Numbers grow by one: what is durable, what is being written and the batch stand before the next number, in that order.
    /// 2. Segments are in order, and the last one begins no later than the next number.
    /// 3. The segments that begin in the batch are the last ones, at places in its bytes that grow.
    /// 4. Where heads are kept, there is one for each line of the batch, and they are as long as its bytes.
    /// 5. What is to be committed is being committed, or there is nothing.
    func checkInvariants() -> String? {
        if durable >= nextSeq { return "record \(durable) is durable, and \(nextSeq) comes next" }
        if !batch.isEmpty, batch.lastSeq != nextSeq - 1 {
            return "the batch ends with \(batch.lastSeq), before \(nextSeq)"
        }
        if segments != segments.sorted() || Set(segments).count < segments.count || segments.last ?? 0 > nextSeq {
            return "segments are out of order: \(segments)"
        }
        if batch.segmentStarts.map(\.firstSeq) != Array(segments.suffix(batch.segmentStarts.count)) {
            return "the batch begins segments that are not the last ones"
        }
        let places = batch.segmentStarts.map(\.position)
        if places != places.sorted() || places.last ?? 0 > batch.bytes.count {
            return "segments begin out of order: \(places)"
        }
        let inBatch = batch.bytes.count - (places.last ?? 0)
        if segmentSize < inBatch || !places.isEmpty && segmentSize != inBatch {
            return "the segment has \(segmentSize) bytes, and \(inBatch) of them are in the batch"
        }
        if keepsHeads, batch.heads.reduce(0, { $0 + $1.length }) != batch.bytes.count { return "a line has no head" }
        if isCommitRequested, !isCommitting, !batch.isEmpty { return "a commit is asked for, and nobody commits" }
        return nil
    }

    /// Encodes a record into the batch; returns its number and its offset in its segment.
    mutating func append(_ record: Record, time: Int64) throws(JournalUnavailable) -> JournalPosition {
        try append(time: time) { $0.encode(record, time: time) }
    }

    /// The same of a report whose members were encoded before.
    mutating func append(_ members: ReceivedMembers, time: Int64) throws(JournalUnavailable) -> JournalPosition {
        try append(time: time) { $0.encode(members, time: time) }
    }

    private mutating func append(
        time: Int64, _ encode: (inout JournalTail) -> JournalPosition
    ) throws(JournalUnavailable) -> JournalPosition {
        switch phase {
        case .failed(let error): throw .failed(error)
        case .moved(let displacement): throw .moved(displacement)
        case .ended(let reason): throw .ended(reason)
        case _ where isClosed: throw .closed
        case .rejecting(let error): throw .rejected(error)
        case .open: break
        }
        prepareSegment(time: time)
        let (start, before) = (batch.bytes.count, checksum)
        let position = encode(&self)
        let length = batch.bytes.count - start
        guard length <= RecordCodec.maximumLineLength else {
            takeBack(position, length, before)
            throw .tooLong(bytes: length)
        }
        return position
    }

    /// Appends `opened` for a start of the program; a new segment begins with one anyway.
    mutating func markStart(time: Int64) -> JournalPosition {
        if prepareSegment(time: time) { return JournalPosition(seq: batch.lastSeq, offset: 0) }
        return encode(.opened(opened), time: time)
    }

    /// The same to find out whether the disk takes records again, when the last write was rejected and nothing else waits.
    mutating func markRetry(time: Int64) -> JournalPosition? {
        guard case .open = phase, !isClosed, failures.last != nil, batch.isEmpty else { return nil }
        return markStart(time: time)
    }

    /// Appends an `opened` with other endpoints.
    mutating func configure(endpoints: [String], time: Int64) throws(JournalUnavailable) -> JournalPosition {
        let old = opened.endpoints
        opened.endpoints = endpoints
        do {
            // A segment may begin before it, and then it stands behind another one.
            let position = try append(time: time) { $0.encode(.opened($0.opened), time: time) }
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
    mutating func takeBatch(_ other: inout RecordBatch) -> Bool {
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

    /// Forgets all that is not durable. The physical end is where the writer says.
    mutating func rollBack(to end: DurableEnd) {
        batch.removeAll()
        if let replaced = replacedEndpoints { opened.endpoints = replaced.names }
        replacedEndpoints = nil
        nextSeq = durable + 1
        segments.removeAll { $0 > end.segment }
        (segmentSize, checksum, opened.chain) = (end.size, end.checksum, end.chain)
    }

    /// Forgets segments that are about to be removed.
    mutating func dropSegments(where isGoing: (Int64) -> Bool) {
        segments.removeAll(where: isGoing)
    }

    /// Sees to it that the next record stands behind an `opened`; returns whether it has just written one.
    @discardableResult
    private mutating func prepareSegment(time: Int64) -> Bool {
        // One that is there and empty is the one that begins.
        let isEmpty = segmentSize == 0 && segments.last == nextSeq
        if segments.isEmpty || segmentSize >= segmentBytes || beginsSegment && !isEmpty {
            beginsSegment = false
            let chain = checksum.checksum
            batch.segmentStarts.append(
                RecordBatch.SegmentStart(position: batch.bytes.count, firstSeq: nextSeq, chain: chain))
            segments.append(nextSeq)
            (segmentSize, checksum) = (0, CRC32C.Running())
            // In a database segments are no files, and a copy of it may have others.
            opened.chain = keepsHeads ? nil : chain
        }
        // A segment may be there and empty: created, and then its first write failed.
        guard segmentSize == 0 else { return false }
        _ = encode(.opened(opened), time: time)
        return true
    }

    private mutating func encode(_ record: Record, time: Int64) -> JournalPosition {
        let start = batch.bytes.count
        RecordCodec.append(record, seq: nextSeq, durable: durable, time: time, to: &batch.bytes)
        if keepsHeads {
            var isChange = false
            if case .confirmed(let confirmed) = record { isChange = confirmed.news }
            batch.heads.append(
                RecordHead(
                    kind: record.kind, payment: record.payment, isChange: isChange, time: time,
                    length: batch.bytes.count - start))
        }
        return encoded(from: start)
    }

    private mutating func encode(_ members: ReceivedMembers, time: Int64) -> JournalPosition {
        let start = batch.bytes.count
        RecordCodec.append(members, seq: nextSeq, durable: durable, time: time, to: &batch.bytes)
        if keepsHeads {
            batch.heads.append(
                RecordHead(
                    kind: "received", payment: members.payment, isChange: false, time: time,
                    length: batch.bytes.count - start))
        }
        return encoded(from: start)
    }

    private mutating func encoded(from start: Int) -> JournalPosition {
        let position = JournalPosition(seq: nextSeq, offset: segmentSize)
        segmentSize += Int64(batch.bytes.count - start)
        var running = checksum
        running.update(batch.bytes.span.extracting(start...))
        checksum = running
        batch.checksum = running
        batch.lastSeq = nextSeq
        nextSeq += 1
        return position
    }

    /// Undoes the last ``encode(_:time:)``.
    private mutating func takeBack(_ position: JournalPosition, _ length: Int, _ checksum: CRC32C.Running) {
        batch.bytes.removeLast(length)
        self.checksum = checksum
        batch.checksum = checksum
        if keepsHeads { batch.heads.removeLast() }
        batch.lastSeq = position.seq - 1
        nextSeq = position.seq
        segmentSize = position.offset
    }
}
