/// What several nodes together may ask of the API, by one clock: nanoseconds since 1970 on the database's server.
public struct SharedBudget: Hashable, Sendable {
    /// When each of the two buckets would have been empty.
    public var emptyAt: [Int64]
    /// Which class of payments has its turn next.
    public var nextClass: Int
    /// No call begins before this.
    public var pausedUntil: Int64

    /// Sets all of them.
    public init(emptyAt: [Int64], nextClass: Int, pausedUntil: Int64) {
        self.emptyAt = emptyAt
        self.nextClass = nextClass
        self.pausedUntil = pausedUntil
    }

    /// Full buckets and no pause.
    public init() { self.init(emptyAt: [0, 0], nextClass: 0, pausedUntil: 0) }
}
