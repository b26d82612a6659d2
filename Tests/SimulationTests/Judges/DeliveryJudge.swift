import JournalFormat
import JournalStoreSimulation
import Payments
import SharedLedgerSimulation

/// Holds what the shop saw against what the records say, and against what is promised of deliveries: each confirmation that is
/// news goes out at least once, and those of one payment in order.
struct DeliveryJudge {
    /// A record for one endpoint.
    struct Place: Hashable {
        let endpoint: String
        let record: Int64
    }

    /// A time during which a run of the program decided.
    struct Decider {
        let number: Int
        let life: Int
        /// The epoch in which it began.
        let epoch: Int64
        let began: Int64
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
        /// Which of those who decided wrote it.
        let decider: Int
        let isDelivered: Bool
        let delivery: Record.Delivery
        /// Whether the endpoint was one when it was written.
        let isConfigured: Bool

        var place: Place { Place(endpoint: delivery.endpoint, record: delivery.of) }
    }

    let attempts: [Shop.Attempt]
    let replays: [Merchant.Replay]
    let deciders: [Decider]
    /// When all was quiet.
    let settledAt: Int64
    private(set) var news: [Int64: News] = [:]
    private(set) var ends: [Place: [End]] = [:]
    /// Which endpoints there were from when on.
    private(set) var configured: [(committed: Int64, endpoints: [String])] = []
    /// The first record of a segment that does not name the endpoints there are: when those before it are pruned, nobody knows them.
    private(set) var silent: Int64?
    /// The attempts at each place, in the order in which they began.
    let attemptsAt: [Place: [Shop.Attempt]]

    init(
        _ records: [(entry: Entry, row: StoredRow)], _ merchant: Merchant, _ deciders: [Decider], settledAt: Int64
    ) {
        attempts = merchant.shop.attempts
        replays = merchant.replays
        attemptsAt = Dictionary(grouping: attempts, by: \.place)
        self.deciders = deciders
        self.settledAt = settledAt
        for (entry, row) in records {
            read(entry, row.committed, Self.decider(of: row, among: deciders)?.number ?? 0)
        }
    }

    /// Who wrote a record: began in its epoch, or in an earlier one.
    static func decider(of row: StoredRow, among deciders: [Decider]) -> Decider? {
        deciders.last { "node \($0.life)" == row.node && $0.epoch <= row.epoch }
    }

    private mutating func read(_ entry: Entry, _ committed: Int64, _ decider: Int) {
        let endpoints = configured.last?.endpoints ?? []
        func end(_ delivery: Record.Delivery, isDelivered: Bool) {
            let end = End(
                seq: entry.seq, committed: committed, decider: decider, isDelivered: isDelivered, delivery: delivery,
                isConfigured: endpoints.contains(delivery.endpoint))
            ends[end.place, default: []].append(end)
        }
        switch entry.record {
        case .opened(let opened):
            if let endpoints = opened.endpoints {
                configured.append((committed, endpoints))
            } else if !endpoints.isEmpty {
                silent = silent ?? entry.seq
            }
        case .confirmed(let confirmed) where confirmed.news:
            news[entry.seq] = News(
                payment: confirmed.payment, current: confirmed.current, committed: committed, endpoints: endpoints)
        case .delivered(let delivery): end(delivery, isDelivered: true)
        case .undeliverable(let delivery): end(delivery, isDelivered: false)
        default: break
        }
    }

    func judge() throws {
        if let silent { throw Violation("record \(silent) begins a segment, and does not name the endpoints") }
        for attempt in attempts { try judgeContent(attempt) }
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

    /// Of one payment one delivery of his is under way at an endpoint.
    private func judgeOverlaps() throws {
        struct Line: Hashable {
            let decider: Int
            let endpoint: String
            let payment: PaymentID
        }
        var last: [Line: Shop.Attempt] = [:]
        for attempt in attempts {
            guard let payment = news[attempt.record]?.payment else { continue }
            let line = Line(decider: attempt.life, endpoint: attempt.endpoint, payment: payment)
            if let other = last.updateValue(attempt, forKey: line), other.over > attempt.began {
                throw Violation("two deliveries of payment \(payment) at once: \(other) and \(attempt)")
            }
        }
    }

    /// Whether another one decided when it began: who made it had not heard of that yet.
    private func isBelated(_ attempt: Shop.Attempt) -> Bool {
        successors(of: attempt.life).contains { $0.began <= attempt.began }
    }

    /// Who decided after one of them, who may have begun to work later than they: it stood still when it had the lease.
    func successors(of number: Int) -> [Decider] {
        guard let decider = deciders.first(where: { $0.number == number }) else { return deciders }
        return deciders.filter { $0.epoch > decider.epoch }
    }

    /// Whatever of its payment came before has been taken by the shop or given up.
    private func judgeOrder(_ attempt: Shop.Attempt) throws {
        guard let payment = news[attempt.record]?.payment, !isBelated(attempt) else { return }
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

    /// What is known to be delivered goes out again only as often as somebody wanted that. Whoever decides knows all that was written
    /// before, and not what is written by those after him.
    private func judgeRepetition(_ attempt: Shop.Attempt) throws {
        guard let payment = news[attempt.record]?.payment, !isBelated(attempt) else { return }
        let known = (ends[attempt.place] ?? []).filter { $0.isDelivered && $0.committed <= attempt.began }
        let wanted = replays.count { $0.payment == payment && $0.asked <= attempt.began }
        if let last = known.last, known.count > wanted {
            throw Violation("\(attempt) repeats what record \(last.seq) says is done")
        }
    }
}

extension Shop.Attempt {
    var place: DeliveryJudge.Place { DeliveryJudge.Place(endpoint: endpoint, record: record) }
}

extension Shop.Attempt: CustomStringConvertible {
    var description: String {
        "the attempt to deliver record \(record) to \(endpoint) by \(life), at \(World.text(began))"
    }
}
