/// Why a report was refuted, as the journal spells it.
package enum RefutationReason: String, CaseIterable, Sendable {
    case notFound = "not-found"
    case forbidden = "forbidden"
    case amountMismatch = "amount-mismatch"
    case currencyMismatch = "currency-mismatch"
    case stateNeverReached = "state-never-reached"
    /// Nothing says any more what it said: its record is damaged.
    case unreadable = "unreadable"
}
