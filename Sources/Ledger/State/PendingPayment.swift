import Payments

/// A payment with reports that wait, or one that rests after a fetch. 96 bytes with one report.
struct PendingPayment: IDTableElement, Sendable {
    enum Phase: UInt8, Sendable {
        /// In one of the queues of what is due.
        case ready
        /// In the queue by time, until `due`.
        case waiting
        /// A call is under way.
        case inFlight
    }

    var id: PaymentID
    /// The first of the reports; most payments have one, and an array of one would cost twice as much. Where there is none, what the last
    /// one said that was here.
    private var first: WaitingReport
    private var others: [WaitingReport] = []
    /// No call before this: backoff after a failed one, or rest.
    var notBefore = Instant.distantPast
    /// When the entry in the queue by time falls due.
    var due = Instant.distantPast
    /// Calls that failed in a row.
    var failures: UInt8 = 0
    /// Calls in all.
    var attempts: UInt16 = 0
    var phase = Phase.waiting
    var wasConfirmed: Bool
    /// The last listing that showed it; see `Listing.number`.
    var shownIn: UInt16 = 0

    init(id: PaymentID, wasConfirmed: Bool) {
        self.id = id
        self.wasConfirmed = wasConfirmed
        first = .absent()
    }

    /// The reports that wait, in the order they came.
    var reports: [WaitingReport] {
        get { first.seq == 0 ? [] : [first] + others }
        set {
            first = newValue.first ?? .absent(behind: first)
            others = Array(newValue.dropFirst())
        }
    }

    var hasReports: Bool { first.seq != 0 }

    /// Shows the reports without making an array of them.
    func forEachReport(_ body: (WaitingReport) -> Void) {
        if first.seq != 0 { body(first) }
        for report in others { body(report) }
    }

    mutating func append(_ report: WaitingReport) {
        if first.seq == 0 { first = report } else { others.append(report) }
    }

    /// Takes away the reports with these numbers.
    mutating func remove(_ seqs: [Int64]) {
        if others.isEmpty {
            // As it is with most payments; no set is made for one.
            if seqs.contains(first.seq) { reports = [] }
        } else {
            let gone = Set(seqs)
            reports = reports.filter { !gone.contains($0.seq) }
        }
    }

    /// Whether amount and currency are those of a report that waits; or, when none does, of the last one that did.
    func resembles(_ content: ReportContent) -> Bool {
        first.content.fields.agrees(with: content.fields)
            || others.contains { $0.content.fields.agrees(with: content.fields) }
    }

    /// When its reports want a call next, pauses aside.
    var wanted: Instant {
        others.reduce(first.due) { min($0, $1.due) }
    }

    /// Whether the report with that number says the same and has all its turns before it.
    func holds(_ seq: Int64, equalTo content: ReportContent) -> Bool {
        first.seq == seq && first.coalesces(content)
            || others.contains { $0.seq == seq && $0.coalesces(content) }
    }

    /// The record up to which reports cover a new one: an equal one's that has all its turns before it, or with `limit` of
    /// them the newest's. Only those count that no call under way has claimed.
    func coalescing(_ content: ReportContent, after begun: Int64, limit: Int) -> Int64? {
        var count = 0
        if first.seq > begun {
            if first.coalesces(content) { return first.seq }
            count += 1
        }
        for report in others where report.seq > begun {
            if report.coalesces(content) { return report.seq }
            count += 1
        }
        return count >= limit ? others.last?.seq ?? first.seq : nil
    }
}
