import JournalFormat
import Ledger
import Payments
import Synchronization

/// One epoch's access to the database: everything that whoever decides writes goes through here, and carries the epoch.
///
/// Invariant: what this node believes to be durable, ``last``, is in the database, or ``end`` says why the epoch is over. A call whose
/// outcome is unknown is followed by taking the lease again: that waits until the call can have no effect any more, and shows whether it
/// had one.
final class Epoch: Sendable {
    /// How it ended.
    enum End: Hashable, Sendable {
        /// Another node decides, or will: what is not durable is nowhere.
        case deposed
        /// The database lacks what was acknowledged.
        case lost(DatabaseFault)
        /// The program stops, and the database did not answer in time.
        case stopped
    }

    private struct State {
        var epoch: Int64
        /// The last durable record, and what tells its line from others.
        var last: Int64
        var head: [UInt8]
        var end: End?
        /// Since when the database lacks what was acknowledged.
        var behindSince: Int64?
        var backoff = Backoff()
        /// No more attempts after this.
        var deadline = Int64.max
        var renewedAt: Int64
        var saidFull = false
    }

    /// How long the lease runs, in nanoseconds.
    static let lease: Int64 = 7_000_000_000
    /// How often it is renewed.
    static let renewal: Int64 = 3_000_000_000
    /// How long a former primary may be met with before the database counts as set back.
    static let behindPatience: Int64 = 15_000_000_000

    let database: any LedgerDatabase
    private let node: Int64
    private let name: String
    private let environment: SharedEnvironment
    /// Told when the database does not do what it was asked.
    private let failed: @Sendable (DatabaseFault) -> Void
    private let state: Mutex<State>

    init(
        _ grant: LeaseGrant, of node: Int64, named name: String, _ database: any LedgerDatabase,
        in environment: SharedEnvironment, failed: @escaping @Sendable (DatabaseFault) -> Void = { _ in }
    ) {
        self.failed = failed
        self.database = database
        self.node = node
        self.name = name
        self.environment = environment
        state = Mutex(
            State(
                epoch: grant.epoch, last: grant.last?.seq ?? grant.pruned, head: Array(grant.last?.head ?? []),
                renewedAt: environment.monotonic()))
        database.proof.note(epoch: grant.epoch)
    }

    /// Its number; it grows when the lease had to be taken again.
    var number: Int64 { state.withLock { $0.epoch } }

    /// How it ended; nil while it lasts.
    var end: End? { state.withLock { $0.end } }

    /// Why it ended, in words for an operator.
    var reason: String { (end ?? .stopped).reason }

    /// The last durable record.
    var last: Int64 { state.withLock { $0.last } }

    /// The same, with what tells its line from others.
    var lastRecord: (seq: Int64, head: [UInt8]) { state.withLock { ($0.last, $0.head) } }

    /// Gives up after so many nanoseconds, whatever is under way.
    func stop(within limit: Int64) { state.withLock { $0.deadline = environment.monotonic() + limit } }

    /// Writes a batch, whatever happens to the connection meanwhile; false when the epoch has ended before that.
    func write(_ batch: LedgerBatch) -> Bool {
        let last = batch.records.last.map { StoredRecord(seq: $0.seq, line: $0.line) }
        return insist(writing: last) { epoch throws(DatabaseFault) in
            try self.database.append(batch, epoch: epoch)
        } andThen: {
            guard let last else { return }
            self.state.withLock { ($0.last, $0.head) = (last.seq, Array(last.head)) }
            self.database.proof.note(last.seq, head: last.head)
        }
    }

    /// Asks for something that writes nothing; nil when the epoch has ended before there was an answer.
    func ask<Value>(_ question: (any LedgerDatabase) throws(DatabaseFault) -> Value) -> Value? {
        var value: Value?
        _ = insist { _ throws(DatabaseFault) in
            value = try question(self.database)
            return true
        } andThen: {
        }
        return value
    }

