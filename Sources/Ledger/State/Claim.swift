package import Payments

/// One re-fetch of one payment: taken when its call is about to begin, concluded once, whatever comes of it.
package struct Claim: Hashable, Sendable {
    /// The payment to fetch.
    package let id: PaymentID
    /// The reports that arrived before the call began: the answer may settle these and no others.
    package let reports: [WaitingReport]
    /// When the call began.
    package let began: Instant
    /// The newest report of any payment that arrived before the call began.
    let newestReport: Int64
    /// Which numbering of records the reports' sequence numbers belong to.
    package let generation: Int

    init(id: PaymentID, reports: [WaitingReport], began: Instant, newestReport: Int64, generation: Int) {
        self.id = id
        self.reports = reports
        self.began = began
        self.newestReport = newestReport
        self.generation = generation
    }

    /// The newest record that the call answers.
    package var upTo: Int64 { reports.last?.seq ?? 0 }
}

/// A claimed report, read back from the journal.
package struct ClaimedReport: Sendable {
    /// Its place in the queue.
    package let waiting: WaitingReport
    /// What it said; nil when nothing can tell that any more.
    package let report: ReportedPayment?
    /// When it came, in nanoseconds since 1970; nil likewise.
    package let receivedAt: Int64?

    /// Joins what the state keeps of a report with what the journal keeps.
    package init(waiting: WaitingReport, report: ReportedPayment?, receivedAt: Int64?) {
        self.waiting = waiting
        self.report = report
        self.receivedAt = receivedAt
    }
}
