/// A call that another node makes: its answer may settle reports up to a record, and no others.
struct CallElsewhere: Hashable, Sendable {
    let node: Int64
    let upTo: Int64
    /// When this node heard of it.
    let heard: Instant
}

/// A listing that another node makes, likewise.
struct ListingElsewhere: Hashable, Sendable {
    let node: Int64
    let upTo: Int64
}

/// When a payment wants calls, as it stands behind one: what other nodes must know of a call that has ended.
public struct PaymentSchedule: Hashable, Sendable {
    /// The next turn of a report, and how many it has had.
    public struct Turn: Hashable, Sendable {
        /// The report's record.
        public var seq: Int64
        /// Its next turn.
        public var due: Instant
        /// Answers that lagged behind it.
        public var lags: UInt8
        /// Answers that there is no such payment.
        public var absences: UInt8

        /// Sets all of them.
        public init(seq: Int64, due: Instant, lags: UInt8, absences: UInt8) {
            self.seq = seq
            self.due = due
            self.lags = lags
            self.absences = absences
        }
    }

    /// Whether the call came to an answer.
    public var isAnswered: Bool
    /// Whether that was news.
    public var isNews: Bool
    /// Calls that failed in a row.
    public var failures: UInt8
    /// Calls in all.
    public var attempts: UInt16
    /// No call before this.
    public var notBefore: Instant
    /// The reports that wait.
    public var turns: [Turn]

    /// Sets all of them.
    public init(
        isAnswered: Bool, isNews: Bool, failures: UInt8, attempts: UInt16, notBefore: Instant, turns: [Turn]
    ) {
        self.isAnswered = isAnswered
        self.isNews = isNews
        self.failures = failures
        self.attempts = attempts
        self.notBefore = notBefore
        self.turns = turns
    }
}