    /// Renews the lease if that is due; false when the epoch has ended.
    func renew(isFull: Bool) -> Bool {
        let now = environment.monotonic()
        let isDue = state.withLock { now - $0.renewedAt >= Self.renewal || $0.saidFull != isFull }
        if !isDue { return end == nil }
        return insist { epoch throws(DatabaseFault) in
            try self.database.renewLease(self.claim(epoch), durable: self.last, isFull: isFull)
        } andThen: {
            self.state.withLock { state in
                state.renewedAt = now
                state.saidFull = isFull
            }
        }
    }

    /// Lets others decide. Nothing is written afterwards.
    func release() {
        let (epoch, last) = state.withLock { state in
            state.end = state.end ?? .stopped
            return (state.epoch, state.last)
        }
        try? database.releaseLease(epoch: epoch, durable: last)
    }

    private func claim(_ epoch: Int64) -> LeaseClaim {
        LeaseClaim(node: node, name: name, epoch: epoch, duration: Self.lease)
    }

    // MARK: Insisting

    /// What stands at the end of the records, once the lease has been taken again.
    private enum Standing {
        /// What stood there before.
        case unchanged
        /// What was being written.
        case written
    }

    /// Does something until it is done; false when the epoch has ended. `work` returns false when another epoch has begun; `record` is the
    /// last that it writes.
    private func insist(
        writing record: StoredRecord? = nil, _ work: (Int64) throws(DatabaseFault) -> Bool,
        andThen succeeded: () -> Void
    ) -> Bool {
        while true {
            guard let epoch = state.withLock({ $0.end == nil ? $0.epoch : nil }) else { return false }
            do throws(DatabaseFault) {
                guard try work(epoch) else { return finish(.deposed) }
                state.withLock { state in
                    state.backoff.reset()
                    state.behindSince = nil
                }
                succeeded()
                return true
            } catch {
                guard let standing = recover(from: error, writing: record) else { return false }
                if standing == .written {
                    succeeded()
                    return true
                }
            }
        }
    }

    /// Takes the lease again after a fault, as often as it takes; nil when the epoch has ended.
    private func recover(from fault: DatabaseFault, writing record: StoredRecord?) -> Standing? {
        var fault = fault
        while mayGoOn(after: fault) {
            do throws(DatabaseFault) {
                guard let grant = try database.takeLease(claim(number)) else { return end(.deposed) }
                return take(grant, writing: record)
            } catch { fault = error }
        }
        return nil
    }

    /// Waits before the next attempt; false when there is none.
    private func mayGoOn(after fault: DatabaseFault) -> Bool {
        if fault.kind != .conflict { failed(fault) }
        let now = environment.monotonic()
        let (pause, end) = state.withLock { state -> (Int64, End?) in
            let pause = fault.kind == .conflict ? 0 : state.backoff.next()
            state.behindSince = fault.kind == .behind ? state.behindSince ?? now : nil
            if let since = state.behindSince, now - since >= Self.behindPatience { return (0, .lost(fault)) }
            if fault.isLasting { return (0, .lost(fault)) }
            return (pause, now + pause >= state.deadline ? .stopped : nil)
        }
        if let end { return finish(end) }
        if pause > 0 { environment.pause(pause) }
        return true
    }

    /// Goes on in the epoch that has begun, if nobody else has written since: whoever decides begins with a record.
    private func take(_ grant: LeaseGrant, writing record: StoredRecord?) -> Standing? {
        database.proof.note(epoch: grant.epoch)
        let (seq, head) = (grant.last?.seq ?? grant.pruned, Array(grant.last?.head ?? []))
        let (last, expected) = state.withLock { ($0.last, $0.head) }
        let isUnchanged = seq == last && (head == expected || expected.isEmpty)
        let isWritten = seq == record?.seq && head == record.map { Array($0.head) }
        guard isUnchanged || isWritten else {
            let fault = DatabaseFault(
                kind: .behind, message: "the database lacks record \(last), which it had acknowledged")
            return end(seq > last ? .deposed : .lost(fault))
        }
        state.withLock { state in
            state.epoch = grant.epoch
            state.renewedAt = environment.monotonic()
        }
        return isWritten ? .written : .unchanged
    }

    private func end(_ end: End) -> Standing? {
        _ = finish(end)
        return nil
    }

    private func finish(_ end: End) -> Bool {
        state.withLock { $0.end = $0.end ?? end }
        return false
    }
}
