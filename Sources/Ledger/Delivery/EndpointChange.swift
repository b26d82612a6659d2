/// What became of deliveries when the endpoints changed: the endpoints themselves are in force.
package struct EndpointChange: Hashable, Sendable {
    /// What waited for one endpoint that was removed, and is undeliverable.
    package struct Loss: Hashable, Sendable {
        /// The endpoint, without its secrets.
        package let endpoint: String
        /// How many deliveries.
        package internal(set) var count: Int
        /// The oldest record among them.
        package internal(set) var oldest: Int64
    }

    /// One for each endpoint that was removed and had something left.
    package private(set) var losses: [Loss] = []
    /// Why not all of that could be journaled: the rest waits for the next change or start.
    package var failure: String?

    /// Nothing lost.
    package init() {}

    /// Counts a delivery that was given up.
    package mutating func lose(_ seq: Int64, of endpoint: String) {
        guard let index = losses.firstIndex(where: { $0.endpoint == endpoint }) else {
            losses.append(Loss(endpoint: endpoint, count: 1, oldest: seq))
            return
        }
        losses[index].count += 1
        losses[index].oldest = min(losses[index].oldest, seq)
    }
}
