import Payments

/// Reports that came and are not decided about yet. A position is never given twice.
struct Inbox: Sendable {
    /// So many may wait.
    static let capacity = 65_536

    private(set) var waiting: [Arrival] = []
    /// The last position that was given.
    private(set) var last: Int64 = 0
    /// Up to this one nothing is acknowledged any more.
    private(set) var rejected: Int64 = 0
    /// When the oldest came of those that a turn has taken.
    var oldestTaken: Int64?
    /// Why none are taken in; nil while they are.
    var refusal: String?
    /// Whether somebody will look whether they have waited for too long.
    var isWatched = false

    /// When the oldest came that is not answered.
    var oldest: Int64? { oldestTaken ?? waiting.first?.time }

    mutating func append(_ report: ReportedPayment, peer: String, time: Int64) -> Int64 {
        last += 1
        waiting.append(Arrival(position: last, report: report, peer: peer, time: time))
        return last
    }

    /// Takes so many for a turn, and no more than so many bytes, but one at least.
    mutating func take(atMost count: Int, bytes: Int) -> [Arrival] {
        var size = 0
        let taken = Array(
            waiting.prefix(count).prefix { arrival in
                defer { size += arrival.report.json.count }
                return size < bytes
            })
        waiting.removeFirst(taken.count)
        oldestTaken = oldestTaken ?? taken.first?.time
        return taken
    }

    /// Puts back what a turn could not write, as far as somebody still waits for it.
    mutating func putBack(_ arrivals: [Arrival]) {
        waiting.insert(contentsOf: arrivals.filter { $0.position > rejected }, at: 0)
        oldestTaken = nil
    }

    /// Gives up all that waits, and what a turn has taken.
    mutating func reject() {
        rejected = last
        waiting = []
        oldestTaken = nil
    }
}
