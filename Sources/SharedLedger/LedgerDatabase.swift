public import Payments

/// A ledger that several nodes share, as one of them sees it: a log of records, a log of notes, one row that whoever adds to
/// them has locked, and a row for each node that lives.
///
/// All but ``records`` and ``keeper`` is one connection's, and is asked for one thing after the other. A simulation answers when it likes; the
/// real one may block the thread that it is called on, which is the one of ``executor``.
public protocol LedgerDatabase: Sendable {
    /// Where it is to be called; nil for anywhere.
    var executor: (any TaskExecutor)? { get }

    /// Connects, brings the tables to this program's version, makes the ledger if there is none, and adds a row for this node,
    /// whose lease begins.
    func join(_ node: NodeIdentity) async throws(DatabaseFault) -> Joined

    /// Reads the folded state: what a start goes on from.
    func load() async throws(DatabaseFault) -> Loaded

    /// Begins a transaction, waits for the head's lock, and shows all that was added behind `cut` (or so much of it that the
    /// lock must not be held for the rest). After an answer the transaction is open, and ended by ``commit(_:)`` or
    /// ``rollBack()``; after a fault there is none.
    func lock(after cut: Cut) async throws(DatabaseFault) -> SharedView

    /// Writes a turn in the transaction that ``lock(after:)`` has begun, and commits.
    func commit(_ turn: Turn) async -> CommitOutcome

    /// Ends the transaction that ``lock(after:)`` has begun, without a trace.
    func rollBack() async

    /// Shows what was added behind `cut`, without the lock.
    func look(after cut: Cut) async throws(DatabaseFault) -> SharedView

    /// Reads records, on a connection of its own.
    var records: any RecordSource { get }

    /// Keeps the tables small, on a connection of its own.
    var keeper: any LedgerKeeper { get }
}

/// Who joins.
public struct NodeIdentity: Hashable, Sendable {
    /// A number drawn for this run of the program.
    public var number: Int64
    /// The host's name, for people.
    public var name: String
    /// The program's version, for people.
    public var version: String
    /// The id that a ledger gets which does not exist yet.
    public var journal: String
    /// How long the node counts as living behind each of its turns, in nanoseconds.
    public var lease: Int64

    /// Sets all of them.
    public init(number: Int64, name: String, version: String, journal: String, lease: Int64) {
        self.number = number
        self.name = name
        self.version = version
        self.journal = journal
        self.lease = lease
    }
}

/// What joining found.
public struct Joined: Sendable {
    /// The ledger's id.
    public var journal: String
    /// The line of the newest `opened` record; nil in a new ledger.
    public var opened: [UInt8]?

    /// Joins both.
    public init(journal: String, opened: [UInt8]?) {
        self.journal = journal
        self.opened = opened
    }
}

/// The folded state.
public struct Loaded: Sendable {
    /// What is known and what waits.
    public var rows: LedgerRows
    /// As of which record that is, and the note before the first that is still there.
    public var cut: Cut

    /// Joins both.
    public init(rows: LedgerRows, cut: Cut) {
        self.rows = rows
        self.cut = cut
    }
}

/// How far a node has followed.
public struct Cut: Hashable, Sendable {
    /// The last record that its state reflects.
    public var seq: Int64
    /// The last note.
    public var note: Int64

    /// Joins both.
    public init(seq: Int64, note: Int64) {
        self.seq = seq
        self.note = note
    }
}

/// What became of a commit.
public enum CommitOutcome: Hashable, Sendable {
    /// It is durable.
    case committed
    /// It was committed, but the server warns that it may not be as durable as it should be.
    case warned(String)
    /// Nothing of it is there.
    case failed(DatabaseFault)
    /// The connection broke before an answer came: the node's row tells, once it can be locked again.
    case unknown(DatabaseFault)
}
