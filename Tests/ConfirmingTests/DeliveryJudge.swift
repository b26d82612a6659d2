import JournalFormat
import Payments
import SharedLedgerSimulation

@testable import JournalStoreTests

/// Holds what the shop saw against what the records say, and against what is promised of deliveries: each confirmation that is
/// news goes out at least once, and those of one payment in order.
struct DeliveryJudge {
    /// A record for one endpoint.
    struct Place: Hashable {
        let endpoint: String
        let record: Int64
    }

    /// A confirmation that is news.
    struct News {
        let payment: PaymentID
        let current: [UInt8]
        let committed: Int64
        /// Where it was to go.
        let endpoints: [String]
    }

    /// A `delivered` or an `undeliverable` record.
    struct End {
        let seq: Int64
        let committed: Int64
        /// Who wrote it.
        let node: String
        let isDelivered: Bool
        let delivery: Record.Delivery
        /// Whether the endpoint was one when it was written.
        let isConfigured: Bool

        var place: Place { Place(endpoint: delivery.endpoint, record: delivery.of) }
    }

    let attempts: [Shop.Attempt]
    let replays: [Merchant.Replay]
    let takings: [String: [LeaseTaking]]
    private(set) var news: [Int64: News] = [:]
    private(set) var ends: [Place: [End]] = [:]
    /// Which endpoints there were from when on.
    private(set) var configured: [(committed: Int64, endpoints: [String])] = []
    /// The attempts at each place, in the order in which they began.
    let attemptsAt: [Place: [Shop.Attempt]]

    /// Each record with the time at which it was committed, and with who wrote it.
    init(
        _ records: [(entry: Entry, committed: Int64, node: String)], _ merchant: Merchant, _ takings: [LeaseTaking]
    ) {
        attempts = merchant.shop.attempts
        replays = merchant.replays
        attemptsAt = Dictionary(grouping: attempts, by: \.place)
        self.takings = Dictionary(grouping: takings, by: \.name)
        for (entry, committed, node) in records { read(entry, committed, node) }
    }

    private mutating func read(_ entry: Entry, _ committed: Int64, _ node: String) {
        let endpoints = configured.last?.endpoints ?? []
        func end(_ delivery: Record.Delivery, isDelivered: Bool) {
            let end = End(
                seq: entry.seq, committed: committed, node: node, isDelivered: isDelivered, delivery: delivery,
                isConfigured: endpoints.contains(delivery.endpoint))
            ends[end.place, default: []].append(end)
        }
        switch entry.record {
        case .opened(let opened):
            if let endpoints = opened.endpoints { configured.append((committed, endpoints)) }
        case .confirmed(let confirmed) where confirmed.news:
            news[entry.seq] = News(
                payment: confirmed.payment, current: confirmed.current, committed: committed, endpoints: endpoints)
        case .delivered(let delivery): end(delivery, isDelivered: true)
        case .undeliverable(let delivery): end(delivery, isDelivered: false)
        default: break
        }
    }

    func judge() throws {
        for attempt in attempts { try judgeContent(attempt) }
        for attempt in attempts { try judgeLease(attempt) }
        try judgeOverlaps()
        for attempt in attempts {
            try judgeOrder(attempt)
            try judgeRepetition(attempt)
        }
        for (_, ends) in ends.sorted(by: { $0.value[0].seq < $1.value[0].seq }) { try judgeEnds(ends) }
        try judgeNews()
        for replay in replays { try judgeReplay(replay) }
    }

    // MARK: Attempts

