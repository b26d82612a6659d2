@testable import Ledger
@testable import Payments

/// A ledger's state taken apart, without what records do not bring back: schedules, when the API last answered, and totals that a prune
/// has taken with it.
struct StatePicture: Hashable {
    private(set) var words: [PaymentID: [UInt64]] = [:]
    private(set) var waiting: [PaymentID: [[UInt64]]] = [:]
    private(set) var aside: [PaymentID: [[UInt64]]] = [:]
    /// The records that wait for each endpoint.
    private(set) var deliveries: [String: Set<Int64>] = [:]
    let endpoints: [String]
    let hasBaseline: Bool

    init(_ state: LedgerState) {
        endpoints = state.endpoints
        hasBaseline = state.hasBaseline
        for queue in state.deliveries.queues {
            queue.forEachWaiting { _, position in deliveries[queue.name, default: []].insert(position.seq) }
        }
        deliveries = deliveries.filter { !$0.value.isEmpty }
        var words = state.snapshot.words[12...]
        for _ in 0..<words.removeFirst() {
            let id = PaymentID(words.removeFirst())
            self.words[id] = Self.take(6, &words)
        }
        // No payment here has so much to say.
        precondition(words.removeFirst() == 0)
        waiting = Self.reports(&words)
        aside = Self.reports(&words)
    }

    private static func reports(_ words: inout ArraySlice<UInt64>) -> [PaymentID: [[UInt64]]] {
        var reports: [PaymentID: [[UInt64]]] = [:]
        for _ in 0..<words.removeFirst() {
            let id = PaymentID(words.removeFirst())
            // Where a record stands in a file is of no matter.
            let report = take(7, &words)
            reports[id, default: []].append([report[0]] + report[2...])
        }
        return reports
    }

    private static func take(_ count: Int, _ words: inout ArraySlice<UInt64>) -> [UInt64] {
        defer { words.removeFirst(count) }
        return Array(words.prefix(count))
    }
}
