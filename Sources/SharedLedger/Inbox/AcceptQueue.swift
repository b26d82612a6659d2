import JournalFormat
import Ledger

/// The reports of one node on their way into the inbox, and what of them is still in it. Pure.
///
/// Positions and numbers grow by one with each report that is taken in; a position is never given twice. A batch that may not have been
/// committed is inserted again under new numbers, so that none of its own can stand before one that was taken out of the inbox.
struct AcceptQueue: Sendable {
    struct Arrival: Sendable {
        let position: Int64
        let time: Int64
        var report: InboxReport
    }

    /// Where a batch goes.
    enum Holder: Sendable {
        /// Into the inbox.
        case inbox
        /// To the term of this node, which records it.
        case term
    }

    /// So many may wait for the database.
    static let capacity = 65_536
    /// So many are inserted at once, and so many bytes of them.
    static let batch = 2048
    static let batchBytes = 4 << 20

    /// Bounds of what this node may have in the inbox.
    struct Share: Hashable, Sendable {
        var reports: Int
        var bytes: Int
    }

    let node: Int64
    var share = Share(reports: .max, bytes: .max)
    private var waiting: [Arrival] = []
    private var underWay: [Arrival] = []
    /// Who has what is under way; nil if and only if nothing is.
    private var holder: Holder?
    /// Nobody waits for what is under way any more.
    private var isRejected = false
    private(set) var lastPosition: Int64 = 0
    private var lastNumber: Int64 = 0
    /// Batches that were inserted and may still be in the inbox, oldest first.
    private var inserted: [(last: Int64, reports: Int, bytes: Int)] = []
    private var insertedReports = 0
    private var insertedBytes = 0
    private var waitingBytes = 0

    init(node: Int64) { self.node = node }

    /// The first invariant that does not hold; nil when all do.
    ///
    /// 1. Somebody has what is under way, if and only if something is.
    /// 2. Positions grow by one, from what is under way to what waits, up to the last.
    /// 3. Sums of reports and bytes are those of what they sum up.
    func checkInvariants() -> String? {
        if (holder == nil) != underWay.isEmpty {
            return "\(underWay.count) reports are under way, and with whom is not known"
        }
        let positions = (isRejected ? [] : underWay.map(\.position)) + waiting.map(\.position)
        if !positions.isEmpty, positions != Array(lastPosition - Int64(positions.count) + 1...lastPosition) {
            return "positions do not grow by one up to \(lastPosition): \(positions)"
        }
        if insertedReports != inserted.reduce(0, { $0 + $1.reports })
            || insertedBytes != inserted.reduce(0, { $0 + $1.bytes })
        {
            return "\(insertedReports) reports are counted as inserted, and there are others"
        }
        let bytes = (underWay + waiting).reduce(0) { $0 + $1.report.members.json.count }
        return waitingBytes == bytes ? nil : "\(waitingBytes) bytes are counted as waiting, and there are \(bytes)"
    }

    var isIdle: Bool { waiting.isEmpty && underWay.isEmpty }

    /// When the oldest came that is not answered.
    var oldest: Int64? { (isRejected ? waiting.first : underWay.first ?? waiting.first)?.time }

    /// Whether another report would be one too many.
    var isFull: Bool {
        waiting.count >= Self.capacity || insertedReports + waiting.count + underWay.count >= share.reports
            || insertedBytes + waitingBytes >= share.bytes
    }

    /// Whether it is worth asking what has been taken out of the inbox.
    var isHalfFull: Bool {
        (insertedReports + waiting.count) >= share.reports / 2 || insertedBytes + waitingBytes >= share.bytes / 2
    }

    /// The lowest number that may still be in the inbox.
    var oldestInserted: Int64 { inserted.first.map { $0.last - Int64($0.reports) + 1 } ?? lastNumber + 1 }

    /// Takes a report in; returns its position.
    mutating func append(_ members: ReceivedMembers, time: Int64) -> Int64 {
        lastPosition += 1
        let stored = InboxReport(node: node, number: 0, members: members)
        waitingBytes += members.json.count
        waiting.append(Arrival(position: lastPosition, time: time, report: stored))
        return lastPosition
    }

    /// What is next, with numbers; empty when nothing waits, or when a batch is on its way already. Only who was given it can end it.
    mutating func begin(for holder: Holder = .inbox) -> [InboxReport] {
        guard self.holder == nil else { return [] }
        var size = 0
        let count = waiting.prefix(Self.batch).prefix { arrival in
            defer { size += arrival.report.members.json.count }
            return size < Self.batchBytes
        }.count
        underWay = Array(waiting.prefix(count))
        waiting.removeFirst(count)
        for index in underWay.indices {
            lastNumber += 1
            underWay[index].report.number = lastNumber
        }
        self.holder = underWay.isEmpty ? nil : holder
        return underWay.map(\.report)
    }

    /// What became of a batch: the positions that were not taken, and the last of all.
    typealias End = (refused: Set<Int64>, committed: Int64)

    /// It is in the inbox, or with the term a record each, but for the numbers that were left out. Returns the positions of
    /// those, and the last position of all; nil when all were given up meanwhile.
    mutating func end(_ holder: Holder = .inbox, refused: Set<Int64>) -> End? {
        guard self.holder == holder else { return nil }
        defer { (underWay, self.holder) = ([], nil) }
        guard let last = underWay.last else { return nil }
        defer { isRejected = false }
        let taken = underWay.filter { !refused.contains($0.report.number) }
        let bytes = underWay.reduce(0) { $0 + $1.report.members.json.count }
        waitingBytes -= bytes
        if !taken.isEmpty, holder == .inbox {
            let bytes = taken.reduce(0) { $0 + $1.report.members.json.count }
            inserted.append((last.report.number, underWay.count, bytes))
            insertedReports += underWay.count
            insertedBytes += bytes
        }
        let positions = underWay.filter { refused.contains($0.report.number) }.map(\.position)
        return isRejected ? nil : (Set(positions), last.position)
    }

    /// It may or may not be in the inbox: it is inserted again.
    mutating func putBack(_ holder: Holder = .inbox) {
        guard self.holder == holder else { return }
        self.holder = nil
        if isRejected {
            waitingBytes -= underWay.reduce(0) { $0 + $1.report.members.json.count }
        } else {
            waiting.insert(contentsOf: underWay, at: 0)
        }
        (underWay, isRejected) = ([], false)
    }

    /// Gives up all that waits.
    mutating func rejectAll() {
        waiting = []
        isRejected = !underWay.isEmpty
        waitingBytes = underWay.reduce(0) { $0 + $1.report.members.json.count }
    }

    /// The inbox has no report of this node with a lower number; nil when it has none at all.
    mutating func drained(before number: Int64?) {
        let gone = inserted.prefix { $0.last < number ?? .max }
        for batch in gone {
            insertedReports -= batch.reports
            insertedBytes -= batch.bytes
        }
        inserted.removeFirst(gone.count)
    }
}
