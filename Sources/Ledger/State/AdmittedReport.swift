package import JournalFormat
package import Payments

/// What it takes to decide what becomes of a report.
package struct AdmittedReport: Hashable, Sendable {
    /// The payment that it speaks of.
    package let id: PaymentID
    /// What it says.
    let content: ReportContent

    init(id: PaymentID, content: ReportContent) {
        self.id = id
        self.content = content
    }
}

/// What of a report is compared with others and with what is known: all that its verdict depends on.
package struct ReportContent: Hashable, Sendable {
    /// Its state, amount and currency.
    let fields: ComparedFields
    /// Nanoseconds since 1970; `Int64.min` when there is no readable time.
    let updatedAt: Int64

    init(fields: ComparedFields, updatedAt: Int64?) {
        self.fields = fields
        self.updatedAt = updatedAt ?? .min
    }

    /// Whether it says the same. Of one that is too long to be kept nobody knows that, not even of the same one again.
    func isSame(as other: ReportContent) -> Bool { self == other && fields.isWhole }
}

extension ReportedSummary {
    /// The same for a report that is decided about.
    package var admitted: AdmittedReport {
        AdmittedReport(id: id, content: ReportContent(fields: fields, updatedAt: updatedAt))
    }
}

extension AdmittedReport {
    /// The report that was encoded for its record. One that cannot be read back is equal to no other.
    package init(_ members: ReceivedMembers) {
        let json = members.json.span
        let summary = members.report.flatMap { try? ReportedSummary(body: json.extracting($0)) }
        self =
            summary?.admitted
            ?? AdmittedReport(id: members.payment, content: ReportContent(fields: .unreadable, updatedAt: nil))
    }
}
