import JournalFormat
import Ledger

/// The last day in figures, and what came last.
struct ActivityPicture: Sendable {
    /// What became of a payment last.
    enum Verdict: Hashable, Sendable {
        case waits
        case confirmed
        case found
        case refuted(String)
        case setAside
    }

    /// A payment that something came about.
    struct Row: Sendable {
        let payment: Int64
        /// When that was, in nanoseconds since 1970.
        var time: Int64
        /// The record of the report that waits.
        var report: Int64?
        /// The report's JSON, or the API's once it is confirmed.
        var json: [UInt8]
        var verdict: Verdict
        /// What the API said before that report came: it stays true when the report is refuted.
        var truth: [UInt8]?
        /// The record that told something new last, which is what is delivered.
        var news: Int64?
        /// How many endpoints have that, and how many will not.
        var delivered = 0
        var undeliverable = 0
    }

    /// A report that the API has contradicted.
    struct Refutation: Sendable {
        let payment: Int64
        let time: Int64
        let reason: String
    }

    /// An hour of the day, by what was journaled in it.
    struct Hour: Hashable, Sendable {
        var received = 0
        var confirmed = 0
        var refuted = 0
    }

    private static let rowLimit = 25
    private static let refutationLimit = 10
    static let hour: Int64 = 3_600_000_000_000

    /// The payments that something came about last, the newest first.
    private(set) var rows: [Row] = []
    /// What was refuted last, the newest first.
    private(set) var refutations: [Refutation] = []
    /// By hours since 1970.
    private(set) var hours: [Int64: Hour] = [:]

    /// Takes a record in.
    mutating func add(_ entry: Entry) {
        switch entry.record {
        case .received(let received):
            hours[entry.time / Self.hour, default: Hour()].received += 1
            put(
                Row(
                    payment: received.payment, time: entry.time, report: entry.seq, json: received.report,
                    verdict: .waits))
        case .confirmed(let confirmed) where confirmed.cause != .baseline:
            if confirmed.news { hours[entry.time / Self.hour, default: Hour()].confirmed += 1 }
            put(
                Row(
                    payment: confirmed.payment, time: entry.time, report: nil, json: confirmed.current,
                    verdict: confirmed.cause == .reconcile ? .found : .confirmed,
                    news: confirmed.news ? entry.seq : nil))
        case .refuted(let payment, let of, let reason):
            hours[entry.time / Self.hour, default: Hour()].refuted += 1
            conclude(payment, [of], .refuted(reason), entry.time)
            refutations.insert(Refutation(payment: payment, time: entry.time, reason: reason), at: 0)
            if refutations.count > Self.refutationLimit { refutations.removeLast() }
        case .delivered(let end): count(end) { $0.delivered += 1 }
        case .undeliverable(let end): count(end) { $0.undeliverable += 1 }
        case .abandoned(let abandoned): conclude(abandoned.payment, abandoned.of, .setAside, entry.time)
        default: break
        }
    }

    /// Forgets hours that ended before a time, in nanoseconds since 1970.
    mutating func forget(before time: Int64) {
        hours = hours.filter { $0.key >= time / Self.hour }
    }

    private mutating func put(_ row: Row) {
        var row = row
        if let index = rows.firstIndex(where: { $0.payment == row.payment }) {
            let old = rows.remove(at: index)
            row.truth = old.report == nil ? old.json : old.truth
            if row.news == nil {
                (row.news, row.delivered, row.undeliverable) = (old.news, old.delivered, old.undeliverable)
            }
        }
        rows.insert(row, at: 0)
        if rows.count > Self.rowLimit { rows.removeLast() }
    }

    private mutating func count(_ delivery: Record.Delivery, _ body: (inout Row) -> Void) {
        guard let index = rows.firstIndex(where: { $0.payment == delivery.payment && $0.news == delivery.of }) else {
            return
        }
        body(&rows[index])
    }

    /// A verdict is about a report: one that the payment's row no longer shows changes nothing there.
    private mutating func conclude(_ payment: Int64, _ of: [Int64], _ verdict: Verdict, _ time: Int64) {
        guard let index = rows.firstIndex(where: { $0.payment == payment }), let report = rows[index].report,
            of.contains(report)
        else { return }
        rows[index].time = time
        if let truth = rows[index].truth, case .refuted = verdict {
            // Nothing has changed about the payment: the report is told among those refuted.
            (rows[index].json, rows[index].report, rows[index].verdict) = (truth, nil, .confirmed)
        } else {
            rows[index].verdict = verdict
        }
    }
}
