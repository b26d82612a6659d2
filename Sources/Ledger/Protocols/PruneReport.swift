/// What pruning dropped, or would drop.
package struct PruneReport: Hashable, Sendable {
    /// The segments that go, oldest first: their files' names where they are files.
    package var segments: [String] = []
    /// Their bytes.
    package var bytes: Int64 = 0
    /// Their records.
    package var records: Int64 = 0
    /// Payments whose last word stands in them, and is written anew.
    package var known = 0
    /// Why an old segment stays, when it does.
    package var heldBy: String?

    /// Of nothing that goes.
    package init() {}
}
