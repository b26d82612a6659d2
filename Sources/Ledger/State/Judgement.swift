public import Payments

/// What an answer comes to: records to write, and when to ask again. Computed from values alone, applied once it is durable.
public struct Judgement: Sendable {
    /// The truth, and the reports that it settles.
    public struct Confirmation: Sendable {
        /// What the API said.
        public let payment: ConfirmedPayment
        /// Whether it tells anything new.
        public let isNews: Bool
        /// Sequence numbers of the reports that it settles.
        public let of: [Int64]
    }

    /// A report that the API contradicts.
    public struct Refutation: Hashable, Sendable {
        /// Its sequence number.
        public let of: Int64
        /// Why.
        public let reason: RefutationReason
    }

    /// Reports that were unknown for too long.
    public struct Abandonment: Hashable, Sendable {
        /// Their sequence numbers.
        public let of: [Int64]
        /// Calls that were made for them since this program started.
        public let attempts: Int
        /// What stood in the way last.
        public let error: String
    }

    /// To be journaled first, if anything was confirmed.
    public internal(set) var confirmation: Confirmation?
    /// To be journaled then.
    public internal(set) var refutations: [Refutation] = []
    /// To be journaled last.
    public internal(set) var abandonment: Abandonment?
    /// Why nothing is known, when it is so.
    public internal(set) var unknown: String?
    /// When the call began that all this comes from.
    let callBegan: Instant
    /// Reports that go on waiting, with their next turns.
    var waiting: [WaitingReport] = []
    /// Whether the call failed, so that the next one backs off.
    var isFailure = false

    /// Whether there is anything to journal.
    public var isEmpty: Bool { confirmation == nil && refutations.isEmpty && abandonment == nil }

    init(_ claim: Claim) {
        callBegan = claim.began
    }
}
