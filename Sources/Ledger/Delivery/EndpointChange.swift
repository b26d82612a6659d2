/// What became of deliveries when the endpoints changed: the endpoints themselves are in force.
public struct EndpointChange: Hashable, Sendable {
    /// What waited for one endpoint that was removed, and is undeliverable.
    public struct Loss: Hashable, Sendable {
        /// The endpoint, without its secrets.
        public let endpoint: String
        /// How many deliveries.
        public internal(set) var count: Int
        /// The oldest record among them.
        public internal(set) var oldest: Int64
    }

    /// One for each endpoint that was removed and had something left.
    public private(set) var losses: [Loss] = []
    /// Why not all of that could be journaled: the rest waits for the next change or start.
    public var failure: String?

    /// Nothing lost.
    public init() {}

    /// Counts a delivery that was given up.
    public mutating func lose(_ seq: Int64, of endpoint: String) {
        guard let index = losses.firstIndex(where: { $0.endpoint == endpoint }) else {
            losses.append(Loss(endpoint: endpoint, count: 1, oldest: seq))
            return
        }
        losses[index].count += 1
        losses[index].oldest = min(losses[index].oldest, seq)
    }
}
