/// How many calls a second are made: as many as are allowed, or fewer for a while after the API has refused one as one too many. Rates are
/// in calls in a thousand seconds.
///
/// - **Down.** A refusal halves the rate, once for all calls that had begun before it; down to a 64th of what is allowed.
/// - **Up.** It grows again with time, by the whole of what is allowed in ten minutes: slowly, so that an API that takes less than is
///   allowed has to refuse a call now and then only.
struct CallRate: Sendable {
    private static let recovery: Duration = .seconds(600)

    private var allowed: Int64
    /// The last refusal, and what the rate was behind it.
    private var refusal: (at: Instant, rate: Int64)?

    /// What is allowed is so many a second.
    init(allowed: Int) { self.allowed = Int64(allowed) * 1000 }

    /// Changes what is allowed.
    mutating func allow(_ rate: Int) { allowed = Int64(rate) * 1000 }

    /// A call that began then was one too many; false when that is known already.
    mutating func halve(callBegan: Instant, now: Instant) -> Bool {
        if let refusal, callBegan < refusal.at { return false }
        refusal = (now, max(1, allowed / 64, current(now: now) / 2))
        return true
    }

    /// Whether it is less than what is allowed.
    func isReduced(now: Instant) -> Bool { current(now: now) < allowed }

    /// The rate now.
    func current(now: Instant) -> Int64 {
        guard let refusal else { return allowed }
        let part = min(max(now - refusal.at, .zero), Self.recovery).nanoseconds / 1_000_000
        return min(allowed, refusal.rate + allowed * part / (Self.recovery.nanoseconds / 1_000_000))
    }
}
