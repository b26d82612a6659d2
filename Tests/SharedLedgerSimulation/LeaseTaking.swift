/// A lease that a node took.
public struct LeaseTaking: Hashable, Sendable {
    /// What only one node does.
    public let name: String
    /// What the node calls itself.
    public let holder: String
    /// When that was committed, in true time.
    public let committed: Int64
}
