public import JournalFormat
public import Payments
import Synchronization

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation, which the protocol has.
extension SharedLedger: KeptLedger {
    public var journalID: String { core.withLock { $0.journal } }

    public var unavailability: String? { inbox.withLock { $0.refusal } }

    public var failure: String? { core.withLock { $0.failure } }

    public var room: LedgerRoom? { nil }

    public func makesProgress(within limit: Duration) -> Bool {
        let began = stepBegan.load(ordering: .relaxed)
        return began == 0 || surroundings.monotonic() - began < limit.nanoseconds
    }

    public func survey(waiting limit: Int) async -> LedgerSurvey {
        let (state, segments, bytes, times) = core.withLock { core in
            (core.state.surveyed(limit), core.segments, core.bytes, core.times)
        }
        let seqs = state.waiting.map(\.seq) + [state.undelivered?.oldest].compactMap { $0 }
        // What cannot be read counts for nothing: a figure is no reason to fail.
        let records = seqs.isEmpty ? [] : (try? await database.records.records(seqs)) ?? []
        let written = Dictionary(
            records.compactMap { record in (try? Entry(line: record.line.span)).map { (record.seq, $0.time) } }
        ) { $1 }
        return LedgerSurvey(
            counts: state.counts, setAside: state.setAside,
            waiting: state.waiting.map { .init(payment: $0, since: written[$0.seq]) }, endpoints: state.endpoints,
            undelivered: state.undelivered, undeliveredSince: state.undelivered.flatMap { written[$0.oldest] },
            segments: Int(segments), bytes: bytes, lastReceivedAt: times.received, lastConfirmedAt: times.confirmed)
    }

    // MARK: Records

    public var durable: Int64 { shown.load(ordering: .acquiring) }

    public func reader(after seq: Int64) -> any RecordReader { SharedReader(database.records, after: seq) }

    public func reader(since time: Int64, atMost segments: Int) -> any RecordReader {
        let first = (try? database.records.first(since: time)) ?? nil
        return reader(after: first.map { $0 - 1 } ?? durable)
    }
}

/// Reads the records of a shared ledger in order.
public struct SharedReader: RecordReader {
    private let source: any RecordSource
    /// The number of the record to be shown next.
    public private(set) var next: Int64

    /// Begins behind a record.
    public init(_ source: any RecordSource, after seq: Int64) {
        self.source = source
        next = seq + 1
    }

    /// Shows what has become durable since the last call; throws ``DatabaseFault`` when the database does not answer, and
    /// `LineFault` for what is no record.
    public mutating func read(
        atMost bytes: Int, upTo durable: Int64, _ body: (ArraySlice<UInt8>, Entry) -> Void,
        pruned: (ClosedRange<Int64>) -> Void
    ) throws -> String? {
        guard next <= durable else { return nil }
        let page = try source.page(after: next - 1, upTo: durable, atMost: bytes)
        for record in page {
            let entry = try Entry(line: record.line.span)
            if record.seq > next { pruned(next...record.seq - 1) }
            next = record.seq + 1
            body(record.line[...], entry)
        }
        // All that there was is gone: only the newest records can be missing so, before the first is written behind them.
        if page.isEmpty {
            pruned(next...durable)
            next = durable + 1
        }
        return nil
    }
}
