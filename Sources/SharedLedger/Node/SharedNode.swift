import Dispatch
import JournalFormat
import JournalStore
package import Ledger
import Synchronization

/// One node of a ledger that several keep in a database: it takes reports in, shows the records, and decides while it has the lease.
///
/// What the node does by itself happens on a queue that watches the lease; the reports have a queue of their own, and so has whoever
/// decides. Who confirms, reconciles and delivers is told when the node begins to decide, and when it does so no longer.
package final class SharedNode: Sendable {
    /// What an operator can set, and what does not change.
    package struct Options: Sendable {
        /// Bounds of the state.
        package var limits: LedgerState.Limits
        /// Whose payments these are.
        package var account: LedgerAccount
        /// The host's name, for people.
        package var name: String
        /// The program's version.
        package var version: String
        /// The id that a ledger gets which does not exist yet.
        package var journal: String
        /// A new segment begins after that many bytes.
        package var segmentBytes: Int64
        /// Of each setting that must be the same on all nodes, its name and a digest.
        package var configuration: [String: String]
        /// Whether the first term of this node makes its client id the ledger's.
        package var adoptsClient = false
        /// Whether the database was set back to an earlier point: the first term of this node goes on behind all that was written since.
        package var isRestored = false

        package init(
            limits: LedgerState.Limits, account: LedgerAccount, name: String, version: String, journal: String,
            segmentBytes: Int64, configuration: [String: String]
        ) {
            self.limits = limits
            self.account = account
            self.name = name
            self.version = version
            self.journal = journal
            self.segmentBytes = segmentBytes
            self.configuration = configuration
        }
    }

    /// What happens to the node, in order. Called on the queue that watches; may block.
    package enum Event: Sendable {
        /// It decides from now on.
        case began(Term)
        /// It decides no longer: everything that works on the term's ledger is to be stopped before the call returns.
        case ended(Term, reason: String)
        /// Another node has left this command: to be answered with ``answer(_:with:)``.
        case command(StoredCommand, Term)
    }

    /// The first invariant that does not hold; nil when all do: those of what takes reports in, and of the term.
    package func checkInvariants() -> String? {
        acceptor.checkInvariants() ?? state.withLock { $0.term }?.checkInvariants()
    }

    struct State {
        var options: Options
        var identity: LedgerIdentity?
        var restore: Record.Restore?
        var standing: LedgerStanding?
        var term: Term?
        /// Terms that have ended by themselves and are to be told of.
        var endings: [(Term, Epoch.End)] = []
        var commands: [(StoredCommand, Term)] = []
        var isClosing = false
        var failure: DatabaseFault?
        var fault: DatabaseFault?
        var behindSince: Int64?
        var nextWrite = Int64.min
        var handler: (@Sendable (Event) -> Void)?
    }

    let database: any LedgerDatabase
    let environment: SharedEnvironment
    /// A number drawn for this run of the program.
    package let node: Int64
    private let seed: UInt64
    let state: Mutex<State>
    let observers = ObserverList()
    let acceptor: Acceptor
    private let watching: any SerialQueue
    let loop = Mutex<StepLoop?>(nil)
    /// Every record up to this may be shown.
    let shown = Atomic<Int64>(0)
    /// By how much the server's clock is ahead of the monotonic one, in nanoseconds.
    private let offset = Atomic<Int64>(0)
    /// Commits of records that took longer than a second.
    let slowTermCommits = Atomic<Int>(0)
    /// Taken over by the acceptor before the node itself is there.
    private let waker = Waker()

    /// A node that has not joined yet: see ``open()``. Its number and jitter are drawn from `seed`.
    package init(
        _ database: any LedgerDatabase, _ options: Options, seed: UInt64, in environment: SharedEnvironment = .machine
    ) {
        self.database = database
        self.environment = environment
        self.seed = seed
        var random = SplitMix64(seed: seed)
        node = Int64.random(in: 1 ... .max, using: &random)
        state = Mutex(State(options: options))
        watching = environment.queue("ecryptopayd.watch", .userInitiated)
        acceptor = Acceptor(database, node: node, observers, in: environment) { [waker] in
            waker.wake()
        } faulted: { [waker] in
            waker.note($0)
        }
        let loop = StepLoop(on: watching, in: environment) { [weak self] in self?.step() ?? .max }
        self.loop.withLock { $0 = loop }
        waker.set { [weak self] in
            self?.state.withLock { $0.term }?.wake(isReportLeft: true)
        } failed: { [weak self] in
            self?.fail($0)
        }
    }

    /// How often the node looks at the lease, in nanoseconds.
    static let pollInterval: Int64 = 1_000_000_000
    /// How often it shows itself to the others, in nanoseconds.
    private static let writeInterval: Int64 = 3_000_000_000

    // MARK: Life

    /// Makes the tables if they are not there, and joins. Blocks. Throws ``DatabaseFault``, and `OtherAccount` when the ledger is about
    /// another account.
    package func open() throws {
        let options = state.withLock { $0.options }
        let identity = try database.prepare(journal: options.journal)
        try options.account.refuse(otherThan: identity, adoptsClient: options.adoptsClient)
        state.withLock { state in
            state.identity = identity
            state.restore = Record.Opened(identity.opened)?.restore
        }
        do { try watch(environment.monotonic()) } catch {
            // It may be a node for others already.
            try? database.leave(node)
            throw error
        }
    }

    /// Begins to take part: `handler` is told when this node decides.
    package func start(_ handler: @escaping @Sendable (Event) -> Void) {
        state.withLock { $0.handler = handler }
        database.listen { [weak self] in self?.hear($0) }
        loop.withLock { $0 }?.wake()
    }

    /// Has changed settings take effect.
    package func update(limits: LedgerState.Limits, configuration: [String: String]) {
        let term = state.withLock { state in
            state.options.limits = limits
            state.options.configuration = configuration
            state.nextWrite = .min
            return state.term
        }
        term?.ledger.update(.init(limits: limits))
        loop.withLock { $0 }?.wake()
    }

    /// Stops in order: takes no reports any more, lets another node decide, and leaves. What worked on a term's ledger has been stopped.
    package func close() async {
        let term = state.withLock { state in
            state.isClosing = true
            return state.term
        }
        database.listen(nil)
        acceptor.end("the program stops")
        await term?.close()
        loop.withLock { $0 }?.end()
        try? database.leave(node)
        term?.ledger.detach()
        observers.removeAll()
    }

    /// The time of the server's clock, in nanoseconds since 1970.
    package var serverTime: Int64 { environment.monotonic() + offset.load(ordering: .relaxed) }

    // MARK: Watching

    private func hear(_ notification: LedgerNotification) {
        switch notification {
        case .inbox: state.withLock { $0.term }?.wake(isReportLeft: true)
        case .records(let durable, let head):
            database.proof.note(durable, head: head[...])
            show(durable)
        case .other:
            state.withLock { $0.term }?.wake(isReportLeft: true, isCommandLeft: true)
            loop.withLock { $0 }?.wake()
        }
    }

    /// Records up to this one are durable.
    private func show(_ durable: Int64) {
        if shown.max(durable, ordering: .acquiringAndReleasing).oldValue < durable {
            observers.tell { $0.ledgerDidCommit(upTo: acceptor.committed) }
        }
    }

    private func step() -> Int64 {
        let now = environment.monotonic()
        tellOfTerms()
        guard state.withLock({ $0.failure == nil && !$0.isClosing }) else { return .max }
        do throws(DatabaseFault) {
            try watch(now)
            if mayTakeOver { try takeOver() }
            state.withLock { state in
                state.fault = nil
                state.behindSince = nil
            }
        } catch { note(error, now) }
        tellOfTerms()
        return environment.monotonic() + nextLook
    }

    private func watch(_ now: Int64) throws(DatabaseFault) {
        let (row, writes) = state.withLock { state in
            let row = NodeRow(
                node: node, name: state.options.name, version: state.options.version,
                configuration: Configurations.text(state.options.configuration))
            return (row, state.nextWrite <= now)
        }
        let standing = try database.watch(row, writes: writes)
        let (term, options) = state.withLock { state in
            state.standing = standing
            if writes { state.nextWrite = now + Self.writeInterval }
            return (state.term, state.options)
        }
        // Whoever decides gives out numbers that were given out before.
        if options.isRestored, let other = standing.lease, other.isHeld(otherThan: node) {
            throw DatabaseFault(kind: .occupied, message: "another node decides, on \(other.name)")
        }
        offset.store(standing.time - environment.monotonic(), ordering: .relaxed)
        if let lease = standing.lease {
            database.proof.note(epoch: lease.epoch)
            if lease.durable > 0 { database.proof.note(lease.durable, head: lease.head[...]) }
            show(lease.durable)
        }
        acceptor.update(
            maxPending: options.limits.maxPending, nodes: standing.nodes.count,
            knownOnly: standing.lease?.isFull ?? false, notifies: term == nil)
    }

    private var mayTakeOver: Bool {
        state.withLock { state in
            guard state.term == nil, !state.isClosing, let standing = state.standing else { return false }
            return standing.lease?.isHeld(otherThan: node) != true
        }
    }

    /// How long nothing need be looked at, in nanoseconds: until the lease of whoever decides would run out, but no longer than a while.
    private var nextLook: Int64 {
        state.withLock { state in
            guard state.term == nil, let left = state.standing?.lease?.left, left > 0 else { return Self.pollInterval }
            return min(Self.pollInterval, left + 10_000_000)
        }
    }

    private func takeOver() throws(DatabaseFault) {
        let (options, identity) = state.withLock { ($0.options, $0.identity) }
        guard let identity else { return }
        let takeover = Takeover(
            database: database, options: options, node: node, journal: identity.journal,
            seed: seed ^ UInt64(bitPattern: environment.monotonic()),
            realtime: { [weak self] in self?.serverTime ?? 0 },
            environment: environment)
        guard let term = try takeover.run(hooks) else { return }
        let isClosing = state.withLock { state in
            if !state.isClosing { state.term = term }
            // Said of this start, and done.
            (state.options.adoptsClient, state.options.isRestored) = (false, false)
            state.restore = term.ledger.journal.restore
            return state.isClosing
        }
        if isClosing { return term.abandon() }
        show(term.ledger.durable)
        acceptor.update(
            maxPending: options.limits.maxPending, nodes: state.withLock { $0.standing?.nodes.count ?? 1 },
            knownOnly: false, notifies: false)
        // First, so that the lease is renewed however long the handler takes.
        term.start()
        state.withLock { $0.handler }?(.began(term))
    }

    private var hooks: Term.Hooks {
        Term.Hooks(
            committed: { [weak self] in self?.show($0) },
            commanded: { [weak self] commands in
                self?.state.withLock { state in
                    guard let term = state.term else { return }
                    state.commands += commands.map { ($0, term) }
                }
                self?.loop.withLock { $0 }?.wake()
            },
            ended: { [weak self] end in
                self?.state.withLock { state in
                    if let term = state.term { state.endings.append((term, end)) }
                }
                self?.loop.withLock { $0 }?.wake()
            },
            failed: { [weak self] fault in
                self?.state.withLock { $0.fault = fault }
                self?.acceptor.suspend(fault)
            },
            wasSlow: { [weak self] duration in
                self?.slowTermCommits.add(1, ordering: .relaxed)
                self?.observers.tell { $0.ledgerWasSlow(duration) }
            },
            missedCheckpoint: { [weak self] reason in self?.observers.tell { $0.ledgerMissedCheckpoint(reason: reason) }
            },
            acceptor: acceptor,
            hasFollowers: { [weak self] in self?.state.withLock { $0.standing?.nodes.count ?? 1 } ?? 1 > 1 })
    }

    // MARK: Terms

    /// Tells of terms that have ended, and of commands.
    private func tellOfTerms() {
        let (endings, commands, handler) = state.withLock { state in
            defer { (state.endings, state.commands) = ([], []) }
            return (state.endings, state.commands, state.handler)
        }
        for (command, term) in commands { handler?(.command(command, term)) }
        for (term, end) in endings {
            let reason = end.reason
            handler?(.ended(term, reason: reason))
            term.ledger.detach()
            state.withLock { if $0.term === term { $0.term = nil } }
            if case .lost(let fault) = end { fail(fault) }
        }
    }

    /// The database did not do what it was asked. It is asked again, unless it has lost what was acknowledged.
    private func note(_ fault: DatabaseFault, _ now: Int64) {
        let since = state.withLock { state in
            state.fault = fault
            state.behindSince = fault.kind == .behind ? state.behindSince ?? now : nil
            return state.behindSince
        }
        if fault.isLasting { return fail(fault) }
        if let since, now - since >= Epoch.behindPatience { fail(fault) }
    }

    /// Nothing more is acknowledged: the process has to end.
    private func fail(_ fault: DatabaseFault) {
        state.withLock { $0.failure = $0.failure ?? fault }
        acceptor.end(fault.message)
        observers.tell { $0.ledgerDidFail(reason: fault.message, errno: 5) }
    }
}

