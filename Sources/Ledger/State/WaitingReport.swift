import Payments

/// A journaled report whose payment has not been re-fetched since, or whose verdict is still unknown. 64 bytes; the report
/// itself stays in the journal and is read back when an answer is there to compare it with.
package struct WaitingReport: Hashable, Sendable {
    /// Its record's sequence number.
    package let seq: Int64
    /// Where the record begins, in bytes from the start of its segment.
    package let offset: Int64
    /// What it says.
    let content: ReportContent
    /// Its own next turn. An earlier fetch, which another report caused, uses up none of its attempts: else a forger's
    /// reports could make a genuine one run out of them.
    var due = Instant.distantPast
    /// Answers that lagged behind it, on its own turns.
    var lags: UInt8 = 0
    /// Answers that there is no such payment, on its own turns.
    var absences: UInt8 = 0

    init(seq: Int64, offset: Int64, content: ReportContent) {
        self.seq = seq
        self.offset = offset
        self.content = content
    }

    /// Stands where there is none, or none any more.
    static func absent(behind last: WaitingReport? = nil) -> WaitingReport {
        WaitingReport(seq: 0, offset: 0, content: last?.content ?? ReportContent(fields: .none, updatedAt: nil))
    }

    /// The same as one.
    package var position: JournalPosition { JournalPosition(seq: seq, offset: offset) }

    /// Whether an equal report may be left out for it: it will have every look that the other would. Once it has used one up,
    /// the other is a report of its own; else whoever repeats a forged one would keep it from being refuted for ever.
    func coalesces(_ other: ReportContent) -> Bool { content.isSame(as: other) && lags == 0 && absences == 0 }

    /// Forgets its attempts, for a new start.
    mutating func restart() {
        self = WaitingReport(seq: seq, offset: offset, content: content)
    }
}

extension ClaimedReport {
    /// After an answer that lags behind the report: its next turn, or nil when all are used up. A call that began before its
    /// turn uses up none.
    func advancingLag(began: Instant, now: Instant) -> ClaimedReport? {
        guard waiting.due <= began else { return self }
        return advancing(RetrySchedule.lag, Int(waiting.lags), now: now) { $0.lags += 1 }
    }

    /// After an answer that there is no such payment: the next look, or nil when all are used up; likewise.
    func advancingAbsence(began: Instant, now: Instant) -> ClaimedReport? {
        guard waiting.due <= began else { return self }
        return advancing(RetrySchedule.absence, Int(waiting.absences), now: now) { $0.absences += 1 }
    }

    /// All its looks are used up, and nothing can be concluded yet: its next turn is then.
    func resting(until due: Instant) -> ClaimedReport {
        var next = waiting
        next.due = due
        return ClaimedReport(waiting: next, report: report, receivedAt: receivedAt)
    }

    private func advancing(
        _ schedule: [Duration], _ used: Int, now: Instant, _ count: (inout WaitingReport) -> Void
    ) -> ClaimedReport? {
        guard used < schedule.count else { return nil }
        var next = waiting
        next.due = now + schedule[used]
        count(&next)
        return ClaimedReport(waiting: next, report: report, receivedAt: receivedAt)
    }
}
