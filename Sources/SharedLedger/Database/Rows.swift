package import JournalFormat
import Ledger

/// Whose ledger a database holds.
package struct LedgerIdentity: Hashable, Sendable {
    /// The ledger's id.
    package var journal: String
    /// The line of the newest `opened` record; nil in a new ledger.
    package var opened: [UInt8]?

    package init(journal: String, opened: [UInt8]?) {
        self.journal = journal
        self.opened = opened
    }
}

/// What one node tells another.
package enum LedgerNotification: Hashable, Sendable {
    /// There are reports in the inbox.
    case inbox
    /// Records up to this one are durable; and what tells its line from others, a ``StoredRecord/head``.
    case records(durable: Int64, head: [UInt8])
    /// The lease has ended, a command was left or answered.
    case other
}

/// A report in the inbox, or on its way there.
package struct InboxReport: Hashable, Sendable {
    /// The node that accepted it.
    package var node: Int64
    /// Its number among the reports of its node: each is greater than the one before.
    package var number: Int64
    /// What its record will say, and all that it takes to decide about it.
    package var members: ReceivedMembers

    package init(node: Int64, number: Int64, members: ReceivedMembers) {
        self.node = node
        self.number = number
        self.members = members
    }
}

/// A node, as it shows itself to the others.
package struct NodeRow: Hashable, Sendable {
    /// A number drawn for this run of the program.
    package var node: Int64
    /// The host's name, for people.
    package var name: String
    /// The program's version, for people.
    package var version: String
    /// What must be the same on all nodes: each setting's name, and a digest of its value, as one JSON object.
    package var configuration: String

    package init(node: Int64, name: String, version: String, configuration: String) {
        self.node = node
        self.name = name
        self.version = version
        self.configuration = configuration
    }
}

/// Who decides, by the server's clock.
package struct LeaseRow: Hashable, Sendable {
    /// How often the lease has been taken.
    package var epoch: Int64
    /// Who has it; nil when it was released.
    package var node: Int64?
    /// The host's name of who has it.
    package var name: String
    /// When it was taken, in nanoseconds since 1970.
    package var since: Int64
    /// How long it still runs, in nanoseconds; not positive when it has run out.
    package var left: Int64
    /// Every record up to this was durable when the lease was last renewed.
    package var durable: Int64
    /// What tells the line of that record from others, a ``StoredRecord/head``; empty when the record is not there.
    package var head: [UInt8]
    /// Whether so many payments that were never confirmed wait that no report of another such payment is taken.
    package var isFull: Bool

    package init(
        epoch: Int64, node: Int64?, name: String, since: Int64, left: Int64, durable: Int64, head: [UInt8],
        isFull: Bool
    ) {
        self.epoch = epoch
        self.node = node
        self.name = name
        self.since = since
        self.left = left
        self.durable = durable
        self.head = head
        self.isFull = isFull
    }
}

/// How a shared ledger stands.
package struct LedgerStanding: Sendable {
    /// Who decides; nil before anybody has.
    package var lease: LeaseRow?
    /// Every node that has shown itself within ``nodeLifetime``, this one too.
    package var nodes: [NodeRow]
    /// The server's clock, in nanoseconds since 1970.
    package var time: Int64
    /// When the oldest report in the inbox came, in nanoseconds since 1970; nil when there is none.
    package var oldestReportAt: Int64?

    /// So long counts a node as living that has not shown itself since, in nanoseconds.
    package static let nodeLifetime: Int64 = 15_000_000_000

    package init(lease: LeaseRow?, nodes: [NodeRow], time: Int64, oldestReportAt: Int64?) {
        self.lease = lease
        self.nodes = nodes
        self.time = time
        self.oldestReportAt = oldestReportAt
    }
}

/// Who wants to decide.
package struct LeaseClaim: Hashable, Sendable {
    /// The node.
    package var node: Int64
    /// The host's name.
    package var name: String
    /// The epoch in which it decides; nil when it does not. Only renewing asks for it.
    package var epoch: Int64?
    /// How long the lease runs, in nanoseconds.
    package var duration: Int64

    package init(node: Int64, name: String, epoch: Int64?, duration: Int64) {
        self.node = node
        self.name = name
        self.epoch = epoch
        self.duration = duration
    }
}

