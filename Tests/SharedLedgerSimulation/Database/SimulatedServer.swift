import SharedLedger

/// One server of a simulated database: what it holds, and how much of that a standby has.
struct SimulatedServer: Sendable {
    typealias Change = @Sendable (inout Tables) -> Void

    /// So many of the newest changes can be lost.
    private static let kept = 512

    let number: Int
    private(set) var tables: Tables
    /// What a standby may lack is done to this when it takes over.
    private var base: Tables
    private var changes: [Change] = []
    /// So many of the changes a standby has.
    private var replicated = 0
    /// Whether a standby receives what is written.
    var hasStandby = true
    /// Connections of an earlier incarnation are broken.
    private(set) var incarnation = 0
    /// What it answers to whoever connects, or writes; nil when all is well.
    private(set) var trouble: DatabaseFault.Kind?
    var isGone = false

    init(_ number: Int, _ tables: Tables) {
        self.number = number
        self.tables = tables
        base = tables
    }

    /// Does something that changes what it holds.
    mutating func commit<Value>(
        isReplicated: Bool, _ change: @escaping @Sendable (inout Tables) throws(DatabaseFault) -> Value
    ) throws(DatabaseFault) -> Value {
        let value = try change(&tables)
        changes.append { _ = try? change(&$0) }
        if isReplicated { replicated = changes.count }
        if changes.count > 2 * Self.kept, replicated == changes.count { forget() }
        return value
    }

    private mutating func forget() {
        for change in changes.prefix(Self.kept) { change(&base) }
        changes.removeFirst(Self.kept)
        replicated -= Self.kept
    }

    /// What its standby holds; or what an asynchronous one holds that lacks so many changes.
    func standby(lacking count: Int = 0) -> Tables {
        var standby = base
        for change in changes.prefix(max(0, replicated - count)) { change(&standby) }
        return standby
    }

    /// Breaks all connections.
    mutating func restart() { incarnation += 1 }

    /// Has trouble from now on; a server that cannot be reached, or shuts down, breaks its connections.
    mutating func close(for kind: DatabaseFault.Kind) {
        trouble = kind
        if isClosed { restart() }
    }

    mutating func open() { trouble = nil }

    /// Whether it takes no connection.
    var isClosed: Bool { trouble == .unreachable || trouble == .refused }
}
