/// When to list all payments: at the start, at every interval, on request, and while more waits than the budget can answer.
package struct ListingSchedule: Sendable {
    /// Between the beginnings of two listings while more waits than the budget can answer, at least.
    package static let floodInterval: Duration = .seconds(5)
    /// Then, a listing may take up this part of the time: one in so many.
    package static let floodShare = 10

    /// From one listing's beginning to the next; zero for the baseline and on request only.
    package var interval: Duration
    private var began: Instant?
    private var took: Duration = .zero
    private var isRunning = false
    private var isRequested = false
    private var failures = 0
    private var retry = Instant.distantPast

    /// Begins with a listing, unless the interval is zero and there is a baseline.
    package init(interval: Duration) {
        self.interval = interval
    }

    /// Asks for a listing now; false while one is under way.
    package mutating func request() -> Bool {
        if isRunning { return false }
        isRequested = true
        return true
    }

    /// When the next one is to begin; nil when none is, or while one is under way.
    package func due(isFlooded: Bool, hasBaseline: Bool) -> Instant? {
        if isRunning { return nil }
        if isRequested { return .distantPast }
        guard let began else { return hasBaseline && interval == .zero && !isFlooded ? nil : .distantPast }
        var due = interval > .zero ? began + interval : nil
        if isFlooded {
            let flood = began + max(Self.floodInterval, took * Self.floodShare)
            due = min(due ?? flood, flood)
        }
        // What holds for a flood holds for listings that fail in it: else an API that answers after a minute that it cannot
        // would do little else.
        if failures > 0 { return isFlooded ? max(retry, due ?? retry) : retry }
        return hasBaseline ? due : .distantPast
    }

    /// One begins.
    package mutating func begin(now: Instant) {
        began = now
        isRunning = true
        isRequested = false
    }

    /// It has ended; after a failure the next one backs off.
    package mutating func end(isWhole: Bool, now: Instant, using random: inout some RandomNumberGenerator) {
        isRunning = false
        took = began.map { now - $0 } ?? .zero
        failures = isWhole ? 0 : min(failures + 1, 30)
        if failures > 0 { retry = now + RetrySchedule.backoff(failures: failures, using: &random) }
    }
}