/// The lease, taken.
package struct LeaseGrant: Hashable, Sendable {
    /// The epoch that has begun.
    package var epoch: Int64
    /// The last record that is there; nil when there is none.
    package var last: StoredRecord?
    /// The last record that was pruned; 0 when none was.
    package var pruned: Int64
    /// Numbers that are gone on purpose.
    package var gaps: [ClosedRange<Int64>]

    package init(epoch: Int64, last: StoredRecord?, pruned: Int64, gaps: [ClosedRange<Int64>] = []) {
        self.epoch = epoch
        self.last = last
        self.pruned = pruned
        self.gaps = gaps
    }
}

/// A record as it is stored.
package struct StoredRecord: Hashable, Sendable {
    /// Its number.
    package var seq: Int64
    /// Its line as in a file, without the newline.
    package var line: [UInt8]

    package init(seq: Int64, line: [UInt8]) {
        self.seq = seq
        self.line = line
    }

    /// So many bytes of a line tell it from every other with its number: its checksum stands in them.
    package static let headLength = 16
    /// What tells its line from others.
    package var head: ArraySlice<UInt8> { line.prefix(Self.headLength) }
}

/// A record with what it is found by.
package struct RecordRow: Hashable, Sendable {
    /// Its number.
    package var seq: Int64
    /// Its kind, as the journal spells it.
    package var kind: String
    /// The payment that it is about.
    package var payment: Int64?
    /// Whether it is a confirmation that told something new.
    package var isChange: Bool
    /// When it was written, in nanoseconds since 1970.
    package var time: Int64
    /// Its line, without the newline.
    package var line: [UInt8]

    package init(seq: Int64, kind: String, payment: Int64?, isChange: Bool, time: Int64, line: [UInt8]) {
        self.seq = seq
        self.kind = kind
        self.payment = payment
        self.isChange = isChange
        self.time = time
        self.line = line
    }
}

/// Reports of one node that are taken out of the inbox.
package struct InboxRange: Hashable, Sendable {
    /// The node.
    package var node: Int64
    /// The first and the last number.
    package var numbers: ClosedRange<Int64>

    package init(node: Int64, numbers: ClosedRange<Int64>) {
        self.node = node
        self.numbers = numbers
    }
}

/// What is written in one transaction.
package struct LedgerBatch: Hashable, Sendable {
    /// The records, in order, without a gap.
    package var records: [RecordRow] = []
    /// What they were made of.
    package var taken: [InboxRange] = []
    /// Numbers before the records that nobody gets; nil when there are none.
    package var gap: ClosedRange<Int64>?

    /// Empty.
    package init() {}
}

/// The state as of a record.
package struct StoredCheckpoint: Hashable, Sendable {
    /// The record.
    package var seq: Int64
    /// How many bytes all records up to it have, their newlines included.
    package var bytes: Int64
    /// How many segments they have.
    package var segments: Int64
    /// What a file `checkpoint` would hold.
    package var state: [UInt8]

    package init(seq: Int64, bytes: Int64, segments: Int64, state: [UInt8]) {
        self.seq = seq
        self.bytes = bytes
        self.segments = segments
        self.state = state
    }
}

/// Records that may be dropped.
package struct OldRecords: Hashable, Sendable {
    /// The first record that stays: an `opened` one, with which a segment begins.
    package var end: Int64
    /// How many go.
    package var records: Int64
    /// Their bytes.
    package var bytes: Int64
    /// Their segments.
    package var segments: Int64

    package init(end: Int64, records: Int64, bytes: Int64, segments: Int64) {
        self.end = end
        self.records = records
        self.bytes = bytes
        self.segments = segments
    }
}

/// A command that another node has left for the one that decides.
package struct StoredCommand: Hashable, Sendable {
    /// Its number.
    package var number: Int64
    /// What to do.
    package var text: String

    package init(number: Int64, text: String) {
        self.number = number
        self.text = text
    }

    /// So long may a command wait until it is taken, in nanoseconds: whoever left it has given up by then.
    package static let lifetime: Int64 = 10_000_000_000
}
