/// Where a `confirmed` record stands.
public struct DeliveryPosition: Hashable, Sendable {
    /// Its sequence number.
    public let seq: Int64
    /// Where it begins, in bytes from the start of its segment.
    public let offset: Int64

    /// Joins both.
    public init(seq: Int64, offset: Int64) {
        self.seq = seq
        self.offset = offset
    }
}

/// One attempt to deliver one record to one endpoint: taken when it is about to begin, concluded once.
public struct DeliveryClaim: Hashable, Sendable {
    /// The endpoint, without its secrets.
    public let endpoint: String
    /// The payment.
    public let payment: PaymentID
    /// The record.
    public let position: DeliveryPosition
    /// Which attempt this is, from 1.
    public let attempt: Int
}

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
