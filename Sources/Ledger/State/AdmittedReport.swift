package import Payments

/// What it takes to decide what becomes of a report.
package struct AdmittedReport: Hashable, Sendable {
    /// The payment that it speaks of.
    package let id: PaymentID
    /// Equal for reports that say the same.
    package let fingerprint: UInt64

    package init(id: PaymentID, fingerprint: UInt64) {
        self.id = id
        self.fingerprint = fingerprint
    }
}

extension ReportedSummary {
    /// The same for a report that is decided about.
    package var admitted: AdmittedReport { AdmittedReport(id: id, fingerprint: fingerprint) }
}