extension LeaseRow {
    /// Whether another node decides. It may be this one's own, when the answer to an attempt was lost; or the server's clock was set back.
    fileprivate func isHeld(otherThan own: Int64) -> Bool {
        guard let node else { return false }
        return node != own && left > 0 && left <= 2 * Epoch.lease
    }
}

extension Epoch.End {
    /// In words for an operator.
    var reason: String {
        switch self {
        case .deposed: "another node decides now"
        case .lost(let fault): fault.message
        case .stopped: "the program stops"
        }
    }
}

/// Whom to wake, once that is known.
private final class Waker: Sendable {
    /// A struct, since a closure that is a lock's value itself would be wrapped anew at each look.
    private struct State {
        var work: (@Sendable () -> Void)?
        var failed: (@Sendable (DatabaseFault) -> Void)?
    }

    private let state = Mutex(State())

    func set(_ work: @escaping @Sendable () -> Void, failed: @escaping @Sendable (DatabaseFault) -> Void) {
        state.withLock { state in
            state.work = work
            state.failed = failed
        }
    }

    /// A fault that does not pass by itself ends the node.
    func note(_ fault: DatabaseFault) {
        if fault.isLasting { state.withLock { $0.failed }?(fault) }
    }

    func wake() { state.withLock { $0.work }?() }
}

extension LedgerAccount {
    func refuse(otherThan identity: LedgerIdentity, adoptsClient: Bool = false) throws {
        guard let line = identity.opened else { return }
        let account: LedgerAccount
        do throws(LineFault) {
            guard case .opened(let opened) = try Entry(line: line.span).record else { return }
            account = LedgerAccount(api: opened.api, client: opened.client)
        } catch {
            // Damage is told of with its place by whoever reads all of it.
            guard case .laterVersion = error else { return }
            throw DatabaseFault(error, in: "the newest record of the kind \"opened\" in the database")
        }
        try account.refuse(other: self, adoptsClient: adoptsClient)
    }
}
