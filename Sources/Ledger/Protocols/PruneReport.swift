/// What pruning dropped, or would drop.
public struct PruneReport: Hashable, Sendable {
    /// The segments that go, oldest first: their files' names where they are files.
    public var segments: [String] = []
    /// Their bytes.
    public var bytes: Int64 = 0
    /// Their records.
    public var records: Int64 = 0
    /// Payments whose last word stands in them, and is written anew.
    public var known = 0
    /// Why an old segment stays, when it does.
    public var heldBy: String?

    /// Of nothing that goes.
    public init() {}

    /// Joins all of them.
    public init(segments: [String], bytes: Int64, records: Int64, known: Int, heldBy: String?) {
        self.segments = segments
        self.bytes = bytes
        self.records = records
        self.known = known
        self.heldBy = heldBy
    }
}
