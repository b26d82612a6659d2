import JournalFormat
public import Payments
import Synchronization

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation, which the protocol has.
extension SharedLedger: KeptLedger {
    public var journalID: String { core.withLock { $0.journal } }

    public var unavailability: String? { inbox.withLock { $0.refusal } }

    public var failure: String? { core.withLock { $0.failure } }

    public var room: LedgerRoom? { nil }

    public var listedElsewhereAt: Int64? { core.withLock { $0.times.listed } }

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

    /// What the server's clock says, in nanoseconds since 1970.
    public var serverTime: Int64 {
        let now = now().nanoseconds
        return core.withLock { now + $0.offset }
    }

    // MARK: Records

    public var durable: Int64 { shown.load(ordering: .acquiring) }

    public func reader(after seq: Int64) -> any RecordReader { SharedReader(database.records, after: seq) }

    public func reader(since time: Int64, atMost segments: Int) -> any RecordReader {
        SharedReader(database.records, since: time)
    }
}
