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

/// What one node does for all in the background, by a connection of its own: nothing of it waits for a turn.
public protocol LedgerKeeper: Sendable {
    /// As of which record the folded state is, and which payments the records behind that are about.
    func unfolded() async throws(DatabaseFault) -> Unfolded

    /// Puts rows in the place of what the folded state says of their payments, so that it is as of the record `seq`, whose line
    /// begins with `head`; false, with nothing changed, when it is not as of `previous`, or when that record is not there: a server
    /// that took another one's place may lack it. Forgets notes that are older than an hour, which no schedule is.
    func fold(
        _ rows: LedgerRows, of payments: [PaymentID], from previous: Int64, to seq: Int64, whoseLineBegins head: [UInt8]
    ) async throws(DatabaseFault) -> Bool

    /// The segments before record `limit` whose last record is older than `time` (nanoseconds since 1970); never the last
    /// segment. Nil when there are none.
    func old(before time: Int64, limit: Int64) async throws(DatabaseFault) -> OldRecords?

    /// Records before `end` that the folded state names as the last word on a payment, by payment, behind `payment`; at most so
    /// many.
    func lastWords(before end: Int64, behind payment: PaymentID, atMost count: Int) async throws(DatabaseFault)
        -> [StoredRecord]

    /// Drops what stands before `end`, and takes down that it is gone. Throws, with nothing changed, while the folded state needs
    /// something of it.
    func drop(before end: Int64) async throws(DatabaseFault)
}

/// What old records there are.
public struct OldRecords: Hashable, Sendable {
    /// The first record that stays: an `opened` one, with which a segment begins.
    public var end: Int64
    /// How many records stand before it.
    public var records: Int64
    /// How many bytes their lines have, their newlines included.
    public var bytes: Int64
    /// How many segments they are.
    public var segments: Int64
    /// The newest `baseline` record among them.
    public var baseline: StoredRecord?

    /// Sets all of them.
    public init(end: Int64, records: Int64, bytes: Int64, segments: Int64, baseline: StoredRecord?) {
        self.end = end
        self.records = records
        self.bytes = bytes
        self.segments = segments
        self.baseline = baseline
    }
}

/// What is to be folded.
public struct Unfolded: Hashable, Sendable {
    /// The record that the folded state is as of.
    public var seq: Int64
    /// The payments that records behind it are about, each once.
    public var payments: [PaymentID]

    /// Joins both.
    public init(seq: Int64, payments: [PaymentID]) {
        self.seq = seq
        self.payments = payments
    }
}

/// Reads records of a shared ledger by a connection of its own: nothing of it waits for a turn.
///
/// What it does not show was pruned: a server that lacks the last record that is asked for, since another has taken its place,
/// is not listened to, but a fault thrown.
public protocol RecordSource: Sendable {
    /// The records with these numbers, in their order; those that are gone are left out.
    func records(_ seqs: [Int64]) async throws(DatabaseFault) -> [StoredRecord]

    /// The `confirmed` records that were news and are selected, up to `seq`, in their order: their payments and numbers, since they
    /// may be all that there are.
    func news(
        _ selection: Redelivery, upTo seq: Int64
    ) async throws(DatabaseFault) -> [(payment: PaymentID, seq: Int64)]

    /// The records behind `seq` and up to `last`, in their order, until their lines have so many bytes; at least one, if there
    /// is any. Blocks.
    func page(after seq: Int64, upTo last: Int64, atMost bytes: Int) throws(DatabaseFault) -> [StoredRecord]

    /// The number of the first record that was written at or after a time in nanoseconds since 1970; nil when there is none, up
    /// to `last` at least. Blocks.
    func first(since time: Int64, upTo last: Int64) throws(DatabaseFault) -> Int64?
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
