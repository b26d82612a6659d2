public import Payments

/// What a node sees of the ledger: the head, the nodes, and what has been added since it looked last.
public struct SharedView: Sendable {
    /// The row that whoever writes has locked.
    public var head: Head
    /// The server's clock, behind the lock, in nanoseconds since 1970.
    public var time: Int64
    /// All nodes that count as living.
    public var nodes: [NodeRow]
    /// Who does what only one may do.
    public var leases: [LeaseRow]
    /// Records, in order.
    public var records: [StoredRecord]
    /// Notes, in order.
    public var notes: [StoredNote]
    /// Whether this is all that there is: else the lock is not to be held for the rest.
    public var isWhole: Bool
    /// The line of the record that the node was at, where it connected anew: another one, or none, tells that the engine has
    /// lost what it had acknowledged. Nil where there was no need to look.
    public var anchor: Anchor?

    /// What stands in the place of a record.
    public enum Anchor: Hashable, Sendable {
        /// Its line, or the first ``StoredRecord/headLength`` bytes of it.
        case line([UInt8])
        /// Nothing, though it was not pruned.
        case missing
    }

    /// Sets all of them.
    public init(
        head: Head, time: Int64, nodes: [NodeRow], leases: [LeaseRow], records: [StoredRecord], notes: [StoredNote],
        isWhole: Bool, anchor: Anchor?
    ) {
        self.head = head
        self.time = time
        self.nodes = nodes
        self.leases = leases
        self.records = records
        self.notes = notes
        self.isWhole = isWhole
        self.anchor = anchor
    }
}

/// The one row that every turn locks, reads and writes anew.
public struct Head: Hashable, Sendable {
    /// The last record and the last note.
    public var cut: Cut
    /// How many bytes all lines have, their newlines included.
    public var bytes: Int64
    /// How many segments there are: each begins with an `opened` record.
    public var segments: Int64
    /// How many bytes the last segment has.
    public var segmentBytes: Int64
    /// What calls all nodes together may make.
    public var budget: SharedBudget

    /// Sets all of them.
    public init(cut: Cut, bytes: Int64, segments: Int64, segmentBytes: Int64, budget: SharedBudget) {
        self.cut = cut
        self.bytes = bytes
        self.segments = segments
        self.segmentBytes = segmentBytes
        self.budget = budget
    }
}

/// A node that counts as living.
public struct NodeRow: Hashable, Sendable {
    /// Its number.
    public var node: Int64
    /// Its last turn that was committed.
    public var turn: Int64
    /// How long it counts as living behind that, in nanoseconds: it may have other settings than who looks.
    public var lease: Int64
    /// Whether its lease has run out by the server's clock.
    public var isExpired: Bool

    /// Sets all of them.
    public init(node: Int64, turn: Int64, lease: Int64, isExpired: Bool) {
        self.node = node
        self.turn = turn
        self.lease = lease
        self.isExpired = isExpired
    }
}

/// Something that one node does for all.
public struct LeaseRow: Hashable, Sendable {
    /// What: `listing`, `keep`, or `endpoint:` and an endpoint's name.
    public var name: String
    /// Who.
    public var node: Int64

    /// Joins both.
    public init(name: String, node: Int64) {
        self.name = name
        self.node = node
    }
}

/// A record as it is stored.
public struct StoredRecord: Hashable, Sendable {
    /// Its number.
    public var seq: Int64
    /// Who wrote it.
    public var node: Int64
    /// When the call was allowed to begin that a `confirmed` record comes from: the number of its note. For a report, its
    /// fingerprint. 0 for others.
    public var order: Int64
    /// Its line as in a file, without the newline.
    public var line: [UInt8]
    /// The payment of a report that a view shows in short: ``line`` is then only its ``head(of:)``, since nobody who follows
    /// needs more of it than its payment and its fingerprint. Nil where all of the line is there.
    public var report: Int64?

    /// Sets all of them.
    public init(seq: Int64, node: Int64, order: Int64, line: [UInt8], report: Int64? = nil) {
        self.seq = seq
        self.node = node
        self.order = order
        self.line = line
        self.report = report
    }

    /// How many bytes of a line tell it from every other with its number: its checksum stands in them.
    public static let headLength = 16

    /// What tells a line from others.
    static func head(of line: [UInt8]) -> [UInt8] { Array(line.prefix(headLength)) }
}

/// What a turn told the other nodes beside its records.
public struct StoredNote: Hashable, Sendable {
    /// Its number.
    public var number: Int64
    /// The last record that stands before it.
    public var seq: Int64
    /// Who wrote it.
    public var node: Int64
    /// What it tells: some ``SharedNote``.
    public var body: [UInt8]

    /// Sets all of them.
    public init(number: Int64, seq: Int64, node: Int64, body: [UInt8]) {
        self.number = number
        self.seq = seq
        self.node = node
        self.body = body
    }
}
