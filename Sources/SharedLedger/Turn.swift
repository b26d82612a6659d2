/// What one transaction writes: decided while the head was locked, and all of it or nothing of it is there afterwards.
public struct Turn: Sendable {
    /// Which of the node's turns it is: its row keeps the number, and tells so whether a turn was committed.
    public var number: Int64
    /// How long the node counts as living behind it, in nanoseconds.
    public var lease: Int64
    /// The head as it is afterwards.
    public var head: Head
    /// New records, numbered behind the head as it was.
    public var records: [RecordRow] = []
    /// A new note, whose number is the head's; nil when there is nothing to tell.
    public var note: [UInt8]?
    /// Leases that become this node's.
    public var taken: [String] = []
    /// Leases of this node that become free.
    public var freed: [String] = []
    /// Nodes that are dead: their rows and leases go.
    public var dead: [Int64] = []
    /// Whether the node's own row and leases go.
    public var isLast = false

    /// One that writes nothing but the node's row.
    public init(number: Int64, lease: Int64, head: Head) {
        self.number = number
        self.lease = lease
        self.head = head
    }
}

/// A record to be stored.
public struct RecordRow: Hashable, Sendable {
    /// Its number.
    public var seq: Int64
    /// Its kind, as in its line.
    public var kind: String
    /// The payment it speaks of, if it speaks of one.
    public var payment: Int64?
    /// Whether it is a confirmation that was news.
    public var isNews: Bool
    /// As in ``StoredRecord/order``; of a report, not 0.
    public var order: Int64
    /// When it was written, in nanoseconds since 1970.
    public var time: Int64
    /// Its line as in a file, without the newline.
    public var line: [UInt8]

    /// Sets all of them.
    public init(
        seq: Int64, kind: String, payment: Int64?, isNews: Bool, order: Int64, time: Int64, line: [UInt8]
    ) {
        self.seq = seq
        self.kind = kind
        self.payment = payment
        self.isNews = isNews
        self.order = order
        self.time = time
        self.line = line
    }
}
