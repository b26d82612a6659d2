/// How often an endpoint may be tried: the part of its queue that knows nothing of deliveries. Three states.
///
/// - **Up.** Whatever is due goes out.
/// - **Down**, from a failure that is the endpoint's own, such as a refused connection, or from the third failure in a row: one attempt at
///   a time, and none for ``interval`` after it, however much waits.
/// - **Recovering**, from the first success on: what waited goes out at most every ``recoveryInterval``. A failure has it down again; when
///   nothing is left that waited, it is up.
struct EndpointPace: Sendable {
    enum Condition: Hashable { case up, down, recovering }

    /// From the end of an attempt at an endpoint that is down to the next one.
    static let interval: Duration = .seconds(5)
    /// Between two deliveries that waited for an endpoint that was down: fifty a second.
    static let recoveryInterval: Duration = .milliseconds(20)
    /// Failures in a row that are of single deliveries, as far as anybody knows.
    private static let failuresInARow = 3

    private(set) var condition = Condition.up
    private var failures = 0
    /// No attempt before this: it is down, or has asked for quiet.
    private var notBefore = Instant.distantPast
    /// No delivery that waited before this.
    private(set) var nextOverdue = Instant.distantPast

    /// Whether an attempt may begin, while others are under way or not.
    func allows(now: Instant, isBusy: Bool) -> Bool { notBefore <= now && !(condition == .down && isBusy) }

    /// Whether it may be one that waited.
    func allowsOverdue(now: Instant) -> Bool { condition != .recovering || nextOverdue <= now }

    /// When an attempt may begin that is due then; nil while the end of another has to be waited for.
    func next(_ due: Instant, isBusy: Bool) -> Instant? {
        condition == .down && isBusy ? nil : max(due, notBefore)
    }

    /// An attempt begins.
    mutating func begin(now: Instant) {
        if condition == .down { notBefore = now + Self.interval }
    }

    /// It is of one that waited.
    mutating func tookOverdue(now: Instant) {
        if condition == .recovering { nextOverdue = now + Self.recoveryInterval }
    }

    /// An attempt failed.
    mutating func fail(isOfEndpoint: Bool, pause: Duration?, now: Instant) {
        failures += 1
        if isOfEndpoint || condition == .recovering || failures >= Self.failuresInARow { condition = .down }
        if condition == .down { notBefore = max(notBefore, now + Self.interval) }
        if let pause { notBefore = max(notBefore, now + pause) }
    }

    /// An attempt succeeded; true when the endpoint was down.
    mutating func succeed() -> Bool {
        failures = 0
        guard condition == .down else { return false }
        condition = .recovering
        notBefore = .distantPast
        nextOverdue = .distantPast
        return true
    }

    /// Nothing is left that waited.
    mutating func recovered() { if condition == .recovering { condition = .up } }

    /// Somebody wants to know at once.
    mutating func lift() { notBefore = .distantPast }
}
