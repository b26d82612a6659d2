import JournalFormat
import Ledger
import Payments

/// What a journal's records come to, by the plainest of means, for comparison with what the ledger makes of them.
struct LedgerModel: Hashable, Sendable {
    /// The last word on a payment.
    struct Word: Hashable, Sendable, CustomStringConvertible {
        var seq: Int64
        var current: [UInt8]

        var description: String { "\(seq) \(text(current))" }
    }

    /// Reports that wait for their verdict, by payment.
    private(set) var waiting: [PaymentID: [Int64]] = [:]
    /// Reports that were abandoned, likewise.
    private(set) var aside: [PaymentID: [Int64]] = [:]
    private(set) var words: [PaymentID: Word] = [:]
    private(set) var counts = LedgerCounts()
    /// The records that wait for each endpoint.
    private(set) var deliveries: [String: Set<Int64>] = [:]
    private var endpoints: [String] = []

    mutating func apply(_ record: Record, seq: Int64) {
        switch record {
        case .received(let received):
            counts.received += 1
            waiting[received.payment, default: []] += (aside.removeValue(forKey: received.payment) ?? []) + [seq]
        case .confirmed(let confirmed):
            counts.confirmed += 1
            words[confirmed.payment] = Word(seq: seq, current: confirmed.current)
            settle(confirmed.payment, confirmed.of)
            if confirmed.news { for endpoint in endpoints { deliveries[endpoint, default: []].insert(seq) } }
        case .known(let payment, let current): words[payment] = Word(seq: seq, current: current)
        case .refuted(let payment, let of, _):
            counts.refuted += 1
            settle(payment, [of])
        case .abandoned(let abandoned):
            counts.abandoned += abandoned.of.count
            let reports = waiting[abandoned.payment, default: []].filter { abandoned.of.contains($0) }
            settle(abandoned.payment, reports)
            if !reports.isEmpty { aside[abandoned.payment, default: []] += reports }
        case .opened(let opened): endpoints = opened.endpoints ?? endpoints
        case .delivered(let end):
            counts.delivered += 1
            self.end(end)
        case .undeliverable(let end):
            counts.undeliverable += 1
            self.end(end)
        case .closed, .baseline, .passedOver: break
        }
    }

    private mutating func end(_ delivery: Record.Delivery) {
        deliveries[delivery.endpoint]?.remove(delivery.of)
        if deliveries[delivery.endpoint]?.isEmpty == true { deliveries[delivery.endpoint] = nil }
    }

    private mutating func settle(_ payment: PaymentID, _ seqs: [Int64]) {
        let left = waiting[payment, default: []].filter { !seqs.contains($0) }
        waiting[payment] = left.isEmpty ? nil : left
    }
}
