/// How one endpoint stands.
public struct EndpointStatus: Hashable, Sendable {
    /// The endpoint, without its secrets.
    public let name: String
    /// Deliveries that wait or are under way.
    public let waiting: Int
    /// Whether it answered 410 and gets nothing more until a reload, a restart or a replay.
    public let isStopped: Bool
    /// Why it takes nothing; nil when it took the last delivery, or none was tried since the start.
    public let failing: EndpointFailing?

    /// Joins them.
    public init(name: String, waiting: Int, isStopped: Bool, failing: EndpointFailing?) {
        self.name = name
        self.waiting = waiting
        self.isStopped = isStopped
        self.failing = failing
    }
}

/// Attempts that failed one after the other, whatever payment they were about.
public struct EndpointFailing: Hashable, Sendable {
    /// When the first of them failed, in nanoseconds since 1970.
    public let since: Int64
    /// What the last one failed with, without secrets.
    public let error: String

    /// Joins both.
    public init(since: Int64, error: String) {
        self.since = since
        self.error = error
    }
}

/// Confirmations that were given up and reached the shop by no replay since, as far as this run knows.
public struct UndeliveredRecords: Hashable, Sendable {
    /// How many.
    public let count: Int
    /// The oldest of them.
    public let oldest: Int64

    /// Joins both.
    public init(count: Int, oldest: Int64) {
        self.count = count
        self.oldest = oldest
    }
}
