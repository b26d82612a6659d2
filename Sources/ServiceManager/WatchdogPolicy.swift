/// When to tell the service manager that the service is alive: when every probe says so, and only then.
///
/// A value without clock or socket: findings in, decision out.
struct WatchdogPolicy: Hashable, Sendable {
    /// What to do at one tick of the watchdog's timer.
    struct Decision: Hashable, Sendable {
        /// Whether to send `WATCHDOG=1`.
        let pings: Bool
        /// The probes that make no progress now and did at the tick before.
        let stalled: [String]
        /// The probes that make progress again.
        let recovered: [String]
    }

    private var stalled: [String] = []

    /// Judges the names of the probes that make no progress at this tick.
    mutating func decide(stalledNow: [String]) -> Decision {
        let before = stalled
        stalled = stalledNow
        return Decision(
            pings: stalledNow.isEmpty,
            stalled: stalledNow.filter { !before.contains($0) },
            recovered: before.filter { !stalledNow.contains($0) })
    }
}
