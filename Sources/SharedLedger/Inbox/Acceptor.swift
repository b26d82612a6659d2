import Dispatch
import JournalFormat
import JournalStore
import Ledger
import Payments
import Synchronization

/// Takes the reports of one node in, and has them inserted into the inbox: all that wait together, by one statement.
///
/// It knows nothing of the ledger's state but what others tell it: that only reports of known payments are to be taken. While this node
/// decides, the reports need not go through the inbox: the term takes them from here, and has them recorded.
final class Acceptor: Sendable {
    /// How long a report waits before it is given up, in nanoseconds.
    static let patience: Int64 = 10_000_000_000
    /// So many bytes of reports may be in the inbox, of all nodes together.
    static let inboxBytes = 64 << 20

    private struct State {
        var queue: AcceptQueue
        /// Why no report is taken; nil while they are.
        var refusal: String?
        var isEnded = false
        var backoff = Backoff()
        /// Not before this is the database asked again.
        var notBefore = Int64.min
        /// Not before this is it asked what has been taken out of the inbox.
        var nextCount = Int64.min
        /// Wakes the term that takes the reports; nil while they go into the inbox.
        var term: (@Sendable () -> Void)?
        /// Whether somebody will look whether the oldest has waited for too long.
        var isWatched = false
    }

    private let database: any LedgerDatabase
    private let node: Int64
    private let environment: SharedEnvironment
    private let observers: ObserverList
    private let state: Mutex<State>
    private let knownOnly = Atomic(false)
    private let mustNotify = Atomic(true)
    private let committedPosition = Atomic<Int64>(0)
    private let slowCount = Atomic(0)
    private let loop = Mutex<StepLoop?>(nil)
    /// Held while observers hear which reports are durable, or never will be: one after the other.
    private let telling = Mutex(())
    /// Called when reports are in the inbox.
    private let arrived: @Sendable () -> Void
    /// Called when the database did not do what it was asked.
    private let faulted: @Sendable (DatabaseFault) -> Void

    init(
        _ database: any LedgerDatabase, node: Int64, _ observers: ObserverList, in environment: SharedEnvironment,
        arrived: @escaping @Sendable () -> Void, faulted: @escaping @Sendable (DatabaseFault) -> Void = { _ in }
    ) {
        self.faulted = faulted
        self.database = database
        self.node = node
        state = Mutex(State(queue: AcceptQueue(node: node)))
        self.observers = observers
        self.environment = environment
        self.arrived = arrived
        let queue = environment.queue("ecryptopayd.accept", .userInitiated)
        let loop = StepLoop(on: queue, in: environment) { [weak self] in self?.step() ?? .max }
        self.loop.withLock { $0 = loop }
    }

    /// The first invariant that does not hold; nil when all do: the queue's.
    func checkInvariants() -> String? { state.withLock { $0.queue.checkInvariants() } }

    /// The last position that is durable.
    var committed: Int64 { committedPosition.load(ordering: .acquiring) }

    /// Commits that took longer than a second.
    var slowCommitCount: Int { slowCount.load(ordering: .relaxed) }

    /// Why no report is taken; nil while they are.
    var refusal: String? {
        state.withLock { $0.isEnded ? nil : $0.refusal ?? ($0.queue.isFull ? Self.full : nil) }
    }

    private static let full = "too many reports wait in the inbox already"

    /// `nodes` share the inbox, of which each may fill its part. With `knownOnly` only reports of payments that were confirmed before are
    /// taken; `notifies` has other nodes told.
    func update(maxPending: Int, nodes: Int, knownOnly: Bool, notifies: Bool) {
        state.withLock {
            $0.queue.share = AcceptQueue.Share(
                reports: max(1, maxPending / max(1, nodes)), bytes: Self.inboxBytes / max(1, nodes))
        }
        self.knownOnly.store(knownOnly, ordering: .relaxed)
        mustNotify.store(notifies, ordering: .relaxed)
    }

    func record(_ report: ReportedPayment, peer: String, defersCommit: Bool) -> Reception {
        let now = environment.monotonic()
        // Before the lock: it is most of the work.
        let members = ReceivedMembers(
            Record.Received(payment: report.id, peer: peer, report: report.json, deviations: report.deviations))
        let reception: Reception = state.withLock { state in
            if let refusal = state.refusal { return .unavailable(refusal) }
            if state.queue.isFull { return .unavailable(Self.full) }
            return .pending(state.queue.append(members, time: now))
        }
        if !defersCommit || reception.isUnavailable { wake() }
        return reception
    }

    func wake() {
        let (term, isWatched) = state.withLock { ($0.term, $0.isWatched) }
        if !isWatched { watchForLateness() }
        if let term { return term() }
        loop.withLock { $0 }?.wake()
    }

    // MARK: What the term takes

    /// From now on the reports are to be had by ``begin()``: `wake` is called when there are some.
    func hand(to wake: @escaping @Sendable () -> Void) { state.withLock { $0.term = wake } }

    /// What is to be recorded next; every report goes into the inbox again once the term has ended.
    func begin() -> [InboxReport] {
        let now = environment.monotonic()
        watchForLateness()
        // What was inserted before this node decided may be in the inbox still.
        if state.withLock({ $0.queue.isHalfFull && $0.nextCount <= now }) { try? count(now) }
        return state.withLock { state in
            state.term == nil || state.isEnded ? [] : state.queue.begin(for: .term)
        }
    }

    /// The database answers, and what ``begin()`` gave is recorded and durable, but for the numbers that were left out.
    func recorded(_ refused: Set<Int64>, took: Int64) {
        _ = tell(took: took) { state in
            if !state.isEnded { state.refusal = nil }
            return state.queue.end(.term, refused: refused)
        }
    }

