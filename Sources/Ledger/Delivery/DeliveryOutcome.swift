package import JournalFormat

/// What came of an attempt to deliver.
package enum DeliveryOutcome: Hashable, Sendable {
    /// The endpoint has it; with an HTTP status, if there was one.
    case accepted(status: Int?)
    /// It has not, as far as can be told: again later.
    case failed(DeliveryFailure)
    /// It wants nothing more (410 Gone).
    case gone
    /// No attempt was made.
    case released
    /// No attempt could be made now, and the next one can after that time.
    case postponed(Duration)
    /// Nothing can say any more what was to be delivered: no attempt will do better.
    case unreadable(Damage)
}

/// Why an attempt failed.
package struct DeliveryFailure: Hashable, Sendable {
    /// The HTTP status, if there was one.
    package let status: Int?
    /// In words for an operator, without secrets.
    package let error: String
    /// Whether no other delivery would fare better at the moment.
    package let isOfEndpoint: Bool
    /// How long it asked to wait, at most 24 hours.
    package let retryAfter: Duration?

    package init(status: Int?, error: String, isOfEndpoint: Bool = false, retryAfter: Duration? = nil) {
        self.status = status
        self.error = error
        self.isOfEndpoint = isOfEndpoint
        self.retryAfter = retryAfter.map { min($0, RetrySchedule.longestDeliveryPause) }
    }
}

/// How a delivery ended, as the journal has it.
package enum DeliveryEnding: Sendable {
    case delivered
    case undeliverable
    /// It is undeliverable because its record is damaged.
    case unreadable
}

/// What became of a delivery.
package enum DeliveryEnd: Hashable, Sendable {
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
package struct DeliveryContent: Hashable, Sendable {
    /// The journal's id.
    package let journal: String
    /// The record.
    package let seq: Int64
    /// When it was written, in nanoseconds since 1970.
    package let time: Int64
    /// Its `crc`; nil for one from before ids had it.
    package let checksum: UInt32?
    /// The API's payment, as it came.
    package let current: [UInt8]

    package init(journal: String, seq: Int64, time: Int64, checksum: UInt32?, current: [UInt8]) {
        self.journal = journal
        self.seq = seq
        self.time = time
        self.checksum = checksum
        self.current = current
    }

    /// `msg_`, the journal's id, the record's number and its checksum: the same for every attempt, endpoint and replay, and never used
    /// again, not even by a restored journal that gives out the number a second time.
    package var messageID: String {
        "msg_\(journal)_\(seq)" + (checksum.map { "_" + CRC32C.text(of: $0) } ?? "")
    }
}
