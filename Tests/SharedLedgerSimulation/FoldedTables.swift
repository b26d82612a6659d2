import Payments
import SharedLedger

/// The state as rows of tables, as of one record.
struct FoldedTables: Sendable {
    var seq: Int64 = 0
    private var counts: [Int64] = []
    private var known: [PaymentID: LedgerRows.Known] = [:]
    private var waiting: [PaymentID: [LedgerRows.Waiting]] = [:]
    private var endpoints: [LedgerRows.Endpoint] = []
    private var deliveries: [PaymentID: [LedgerRows.Delivery]] = [:]

    /// All of them, in the order of payments and records.
    var rows: LedgerRows {
        var rows = LedgerRows()
        rows.counts = counts
        rows.known = known.values.sorted { $0.payment < $1.payment }
        rows.waiting = waiting.values.flatMap { $0 }.sorted { ($0.payment, $0.seq) < ($1.payment, $1.seq) }
        rows.endpoints = endpoints
        rows.deliveries = deliveries.values.flatMap { $0 }.sorted { ($0.endpoint, $0.seq) < ($1.endpoint, $1.seq) }
        return rows
    }

    /// Puts rows in the place of what is said of some payments, and of all endpoints.
    mutating func replace(_ rows: LedgerRows, of payments: [PaymentID], upTo seq: Int64) {
        for payment in payments {
            known[payment] = nil
            waiting[payment] = nil
            deliveries[payment] = nil
        }
        for row in rows.known { known[row.payment] = row }
        for row in rows.waiting { waiting[row.payment, default: []].append(row) }
        for row in rows.deliveries { deliveries[row.payment, default: []].append(row) }
        endpoints = rows.endpoints
        counts = rows.counts
        self.seq = seq
    }

    /// What was last said of payments behind one, before a record, by payment.
    func lastWords(before end: Int64, behind payment: PaymentID, atMost count: Int) -> [Int64] {
        let words = known.values.filter { $0.seq < end && $0.payment > payment }.sorted { $0.payment < $1.payment }
        return words.prefix(count).map(\.seq)
    }

    /// Whether anything before a record is needed.
    func needs(before end: Int64) -> Bool {
        seq < end - 1 || known.values.contains { $0.seq < end }
            || waiting.values.contains { $0.contains { $0.seq < end } }
            || deliveries.values.contains { $0.contains { $0.seq < end } }
    }

    /// What no program may fold; nil when it is right.
    static func objection(to rows: LedgerRows, of payments: [PaymentID], upTo seq: Int64, _ head: Head) -> String? {
        let told = Set(rows.known.map(\.payment) + rows.waiting.map(\.payment) + rows.deliveries.map(\.payment))
        guard told.isSubset(of: payments) else { return "folds rows of payments that it does not name" }
        guard seq <= head.cut.seq else { return "folds up to \(seq), which is not there" }
        return nil
    }
}
