package import JournalFormat
import JournalStore
package import Ledger

/// Looks at everything that a database holds of a ledger, and lists all that is wrong. Pure: it is shown the records in order.
package struct SharedAudit: Sendable {
    /// The most problems that are listed; they are counted beyond.
    package static let listedProblems = 1000

    /// What the ledger says of itself.
    package struct Claims: Sendable {
        /// The last record.
        package var seq: Int64
        /// How many bytes all lines have, their newlines included.
        package var bytes: Int64
        /// How many `opened` records there are.
        package var segments: Int64
        /// Numbers that are gone on purpose.
        package var gaps: [ClosedRange<Int64>]
        /// The newest checkpoint.
        package var checkpoint: StoredCheckpoint?

        package init(
            seq: Int64, bytes: Int64, segments: Int64, gaps: [ClosedRange<Int64>], checkpoint: StoredCheckpoint?
        ) {
            self.seq = seq
            self.bytes = bytes
            self.segments = segments
            self.gaps = gaps
            self.checkpoint = checkpoint
        }
    }

    /// Good records.
    package private(set) var records = 0
    /// How many of them are of each kind that this version does not know and may pass over.
    package private(set) var passedOver: [String: Int] = [:]
    /// All bytes of all lines, their newlines included.
    package private(set) var bytes: Int64 = 0
    /// How many `opened` records there are.
    package private(set) var segments: Int64 = 0
    /// The first of what is wrong, in order.
    package private(set) var problems: [String] = []
    /// How much is wrong.
    package private(set) var problemCount = 0
    /// How much of that is no damage, but a later version's, and the first of it.
    package private(set) var laterCount = 0
    package private(set) var laterVersion: LaterVersion?

    /// What the ledger says of itself.
    package let claims: Claims
    private let gone: DroppedRanges
    private var next: Int64 = 1
    private var state: LedgerState
    /// What the newest `opened` record names.
    private var version: String?
    /// What follows is of a format that this version cannot judge.
    private var isOfLaterFormat = false

    /// Begins before the first record.
    package init(_ claims: Claims) {
        self.claims = claims
        gone = DroppedRanges(claims.gaps)
        state = LedgerState(
            limits: .init(maxPending: .max, confirmRate: 1, confirmWindow: .zero), seed: 0, now: Instant(nanoseconds: 0)
        )
        checkCheckpoint()
    }

    /// Looks at the next record.
    package mutating func add(_ row: RecordRow) {
        if isOfLaterFormat { return }
        pass(to: row.seq)
        next = row.seq + 1
        bytes += Int64(row.line.count) + 1
        do throws(LineFault) {
            let entry = try Entry(line: row.line.span)
            guard entry.seq == row.seq else { throw .sequence(expected: row.seq, found: entry.seq) }
            if case .opened(let opened) = entry.record {
                segments += 1
                version = opened.version
            }
            if let column = row.firstDifference(from: entry) {
                note("record \(row.seq): the column \(column) does not say what the line says")
            }
            try state.replay(StoredRecord(seq: row.seq, line: row.line))
            records += 1
            if case .passedOver(let kind, _) = entry.record { passedOver[kind, default: 0] += 1 }
        } catch {
            let fault = error.named { version }
            if case .laterVersion(let later) = fault {
                laterCount += 1
                laterVersion = laterVersion ?? later
                isOfLaterFormat = later.isFormat
            }
            note("record \(row.seq): \(fault)")
        }
    }

    /// Looks at what the ledger says of all of them.
    package mutating func end() {
        if isOfLaterFormat { return }
        pass(to: claims.seq + 1)
        if bytes != claims.bytes { note("the checkpoint counts \(claims.bytes) bytes, and the lines have \(bytes)") }
        if segments != claims.segments {
            note("the checkpoint counts \(claims.segments) segments, and \(segments) records begin one")
        }
    }

    /// What stands before a record must be gone on purpose.
    private mutating func pass(to seq: Int64) {
        let wanted = gone.next(from: next)
        if seq < next {
            note("record \(seq) stands behind record \(next - 1)")
        } else if wanted < seq {
            note(
                wanted == seq - 1
                    ? "record \(wanted) is missing" : "records \(wanted) to \(seq - 1) are missing, or some of them")
        }
    }

    /// A checkpoint that cannot be used costs the next takeover time, and nothing else.
    private mutating func checkCheckpoint() {
        guard let stored = claims.checkpoint else { return }
        if stored.seq > claims.seq {
            note("the checkpoint is as of record \(stored.seq), and the last is \(claims.seq)")
        }
        var restored = state
        guard let checkpoint = Checkpoint(decoding: stored.state), checkpoint.seq == stored.seq,
            restored.restore(checkpoint.snapshot, asOf: checkpoint.seq)
        else { return note("the checkpoint as of record \(stored.seq) cannot be read") }
    }

    private mutating func note(_ problem: String) {
        problemCount += 1
        if problems.count < Self.listedProblems { problems.append(problem) }
    }
}

extension RecordRow {
    /// The first column that does not say what its line says.
    fileprivate func firstDifference(from entry: Entry) -> String? {
        guard let right = try? RecordRow(line: line) else { return "line" }
        if kind != right.kind { return "kind" }
        if payment != right.payment { return "payment" }
        if isChange != right.isChange { return "news" }
        // Records are dated by microseconds, and the column may know more.
        return time / 1000 == right.time / 1000 ? nil : "time"
    }
}

extension LedgerState {
    /// Applies a record as it is stored, as a start does. Throws when its line is none.
    package mutating func replay(_ record: StoredRecord) throws(LineFault) {
        let line = record.line.span
        let entry = try EntryView(RecordLine(checking: line), line)
        replay(entry, line, offset: 0)
    }
}
