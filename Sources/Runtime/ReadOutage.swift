package import Ledger

/// Records that cannot be had for a while: they are asked for once in that while, however many want them.
package struct ReadOutage: Sendable {
    private let pause: Duration
    private var fold = LogThrottle()
    private var until = Instant.distantPast
    private var fault = RecordsUnreachable("")

    /// One that has not come, and has nobody ask oftener than every `pause`.
    package init(pause: Duration) { self.pause = pause }

    /// Why they need not be asked for; nil when they may be.
    package func standing(now: Instant) -> RecordsUnreachable? { now < until ? fault : nil }

    /// They could not be had. When to ask again, if that is this caller's to see to, and whether people are to be told.
    package mutating func begin(_ fault: RecordsUnreachable, now: Instant) -> (retry: Duration, isTold: Bool)? {
        // Somebody has asked, and will again.
        if now < until { return nil }
        until = now + pause
        self.fault = fault
        return (pause, fold.fault(now: now) != nil)
    }

    /// They could be had; for how long they could not, if that was told.
    package mutating func end(now: Instant) -> Duration? { fold.end(now: now)?.0 }
}
