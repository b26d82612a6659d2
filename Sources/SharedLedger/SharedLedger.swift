import JournalFormat
public import Payments
import Synchronization

/// The ledger that several nodes keep together, in a database.
///
/// Each node has all of the state in memory, and follows a log of records. Whatever another node could contradict is decided in a
/// *turn*: one transaction that locks the head, catches up with what the others wrote, decides with the same value that decides
/// for files, writes, and commits. The head's lock is to all nodes what the state's lock is to a ledger of files.
///
/// A report's way: ``record(_:peer:gathers:)`` puts it into the ``Inbox``; the loop in `SharedLedger+Turn.swift` takes it into a
/// ``Draft``, commits that, applies it, and tells the observers.
public final class SharedLedger: Sendable {
    /// What an operator can set, and what does not change.
    public struct Options: Sendable {
        /// Bounds of the state.
        public var limits: LedgerState.Limits
        /// Whose payments these are.
        public var account: LedgerAccount
        /// The host's name, for people.
        public var name: String
        /// The program's version.
        public var version: String
        /// The id that a ledger gets which does not exist yet.
        public var journal: String
        /// How large a segment may grow.
        public var segmentBytes: Int64
        /// How long a call of the API may take at the longest, with all that belongs to it.
        public var longestCall: Duration

        /// How often a node without work looks what the others did, in nanoseconds.
        var pollInterval: Int64 = 100_000_000
        /// How long a node's last turn may lie back before it renews its lease, in nanoseconds.
        var renewal: Int64 = 3_000_000_000

        /// Sets all of them.
        public init(
            limits: LedgerState.Limits, account: LedgerAccount, name: String, version: String, journal: String,
            segmentBytes: Int64, longestCall: Duration
        ) {
            self.limits = limits
            self.account = account
            self.name = name
            self.version = version
            self.journal = journal
            self.segmentBytes = segmentBytes
            self.longestCall = longestCall
        }

        /// How long a node counts as living behind each of its turns: longer than anything that it does alone.
        var lease: Int64 { max(longestCall, SharedLedger.longestDelivery).nanoseconds + 10_000_000_000 }
    }

    /// An attempt to deliver takes no longer than this.
    static let longestDelivery: Duration = .seconds(15)
    /// How long a report, or an order that somebody waits for, waits before it is given up.
    static let patience: Int64 = 10_000_000_000
    /// How long a report may wait before no other is taken in.
    static let strain: Int64 = 2_000_000_000
    /// So many reports are decided in one turn.
    static let batch = 2048
    /// And so many bytes of them.
    static let batchBytes = 4 << 20
    /// How long what the others must know may wait for a turn that has more to write.
    static let noteDelay: Int64 = 20_000_000

    /// All that the loop and the ledger's callers share.
    struct Core: Sendable {
        /// A time before every other, from which durations can be told.
        static let never = Int64.min / 2

        var state: LedgerState
        var options: Options
        /// What the state reflects.
        var cut = Cut(seq: 0, note: 0)
        /// The head of the last record's line.
        var lastHead: [UInt8] = []
        /// The last note of it, if this node has seen it.
        var lastNote: StoredNote?
        /// Whether the database may have lost it since: it is asked for once more.
        var isNoteDoubtful = false
        var journal = ""
        /// This run's number, or a new one since it was taken for dead.
        var node: Int64
        /// The last turn that was committed.
        var turnNumber: Int64 = 0
        /// Until when the node certainly counts as living, by the monotonic clock.
        var leaseEnd = Core.never
        /// For how long the machine has been suspended, as ``leaseEnd`` counts it.
        var suspended: Int64 = 0
        var lastTurn = Core.never
        var lastLook = Core.never
        /// Whether there is more that should be read before the head is locked.
        var isBehind = false
        /// The record as of which the state was folded, while it is being read: what was to go out again before that stands in
        /// it, or has gone out.
        var foldedSeq: Int64? = 0
        /// By how much the server's clock is ahead of the monotonic one.
        var offset: Int64 = 0
        var offsetFrom = Core.never
        /// What this node alone does.
        var leases: Set<String> = []
        /// Whether one of those that it wants is free.
        var isLeaseFree = false
        /// The last turn of each other node, and since when it has been that.
        var watched: [Int64: (turn: Int64, since: Int64)] = [:]
        /// Nodes that are dead, and not yet for the others.
        var isSomebodyDead = false
        var orders: [Order] = []
        /// What the others must know and do not yet; times are this node's.
        var notes: [SharedNote] = [] {
            didSet { if notes.isEmpty { notesFrom = nil } }
        }
        /// Since when they wait.
        var notesFrom: Int64?
        /// Calls that the confirmer would begin.
        var wanted = 0
        /// When the confirmer last asked for what was due.
        var askedAt = Core.never
        /// Calls that may begin, and since when.
        var pool: [(claim: Claim, since: Int64)] = []
        /// A turn of which nobody knows yet whether it was committed.
        var doubt: Draft?
        /// Turns that are applied and not told: another commit has to prove them durable.
        var owed: [Draft] = []
        /// Whether another node has confirmed something, and no commit of this one stands behind it yet: a server shows what it
        /// has committed before it has crashed, and with a warning, though its standby may never have got it.
        var hasUnprovenNews = false
        var segments: Int64 = 0
        var bytes: Int64 = 0
        /// What is to be folded, while this node does that for all and has found out.
        var folding: Folding?
        var lastFold = Core.never
        /// Whether what has changed is waited for.
        var isFoldForced = false
        /// Whether rows are on their way to the database.
        var isFolding = false
        var isClosing = false
        var isEnded = false
        var failure: String?
        var times = LastTimes()
        /// The endpoints that this node can deliver to.
        var ownEndpoints: Set<String> = []
        var random: SplitMix64

