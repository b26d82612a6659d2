/// What came of an attempt to deliver.
public enum DeliveryOutcome: Hashable, Sendable {
    /// The endpoint has it; with an HTTP status, if there was one.
    case accepted(status: Int?)
    /// It has not, as far as can be told: again later.
    case failed(DeliveryFailure)
    /// It wants nothing more (410 Gone).
    case gone
    /// No attempt was made.
    case released
}

/// Why an attempt failed.
public struct DeliveryFailure: Hashable, Sendable {
    /// The HTTP status, if there was one.
    public let status: Int?
    /// In words for an operator, without secrets.
    public let error: String

    /// Joins both.
    public init(status: Int?, error: String) {
        self.status = status
        self.error = error
    }
}

/// What became of a delivery.
public enum DeliveryEnd: Hashable, Sendable {
    /// It is done.
    case delivered
    /// It waits for another attempt.
    case again
    /// It was given up, until it is replayed.
    case undeliverable
    /// Its endpoint gets nothing more until a reload, a restart or a replay.
    case stopped
}

/// What a delivery says.
public struct DeliveryContent: Hashable, Sendable {
    /// The journal's id.
    public let journal: String
    /// The record.
    public let seq: Int64
    /// When it was written, in nanoseconds since 1970.
    public let time: Int64
    /// The API's payment, as it came.
    public let current: [UInt8]

    /// Joins all of it.
    public init(journal: String, seq: Int64, time: Int64, current: [UInt8]) {
        self.journal = journal
        self.seq = seq
        self.time = time
        self.current = current
    }

    /// `msg_`, the journal's id and the record's number: the same for every attempt, endpoint and replay, and never used again.
    public var messageID: String { "msg_\(journal)_\(seq)" }
}