    /// The shop is told what the record says, once that is durable, and nothing that was not meant for it.
    private func judgeContent(_ attempt: Shop.Attempt) throws {
        guard let told = news[attempt.record], told.committed <= attempt.began else {
            throw Violation("\(attempt) tells of a record that is no news, or was none yet")
        }
        let tail = Array(#","seq":\#(attempt.record),"data":"#.utf8) + told.current + [UInt8(ascii: "}")]
        guard attempt.body.suffix(tail.count).elementsEqual(tail) else {
            throw Violation("\(attempt) says something else than its record")
        }
        guard
            told.endpoints.contains(attempt.endpoint)
                || replays.contains(where: { $0.payment == told.payment && $0.asked <= attempt.began })
        else { throw Violation("\(attempt) is of a time before the endpoint was one, or behind it") }
    }

    /// A node delivers only where it has the endpoint's lease, and begins nothing that may last longer than it certainly has.
    private func judgeLease(_ attempt: Shop.Attempt) throws {
        let takings = takings["endpoint:\(attempt.endpoint)"] ?? []
        let holder = takings.last { $0.committed <= attempt.began }?.holder
        guard holder == attempt.node else {
            throw Violation("\(attempt) began while the endpoint was \(holder ?? "nobody")'s")
        }
        if let other = takings.first(where: {
            $0.committed > attempt.began && $0.committed < attempt.over && $0.holder != attempt.node
        }) {
            throw Violation("\(attempt) was under way when \(other.holder) took the endpoint")
        }
    }

    /// Of one payment one delivery is under way at an endpoint, whoever makes it.
    ///
    /// That goes for a node too which is killed or stands still in the middle of an attempt. It has begun it with more of its
    /// lease left than an attempt may last, and nobody else takes the endpoint before that has run out: so by then the shop has
    /// answered, or will have been waited for in vain. Only what a shop does that nobody waits for any more can still be under
    /// way when the next attempt comes, and that goes for a single node likewise; see ``Shop/Attempt/over``.
    private func judgeOverlaps() throws {
        var last: [String: [PaymentID: Shop.Attempt]] = [:]
        for attempt in attempts {
            guard let payment = news[attempt.record]?.payment else { continue }
            let other = last[attempt.endpoint]?[payment]
            if let other, other.over > attempt.began {
                throw Violation("two deliveries of payment \(payment) at once: \(other) and \(attempt)")
            }
            last[attempt.endpoint, default: [:]][payment] = attempt
        }
    }

    /// Whatever of its payment came before has been taken by the shop or given up.
    private func judgeOrder(_ attempt: Shop.Attempt) throws {
        guard let payment = news[attempt.record]?.payment else { return }
        for (seq, earlier) in news where seq < attempt.record && earlier.payment == payment {
            guard earlier.endpoints.contains(attempt.endpoint) else { continue }
            let place = Place(endpoint: attempt.endpoint, record: seq)
            let isTaken = attemptsAt[place]?.contains { $0.isAccepted && $0.ended <= attempt.began } ?? false
            let isGivenUp = ends[place]?.contains { !$0.isDelivered && $0.committed <= attempt.began } ?? false
            guard isTaken || isGivenUp else {
                throw Violation("\(attempt) began before record \(seq) of its payment was taken or given up")
            }
        }
    }

    /// What is known to be delivered goes out again only as often as somebody wanted that. Whoever takes an endpoint knows all
    /// that was written before; of what another one, which had it before, wrote afterwards, it hears later.
    private func judgeRepetition(_ attempt: Shop.Attempt) throws {
        guard let payment = news[attempt.record]?.payment else { return }
        let takings = takings["endpoint:\(attempt.endpoint)"] ?? []
        let known = (ends[attempt.place] ?? []).filter { end in
            end.isDelivered && end.committed <= attempt.began
                && takings.last { $0.committed <= end.committed }?.holder == end.node
        }
        let wanted = replays.count { $0.payment == payment && $0.asked <= attempt.began }
        if let last = known.last, known.count > wanted {
            throw Violation("\(attempt) repeats what record \(last.seq) says is done")
        }
    }
}

extension Shop.Attempt {
    var place: DeliveryJudge.Place { DeliveryJudge.Place(endpoint: endpoint, record: record) }

    /// What the node calls itself that makes it.
    var node: String { "node \(life)" }
}

extension Shop.Attempt: CustomStringConvertible {
    var description: String {
        "the attempt to deliver record \(record) to \(endpoint) in life \(life), at \(World.text(began))"
    }
}
