package import JournalFormat
import JournalStore
import Ledger
import Synchronization

/// Writes batches of records into the database, with the removal of the reports that they were made of.
struct SharedWriter: BatchWriter {
    private let epoch: Epoch
    private let source: TakenReports
    /// Numbers that go with the next batch, since nobody gets them.
    private var gap: ClosedRange<Int64>?
    let end = DurableEnd()
    var batch = RecordBatch()

    init(_ epoch: Epoch, _ source: TakenReports, passingOver gap: ClosedRange<Int64>?) {
        self.epoch = epoch
        self.source = source
        self.gap = gap
    }

    mutating func writeBatch() -> BatchResult {
        var rows = LedgerBatch()
        rows.records = RecordRow.rows(batch)
        rows.taken = source.take()
        rows.gap = gap
        guard epoch.write(rows) else { return .ended(epoch.reason) }
        gap = nil
        source.written(rows)
        return .durable
    }

    func close() {}
}

/// The reports that have been taken over into the ledger and are still in the inbox, and how large the ledger is.
final class TakenReports: Sendable {
    private struct State {
        var ranges: [InboxRange] = []
        var size: LedgerSize
    }

    private let state: Mutex<State>

    /// Of a ledger of that size.
    init(_ size: LedgerSize) { state = Mutex(State(size: size)) }

    /// These go with the next batch.
    func add(_ ranges: [InboxRange]) { state.withLock { $0.ranges += ranges } }

    func take() -> [InboxRange] {
        state.withLock { state in
            defer { state.ranges = [] }
            return state.ranges
        }
    }

    func written(_ batch: LedgerBatch) {
        state.withLock { state in
            for record in batch.records {
                state.size.bytes += Int64(record.line.count) + 1
                if record.kind == "opened" { state.size.segments += 1 }
            }
        }
    }

    func dropped(_ report: PruneReport) {
        state.withLock { state in
            state.size.bytes -= report.bytes
            state.size.segments -= Int64(report.segments.count)
        }
    }

    var size: LedgerSize { state.withLock { $0.size } }
}

/// How large a ledger is.
struct LedgerSize: Hashable, Sendable {
    var bytes: Int64 = 0
    var segments: Int64 = 0
}

extension RecordRow {
    /// The rows of a batch.
    static func rows(_ batch: RecordBatch) -> [RecordRow] {
        var start = 0
        var seq = batch.lastSeq - Int64(batch.heads.count)
        return batch.heads.map { head in
            defer { start += head.length }
            seq += 1
            return RecordRow(
                seq: seq, kind: head.kind, payment: head.payment, isChange: head.isChange, time: head.time,
                line: Array(batch.bytes[start..<start + head.length - 1]))
        }
    }

    /// The row of one line.
    package init(line: [UInt8]) throws(LineFault) {
        let span = line.span
        let view = try EntryView(RecordLine(checking: span), span)
        var (kind, payment, isChange): (String, Int64?, Bool)
        switch view.record {
        case .received(let received): (kind, payment, isChange) = ("received", received.payment, false)
        case .confirmed(let confirmed): (kind, payment, isChange) = ("confirmed", confirmed.payment, confirmed.news)
        case .known(let id, _): (kind, payment, isChange) = ("known", id, false)
        case .other(let record): (kind, payment, isChange) = (record.kind, record.payment, false)
        }
        self.init(seq: view.seq, kind: kind, payment: payment, isChange: isChange, time: view.time, line: line)
    }
}
