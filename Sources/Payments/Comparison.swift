/// A report beside the API's answer about the same payment.
package enum Comparison: Hashable, Sendable {
    /// The answer says what the report says, or speaks of a later time: nothing is left to find out.
    case settled
    /// The report tells of a state newer than the answer: the API may lag behind its own webhook.
    case ahead
    /// The report contradicts what never changes.
    case contradicted(RefutationReason)

    /// Compares by value. What a report lacks is not compared.
    package init(_ report: ReportedPayment, _ payment: ConfirmedPayment) {
        if let amount = report.amount, amount != payment.amount {
            self = .contradicted(.amountMismatch)
        } else if let currency = report.currency, !currency.equalsFoldingCase(payment.currency) {
            self = .contradicted(.currencyMismatch)
        } else if !report.state.isIdentical(to: payment.state), let reported = report.updatedAt,
            let confirmed = payment.summary.updatedAt, reported > confirmed
        {
            self = .ahead
        } else {
            self = .settled
        }
    }
}
