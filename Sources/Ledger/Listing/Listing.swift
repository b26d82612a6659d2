package import Payments

/// A listing of all payments that is under way: which reports it may answer, and what it has shown so far.
package struct Listing: Sendable {
    /// When its call began.
    package let began: Instant
    /// Whether it is the journal's first: what it holds was there before.
    package let isBaseline: Bool
    /// Reports up to this record came before its call began.
    package let upTo: Int64
    /// Which numbering of records ``upTo`` belongs to.
    let generation: Int
    /// Marks the waiting payments that it has shown; comes round after 65,535 listings, and then spares a payment once.
    let number: UInt16
    /// Known payments, by slot, when it began, and which of them it has shown: a bit each.
    private let knownSlots: Int
    private var shown: [UInt64]

    /// Payments shown.
    package private(set) var count = 0
    /// The lowest and the highest id shown.
    package private(set) var bounds: ClosedRange<PaymentID>?
    /// Payments shown as they were before they were last confirmed.
    package internal(set) var lagging = 0
    /// Confirmations that it brought.
    package internal(set) var confirmed = 0

    init(
        began: Instant, upTo: Int64, generation: Int, number: UInt16, isBaseline: Bool, knownSlots: Int
    ) {
        self.began = began
        self.upTo = upTo
        self.generation = generation
        self.number = number
        self.isBaseline = isBaseline
        self.knownSlots = knownSlots
        shown = Array(repeating: 0, count: (knownSlots + 63) / 64)
    }

    mutating func show(_ id: PaymentID, knownSlot: Int?) {
        count += 1
        bounds = min(bounds?.lowerBound ?? id, id)...max(bounds?.upperBound ?? id, id)
        if let knownSlot, knownSlot < knownSlots { shown[knownSlot / 64] |= 1 << UInt64(knownSlot % 64) }
    }

    /// The slots that were known when it began and were not shown.
    func forEachLacking(_ body: (Int) -> Void) {
        for slot in 0..<knownSlots where shown[slot / 64] & (1 << UInt64(slot % 64)) == 0 { body(slot) }
    }
}

/// What a listing came to.
package struct ListingSummary: Hashable, Sendable {
    /// Payments in it.
    package var count = 0
    /// Confirmations that it brought.
    package var confirmed = 0
    /// Payments that it showed as they were before they were last confirmed: believed for nothing.
    package var lagging = 0
    /// Known payments that it lacks; nothing is concluded from that.
    package var lacking = 0
    /// The first of them.
    package var lackingExamples: [PaymentID] = []
    /// Whether it completed the baseline.
    package var completedBaseline = false

    /// An empty one.
    package init() {}
}
