package import SharedLedger

/// A record on a simulated server, with what nobody sees there.
package struct StoredRow: Hashable, Sendable {
    package var record: RecordRow
    /// The epoch in which it was written.
    package var epoch: Int64
    /// Who wrote it.
    package var node: String
    /// When it was committed, by a clock that nobody sets.
    package var committed: Int64

    var stored: StoredRecord { StoredRecord(seq: record.seq, line: record.line) }
}

/// A report in the inbox of a simulated server.
struct InboxRow: Sendable {
    let time: Int64
    let report: InboxReport
}

/// A command on a simulated server.
struct CommandRow: Sendable {
    let number: Int64
    let time: Int64
    let text: String
    var isTaken = false
    var answer: String?
}

/// The lease on a simulated server, which shows it as a ``LeaseRow``.
struct StoredLease: Sendable {
    var epoch: Int64
    var node: Int64?
    var name: String
    var since: Int64
    var until: Int64
    var durable: Int64 = 0
    var isFull = false
}
