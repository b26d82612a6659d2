import JSON

/// What must be the same on all nodes, as each shows it to the others: names of settings, and digests of their values.
enum Configurations {
    static func text(_ configuration: [String: String]) -> String {
        let members = configuration.sorted { $0.key < $1.key }
            .map { JSONValue.Member($0.key, .string($0.value)) }
        return String(decoding: JSONValue.object(members).serialized(), as: UTF8.self)
    }

    /// How one node's settings differ from those of others, for an operator.
    static func differences(of node: Int64, _ own: [String: String], in standing: LedgerStanding) -> [String] {
        var found: [String] = []
        for other in standing.nodes where other.node != node {
            guard let theirs = try? JSONValue(parsing: Array(other.configuration.utf8)) else { continue }
            for (name, digest) in own.sorted(by: { $0.key < $1.key }) {
                guard let value = theirs[name]?.string, value != digest else { continue }
                let deciding = standing.lease?.name ?? other.name
                found.append(
                    """
                    \(name) on this node differs from that on \(other.name). The node that decides, \(deciding), uses its own: make \
                    them equal
                    """)
            }
        }
        return found
    }
}