    /// The database does not answer the term, which asks again.
    func suspend(_ fault: DatabaseFault) {
        state.withLock { if !$0.isEnded, $0.term != nil { $0.refusal = fault.message } }
    }

    /// The term has ended: what it did not have recorded goes into the inbox.
    func takeBack() {
        let wasHanded = state.withLock { state in
            guard state.term != nil else { return false }
            state.term = nil
            state.queue.putBack(.term)
            return true
        }
        guard wasHanded else { return }
        mustNotify.store(true, ordering: .relaxed)
        loop.withLock { $0 }?.wake()
    }

    /// Takes nothing more; what waits is rejected.
    func end(_ reason: String) {
        state.withLock { state in
            state.isEnded = true
            state.refusal = reason
        }
        loop.withLock { $0 }?.end()
        reject(reason)
    }

    // MARK: The loop

    /// Inserts what waits, or, while nothing is taken, finds out whether the database answers again.
    private func step() -> Int64 {
        let now = environment.monotonic()
        let (term, notBefore) = state.withLock { ($0.term, $0.isEnded ? .max : $0.notBefore) }
        if let term {
            term()
            return .max
        }
        if now < notBefore { return notBefore }
        watchForLateness()
        do throws(DatabaseFault) {
            if state.withLock({ $0.queue.isHalfFull && $0.nextCount <= now }) { try count(now) }
            // The term may have begun meanwhile: then it has what waits.
            let next = state.withLock { $0.term == nil ? $0.queue.begin(for: .inbox) : nil }
            guard let batch = next else { return now }
            let (isRefusing, isFull) = state.withLock { ($0.refusal != nil, $0.queue.isFull) }
            if batch.isEmpty, !isRefusing { return isFull ? now + 100_000_000 : .max }
            let refused = try database.accept(
                batch, knownOnly: knownOnly.load(ordering: .relaxed),
                notifies: mustNotify.load(ordering: .relaxed) && !batch.isEmpty)
            accepted(refused, took: environment.monotonic() - now)
            return state.withLock { $0.queue.isIdle && !$0.queue.isFull } ? .max : environment.monotonic()
        } catch { return failed(error) }
    }

    private func count(_ now: Int64) throws(DatabaseFault) {
        let first = state.withLock { $0.queue.oldestInserted }
        let oldest = try database.oldestReport(of: node, from: first)
        state.withLock { state in
            state.queue.drained(before: oldest)
            state.nextCount = now + 10_000_000
        }
    }

    private func accepted(_ refused: Set<Int64>, took: Int64) {
        let isTold = tell(took: took) { state in
            state.backoff.reset()
            if !state.isEnded { state.refusal = nil }
            return state.queue.end(.inbox, refused: refused)
        }
        guard isTold else { return }
        arrived()
        if took >= 1_000_000_000 {
            slowCount.add(1, ordering: .relaxed)
            observers.tell { $0.ledgerWasSlow(.nanoseconds(took)) }
        }
    }

    /// Ends a batch and tells of it, before the next one is ended. Returns whether there was anything to tell.
    private func tell(took: Int64, _ end: (inout State) -> AcceptQueue.End?) -> Bool {
        let isTold = telling.withLock { _ in
            guard let end = state.withLock({ end(&$0) }) else { return false }
            if !end.refused.isEmpty { observers.tell { $0.ledgerDidRefuse(end.refused) } }
            committedPosition.store(end.committed, ordering: .releasing)
            observers.tell { $0.ledgerDidCommit(upTo: end.committed) }
            return true
        }
        if isTold { observers.tell { $0.ledgerDidSync(.nanoseconds(took)) } }
        return isTold
    }

    private func failed(_ fault: DatabaseFault) -> Int64 {
        let now = environment.monotonic()
        let notBefore = state.withLock { state in
            state.queue.putBack(.inbox)
            if !state.isEnded { state.refusal = fault.message }
            state.notBefore = now + state.backoff.next()
            // The term need not wait: it does so itself.
            return state.term == nil ? state.notBefore : now
        }
        watchForLateness()
        faulted(fault)
        return notBefore
    }

    // MARK: What waits for too long

    /// Sees to it that somebody looks when the oldest will have waited for too long. Rejects nothing itself: whoever calls may hold a lock
    /// that observers need.
    private func watchForLateness() {
        let now = environment.monotonic()
        let left: Int64? = state.withLock { state in
            guard !state.isWatched, let oldest = state.queue.oldest else { return nil }
            state.isWatched = true
            return max(0, oldest + Self.patience - now)
        }
        if let left { environment.after(left) { [weak self] in self?.rejectLate() } }
    }

    /// Rejects what has waited for too long, and all else with it.
    private func rejectLate() {
        let now = environment.monotonic()
        let reason: String? = state.withLock { state in
            state.isWatched = false
            guard let oldest = state.queue.oldest, now - oldest >= Self.patience else { return nil }
            // What comes next need not wait as long, until the database does something again.
            let reason = state.refusal ?? "the database did not answer in \(Self.patience / 1_000_000_000) s"
            state.refusal = reason
            return reason
        }
        if let reason { reject(reason) }
        watchForLateness()
    }

    /// Nothing is told to be durable in between, or one that is gone would be acknowledged for another.
    private func reject(_ reason: String) {
        telling.withLock { _ in
            state.withLock { $0.queue.rejectAll() }
            observers.tell { $0.ledgerDidReject(after: committed, reason: reason) }
        }
    }
}

extension Reception {
    fileprivate var isUnavailable: Bool { if case .unavailable = self { true } else { false } }
}