        mutating func draw(_ bound: Int64) -> Int64 { Int64.random(in: 0...max(0, bound), using: &random) }
    }

    let database: any LedgerDatabase
    let surroundings: SharedSurroundings
    let core: Mutex<Core>
    let inbox = Mutex(Inbox())
    let observers = Mutex<[any LedgerObserver]>([])
    /// Held while observers hear which reports are durable, or are not and never will be: one after the other.
    let telling = Mutex(())
    let waker: Waker
    private let slowCommits = Atomic(0)
    /// How many more payments that were never confirmed may wait, as of the last turn.
    let placesLeft: Atomic<Int>
    /// The last position that is durable.
    let committedPosition = Atomic<Int64>(0)
    /// The last record that may be shown: the last that a commit of this node's stands behind.
    let shown = Atomic<Int64>(0)
    /// Since when the loop has waited for the database; 0 while it does not.
    let stepBegan = Atomic<Int64>(0)
    /// Failures in a row, for the pause between attempts.
    let failures = Atomic(0)
    let loop = Mutex<Task<Void, Never>?>(nil)

    /// A ledger that is not open yet: see ``open()``. Jitter and the node's number are drawn from `seed`.
    public init(
        _ database: any LedgerDatabase, _ options: Options, seed: UInt64, in surroundings: SharedSurroundings = .machine
    ) {
        self.database = database
        self.surroundings = surroundings
        waker = Waker(surroundings)
        placesLeft = Atomic(options.limits.maxPending)
        let now = Instant(nanoseconds: surroundings.monotonic())
        core = Mutex(
            Core(
                state: LedgerState(limits: options.limits, seed: seed, now: now), options: options,
                node: Self.nextNumber(after: Int64(truncatingIfNeeded: seed)), random: SplitMix64(seed: seed)))
    }

    /// Numbers that no two nodes share but by a chance of one in 2^62.
    static func nextNumber(after number: Int64) -> Int64 {
        var random = SplitMix64(seed: UInt64(bitPattern: number) ^ 0x9e37_79b9_7f4a_7c15)
        return Int64.random(in: 1 ... .max, using: &random)
    }

    func now() -> Instant { Instant(nanoseconds: surroundings.monotonic()) }

    func noteSlowCommit() { slowCommits.add(1, ordering: .relaxed) }

    /// Turns that took longer than a second.
    public var slowCommitCount: Int { slowCommits.load(ordering: .relaxed) }

    /// Changes bounds at run time.
    public func update(limits: LedgerState.Limits, longestCall: Duration) {
        core.withLock {
            $0.options.limits = limits
            // Calls of before may still be under way.
            $0.options.longestCall = max($0.options.longestCall, longestCall)
            $0.state.limits = limits
            placesLeft.store($0.state.placesLeft, ordering: .relaxed)
        }
    }

    /// Does something with each observer, outside of every lock.
    func tell(_ body: (any LedgerObserver) -> Void) {
        for observer in observers.withLock({ $0 }) { body(observer) }
    }
}
