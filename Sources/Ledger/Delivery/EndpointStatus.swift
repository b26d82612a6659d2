/// How one endpoint stands.
package struct EndpointStatus: Hashable, Sendable {
    /// The endpoint, without its secrets.
    package let name: String
    /// Deliveries that wait or are under way.
    package let waiting: Int
    /// Whether it answered 410 and gets nothing more until a reload, a restart or a replay.
    package let isStopped: Bool
    /// Why it takes nothing; nil when it took the last delivery, or none was tried since the start.
    package let failing: EndpointFailing?

    package init(name: String, waiting: Int, isStopped: Bool, failing: EndpointFailing?) {
        self.name = name
        self.waiting = waiting
        self.isStopped = isStopped
        self.failing = failing
    }
}

/// Attempts that failed one after the other, whatever payment they were about.
package struct EndpointFailing: Hashable, Sendable {
    /// When the first of them failed, in nanoseconds since 1970.
    package let since: Int64
    /// What the last one failed with, without secrets.
    package let error: String

    package init(since: Int64, error: String) {
        self.since = since
        self.error = error
    }
}

/// Confirmations that were given up and reached the shop by no replay since, as far as this run knows.
package struct UndeliveredRecords: Hashable, Sendable {
    /// How many.
    package let count: Int
    /// The oldest of them.
    package let oldest: Int64

    package init(count: Int, oldest: Int64) {
        self.count = count
        self.oldest = oldest
    }
}
