import JournalFormat
import Payments

/// A turn while it is decided: everything that it will write, and how to go on when it is committed, or not.
struct Draft: Sendable {
    var turn: Turn
    let node: Int64
    /// When it is decided, by the monotonic clock.
    let now: Instant
    /// The same by the server's clock, in nanoseconds since 1970.
    let time: Int64
    /// The head's records and notes as they were.
    let base: Cut
    /// What an `opened` record says in this turn, if there is one.
    var opened: Record.Opened
    /// What only this node does, once the turn is committed.
    var leases: Set<String>
    /// What the others must know of this turn; if it is not committed, that is decided anew.
    var notes: [SharedNote] = []
    /// What they must know of turns before it, and still must if it is not committed.
    var inherited: [SharedNote] = []
    /// Reports that were decided about.
    var arrivals: [Arrival] = []
    /// Claims that were taken, and are handed out once the turn is committed.
    var claims: [Claim] = []
    var plans: [(order: Order, plan: Plan)] = []

    /// What a call is numbered by that this turn allows to begin.
    var order: Instant { Instant(nanoseconds: base.note + 1) }

    /// Adds a record; answers its number.
    @discardableResult
    mutating func append(_ record: Record, order: Int64 = 0) -> Int64 {
        let seq = turn.head.cut.seq + 1
        var line: [UInt8] = []
        RecordCodec.append(record, seq: seq, durable: base.seq, time: time, to: &line)
        turn.head.cut.seq = seq
        turn.head.bytes += Int64(line.count)
        turn.head.segmentBytes += Int64(line.count)
        line.removeLast()
        var isNews = false
        if case .confirmed(let confirmed) = record { isNews = confirmed.news }
        turn.records.append(
            RecordRow(
                seq: seq, kind: record.kind, payment: record.payment, isNews: isNews, order: order, time: time,
                line: line))
        return seq
    }

    /// Adds an `opened` record, which begins a segment and may name other endpoints.
    @discardableResult
    mutating func open(endpoints: [String]? = nil) -> Int64 {
        opened.endpoints = endpoints ?? opened.endpoints
        turn.head.segmentBytes = 0
        turn.head.segments += 1
        return append(.opened(opened))
    }
}

/// A report that waits for its turn.
struct Arrival: Sendable {
    let position: Int64
    let report: ReportedPayment
    let peer: String
    /// When it came, by the monotonic clock.
    let time: Int64
}

/// Something that is to be decided while the head is locked.
struct Order: Sendable {
    /// Decides it. Called anew when the turn was not committed.
    var decide: @Sendable (inout Draft, inout LedgerState) -> Plan
    /// Nothing of it will be written. Answers what the others must know of that.
    var giveUp: @Sendable (inout LedgerState, Instant) -> [SharedNote] = { _, _ in [] }
    /// Tells whoever waits for it that it failed.
    var fail: @Sendable (DatabaseFault) -> Void = { _ in }
    /// The delivery whose end it writes.
    var ends: DeliveryClaim?
    /// When it is given up, by the monotonic clock; nil for what is kept until it is written.
    var expires: Int64?
}

/// What was decided of an order.
struct Plan: Sendable {
    /// Its records are committed. Answers what the others must know of it beside them.
    var apply: @Sendable (inout LedgerState, Instant) -> [SharedNote] = { _, _ in [] }
    /// They are not, and it will be decided anew or given up.
    var undo: @Sendable (inout LedgerState, Instant) -> Void = { _, _ in }
    /// Tells whoever waits for it, when it may be told.
    var done: @Sendable () -> Void = {}
}
