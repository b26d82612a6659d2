/// The turns of reports that were covered by others: they are not journaled, and still not given up at the first answer.
struct FollowUp: Sendable {
    /// When the last of them came.
    let since: Instant
    /// The next turn.
    private(set) var due: Instant
    private var lags = 0

    init(since: Instant) {
        self.since = since
        due = since
    }

    /// After an answer that told nothing new: false when all turns are used up. A call before its turn uses up none.
    mutating func advance(began: Instant, now: Instant) -> Bool {
        guard due <= began else { return true }
        guard lags < RetrySchedule.lag.count else { return false }
        due = now + RetrySchedule.lag[lags]
        lags += 1
        return true
    }
}
