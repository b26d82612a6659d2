import Synchronization

@testable import JournalStore
@testable import Ledger
@testable import Payments

/// The ledger's state taken apart, without what a start need not bring back: schedules, and when the API last answered.
struct LedgerPicture: Hashable {
    struct Word: Hashable {
        var seq: Int64
        var content: [UInt64]
    }

    struct Report: Hashable {
        var seq: Int64
        var content: [UInt64]
    }

    private(set) var counts: LedgerCounts
    private(set) var words: [PaymentID: Word] = [:]
    private(set) var waiting: [PaymentID: [Report]] = [:]
    private(set) var aside: [PaymentID: [Report]] = [:]
    /// The records that wait for each endpoint.
    private(set) var deliveries: [String: Set<Int64>] = [:]
    /// Where the state has the reports and the changes that wait: a compaction has them stand elsewhere.
    private var places: Places

    private struct Places: Hashable {
        var reports: [JournalPosition] = []
        var changes: [JournalPosition] = []

        static func == (_: Places, _: Places) -> Bool { true }
        func hash(into hasher: inout Hasher) {}
    }

    init(_ ledger: FileLedger) {
        let (counts, snapshot, queues) = ledger.state.withLock { ($0.counts, $0.snapshot.words, $0.deliveries.queues) }
        self.counts = counts
        places = Places()
        for queue in queues {
            queue.forEachWaiting {
                deliveries[queue.name, default: []].insert($1.seq)
                places.changes.append($1)
            }
        }
        // The totals, which `counts` has too, come first, and what is of no matter here.
        var words = snapshot[12...]
        for _ in 0..<words.removeFirst() {
            let id = PaymentID(words.removeFirst())
            self.words[id] = Word(
                seq: Int64(words.removeFirst()), content: Self.content(&words))
        }
        // No payment here has so much to say.
        precondition(words.removeFirst() == 0)
        waiting = Self.reports(&words, &places.reports)
        aside = Self.reports(&words, &places.reports)
    }

    private static func content(_ words: inout ArraySlice<UInt64>) -> [UInt64] {
        (0..<5).map { _ in words.removeFirst() }
    }

    /// Requires that what waits can be read, wherever it stands by now.
    func readBack(_ ledger: FileLedger) throws {
        for entry in ledger.journal.entries(at: places.reports, of: "received") { _ = try entry.get() }
        for entry in ledger.journal.entries(at: places.changes, of: "confirmed") { _ = try entry.get() }
    }

    private static func reports(
        _ words: inout ArraySlice<UInt64>, _ places: inout [JournalPosition]
    ) -> [PaymentID: [Report]] {
        var reports: [PaymentID: [Report]] = [:]
        for _ in 0..<words.removeFirst() {
            let (id, seq) = (PaymentID(words.removeFirst()), Int64(words.removeFirst()))
            places.append(JournalPosition(seq: seq, offset: Int64(words.removeFirst())))
            reports[id, default: []].append(Report(seq: seq, content: content(&words)))
        }
        return reports
    }

    /// Without what records tell that may have been pruned, and only a checkpoint still knows.
    var withoutTotals: LedgerPicture {
        var picture = self
        (picture.counts.received, picture.counts.confirmed) = (0, 0)
        (picture.counts.refuted, picture.counts.abandoned) = (0, 0)
        (picture.counts.delivered, picture.counts.undeliverable) = (0, 0)
        return picture
    }

    /// Whether it is what the records come to; of a whole journal the totals too.
    func agrees(with model: LedgerModel, isWhole: Bool) -> Bool {
        words.mapValues(\.seq) == model.words.mapValues(\.seq)
            && waiting.mapValues { $0.map(\.seq) } == model.waiting
            && aside.mapValues { $0.map(\.seq) } == model.aside && deliveries == model.deliveries
            && counts.pending == model.waiting.count && counts.known == model.words.count
            && (!isWhole
                || counts.received == model.counts.received && counts.confirmed == model.counts.confirmed
                    && counts.refuted == model.counts.refuted && counts.abandoned == model.counts.abandoned
                    && counts.delivered == model.counts.delivered
                    && counts.undeliverable == model.counts.undeliverable)
    }
}
