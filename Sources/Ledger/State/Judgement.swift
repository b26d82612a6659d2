package import Payments

/// What an answer comes to: records to write, and when to ask again. Computed from values alone, applied once it is durable.
package struct Judgement: Sendable {
    /// The truth, and the reports that it settles.
    package struct Confirmation: Sendable {
        /// What the API said.
        package let payment: ConfirmedPayment
        /// Whether it tells anything new.
        package let isChange: Bool
        /// Sequence numbers of the reports that it settles.
        package let of: [Int64]
    }

    /// A report that the API contradicts.
    package struct Refutation: Hashable, Sendable {
        /// Its sequence number.
        package let of: Int64
        /// Why.
        package let reason: RefutationReason
    }

    /// Reports that were unknown for too long.
    package struct Abandonment: Hashable, Sendable {
        /// Their sequence numbers.
        package let of: [Int64]
        /// Calls that were made for them since this program started.
        package let attempts: Int
        /// What stood in the way last.
        package let error: String
    }

    /// To be journaled first, if anything was confirmed.
    package internal(set) var confirmation: Confirmation?
    /// To be journaled then.
    package internal(set) var refutations: [Refutation] = []
    /// To be journaled last.
    package internal(set) var abandonment: Abandonment?
    /// Why nothing is known, when it is so.
    package internal(set) var unknown: String?
    /// When the call began that all this comes from.
    let callBegan: Instant
    /// Reports that go on waiting, with their next turns.
    var waiting: [WaitingReport] = []
    /// Whether the call failed, so that the next one backs off.
    var isFailure = false

    init(_ claim: Claim) {
        callBegan = claim.began
    }
}
