public import JournalFormat
public import Payments

/// Looks at everything that a database holds of a ledger, and lists all that is wrong. Pure: it is shown the records in order.
public struct SharedAudit: Sendable {
    /// The most problems that are listed; they are counted beyond.
    public static let listedProblems = 1000

    /// What the ledger says of itself.
    public struct Claims: Sendable {
        /// The last record.
        public var seq: Int64
        /// How many bytes all lines have, their newlines included.
        public var bytes: Int64
        /// How many `opened` records there are.
        public var segments: Int64
        /// Numbers that are gone on purpose.
        public var gaps: [ClosedRange<Int64>]
        /// The folded state.
        public var folded: Loaded

        /// Sets all of them.
        public init(seq: Int64, bytes: Int64, segments: Int64, gaps: [ClosedRange<Int64>], folded: Loaded) {
            self.seq = seq
            self.bytes = bytes
            self.segments = segments
            self.gaps = gaps
            self.folded = folded
        }
    }

    /// Good records.
    public private(set) var records = 0
    /// All bytes of all lines, their newlines included.
    public private(set) var bytes: Int64 = 0
    /// How many `opened` records there are.
    public private(set) var segments: Int64 = 0
    /// The first of what is wrong, in order.
    public private(set) var problems: [String] = []
    /// How much is wrong.
    public private(set) var problemCount = 0

    /// What the ledger says of itself.
    public let claims: Claims
    private let gone: DroppedRanges
    private var next: Int64 = 1
    private var state: LedgerState

    /// Begins before the first record.
    public init(_ claims: Claims) {
        self.claims = claims
        gone = DroppedRanges(claims.gaps)
        state = LedgerState(
            limits: .init(maxPending: .max, confirmRate: 1, confirmWindow: .zero), seed: 0, now: Instant(nanoseconds: 0)
        )
        compareFolded()
    }

    /// Looks at the next record.
    public mutating func add(_ row: RecordRow) {
        pass(to: row.seq)
        next = row.seq + 1
        bytes += Int64(row.line.count) + 1
        do throws(LineFault) {
            let entry = try Entry(line: row.line.span)
            try entry.requireKnownFormat()
            guard entry.seq == row.seq else { throw .sequence(expected: row.seq, found: entry.seq) }
            if case .opened = entry.record { segments += 1 }
            if let column = row.firstDifference(from: entry) {
                note("record \(row.seq): the column \(column) does not say what the line says")
            }
            try state.replay(row.stored(by: 0))
            records += 1
        } catch {
            note("record \(row.seq): \(error)")
        }
        if row.seq == claims.folded.cut.seq { compareFolded() }
    }

    /// Looks at what the ledger says of all of them.
    public mutating func end() {
        pass(to: claims.seq + 1)
        if bytes != claims.bytes { note("the ledger's row counts \(claims.bytes) bytes, and the lines have \(bytes)") }
        if segments != claims.segments {
            note("the ledger's row counts \(claims.segments) segments, and \(segments) records begin one")
        }
        if claims.folded.cut.seq > claims.seq {
            note("the folded state is as of record \(claims.folded.cut.seq), and the last is \(claims.seq)")
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

    /// The folded state, against what the records up to it come to. What is only told in notes may differ: what was taken up again, and
    /// what goes out once more. The counts know of what is gone.
    private mutating func compareFolded() {
        let (folded, replayed) = (claims.folded.rows, state.rows)
        guard claims.folded.cut.seq == next - 1, claims.folded.cut.seq > 0 || !folded.known.isEmpty else { return }
        let seq = claims.folded.cut.seq
        if Set(folded.known) != Set(replayed.known) {
            note("what is folded as known, as of record \(seq), is not what the records say")
        }
        func waiting(_ rows: LedgerRows) -> Set<[Int64]> {
            Set(rows.waiting.map { [$0.payment, $0.seq, $0.fingerprint] })
        }
        if waiting(folded) != waiting(replayed) {
            note("what is folded as waiting, as of record \(seq), is not what the records say")
        }
        // A record that was pruned may have named an endpoint first; and one that is gone may have had something left.
        let endpoints = Dictionary(folded.endpoints.map { ($0.name, $0) }) { first, _ in first }
        let agree = replayed.endpoints.allSatisfy { replayed in
            endpoints[replayed.name].map {
                $0.isConfigured == replayed.isConfigured && $0.since <= replayed.since
            } ?? false
        }
        let configured = { (rows: LedgerRows) in rows.endpoints.count { $0.isConfigured } }
        if !agree || configured(folded) != configured(replayed) {
            note("the folded endpoints, as of record \(seq), are not what the records say")
        }
        if !Set(folded.deliveries).isSuperset(of: replayed.deliveries) {
            note("what is folded as not delivered, as of record \(seq), lacks something")
        }
    }

    private mutating func note(_ problem: String) {
        problemCount += 1
        if problems.count < Self.listedProblems { problems.append(problem) }
    }
}

extension RecordRow {
    /// The same as somebody who follows is shown it.
    public func stored(by node: Int64) -> StoredRecord { StoredRecord(seq: seq, node: node, order: order, line: line) }

    /// A record's row, as its line has it. `order` is the place of the call that it comes from.
    public init(_ entry: Entry, line: [UInt8], order: Int64) {
        var isNews = false
        if case .confirmed(let confirmed) = entry.record { isNews = confirmed.news }
        self.init(
            seq: entry.seq, kind: entry.record.kind, payment: entry.record.payment, isNews: isNews, order: order,
            time: entry.time, line: line)
    }

    /// The first column that does not say what its line says.
    fileprivate func firstDifference(from entry: Entry) -> String? {
        let right = RecordRow(entry, line: line, order: order)
        if kind != right.kind { return "kind" }
        if payment != right.payment { return "payment" }
        if isNews != right.isNews { return "news" }
        // Records are dated by microseconds, and the column may know more.
        return time / 1000 == right.time / 1000 ? nil : "time"
    }
}

extension LedgerState {
    /// Applies a record as it is stored, as a start does. Throws when its line is none.
    public mutating func replay(_ record: StoredRecord) throws(LineFault) {
        let line = record.line.span
        let entry = try EntryView(RecordLine(checking: line), line)
        replay(entry, line, offset: 0, order: Instant(nanoseconds: record.order))
    }
}
