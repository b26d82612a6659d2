public import SharedLedger

/// One thing that a node asks of the server.
public struct DatabaseCall: Hashable, Sendable {
    /// What it asks for.
    public enum Kind: Hashable, Sendable {
        /// A connection, which everything else may need first.
        case connect
        /// One of the protocol's.
        case join, load, lock, commit, rollBack, look, fold
        /// Any reading of records.
        case read
    }

    /// The node; 0 before it has joined.
    public let node: Int64
    /// What it asks for.
    public let kind: Kind

    /// Joins both.
    public init(node: Int64, kind: Kind) {
        self.node = node
        self.kind = kind
    }
}

/// What becomes of a call.
public struct Fate: Sendable {
    /// What goes wrong with it.
    public enum Misfortune: Hashable, Sendable {
        /// The server says no. Nothing was done, and a transaction has ended.
        case refused(DatabaseFault.Kind)
        /// The connection breaks before the server hears of it; who commits does not know that.
        case lostBefore
        /// The same, but who commits knows that nothing was sent.
        case unsent
        /// The connection breaks when the server has done it.
        case lostAfter
        /// The connection breaks while the server commits, and it goes on for so many nanoseconds. The standby has not got it.
        case doneLater(Int64)
        /// The server commits, and warns. The standby has not got it.
        case warned
    }

    /// How long the question is on its way, in nanoseconds.
    public var there: Int64 = 0
    /// How long the server writes, in nanoseconds.
    public var writing: Int64 = 0
    /// How long the answer is on its way, in nanoseconds.
    public var back: Int64 = 0
    /// How long the server keeps the transaction of a connection that broke, in nanoseconds.
    public var lingering: Int64 = 0
    /// How long behind a commit that the standby has not got it takes over, in nanoseconds; nil for never.
    public var failingOver: Int64?
    /// How many records and notes are shown at once.
    public var limit = 5000
    /// What goes wrong.
    public var misfortune: Misfortune?

    /// Nothing goes wrong, and it takes no time.
    public init() {}

    /// Takes no time, and goes wrong.
    public init(_ misfortune: Misfortune?) { self.misfortune = misfortune }
}
