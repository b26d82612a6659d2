public import Payments

/// What it takes to decide what becomes of a report.
public struct AdmittedReport: Hashable, Sendable {
    /// The payment that it speaks of.
    public let id: PaymentID
    /// Equal for reports that say the same.
    public let fingerprint: UInt64

    /// Joins both.
    public init(id: PaymentID, fingerprint: UInt64) {
        self.id = id
        self.fingerprint = fingerprint
    }
}

extension ReportedSummary {
    /// The same for a report that is decided about.
    public var admitted: AdmittedReport { AdmittedReport(id: id, fingerprint: fingerprint) }
}
