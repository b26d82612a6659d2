import Runtime

/// How a ledger that several nodes share stands, besides what the node that decides knows.
package struct ClusterStatus: Sendable {
    /// The node that decides; nil when none does.
    package var deciding: String?
    /// Whether that is this one.
    package var isHere: Bool
    /// Since when it decides, in nanoseconds since 1970.
    package var since: Int64?
    /// Every node that runs, by its host's name.
    package var nodes: [String]
    /// When the oldest report came that has been accepted and not taken over into the journal, in nanoseconds since 1970.
    package var oldestReportAt: Int64?
    /// How this node's settings differ from those of others, in words for an operator.
    package var differences: [String]
    /// Why the database did not answer when it was last asked; nil when it did.
    package var fault: String?
    /// Whether the node that decides takes only reports of payments that were confirmed before.
    package var isFull: Bool

    package init(
        deciding: String?, isHere: Bool, since: Int64?, nodes: [String], oldestReportAt: Int64?, differences: [String],
        fault: String? = nil, isFull: Bool = false
    ) {
        self.deciding = deciding
        self.isHere = isHere
        self.since = since
        self.nodes = nodes
        self.oldestReportAt = oldestReportAt
        self.differences = differences
        self.fault = fault
        self.isFull = isFull
    }

    /// So long may an accepted report wait until it stands in the journal, in nanoseconds.
    static let patience: Int64 = 30_000_000_000

    /// What an operator should know about.
    func problems(now: Int64) -> [String] {
        // Whatever else is known is as old as the last answer.
        if let fault { return ["the database does not answer: \(fault)"] + differences }
        var problems: [String] = []
        let wait = oldestReportAt.map { now - $0 } ?? 0
        if deciding == nil {
            problems.append(
                "no node decides: webhooks are accepted and wait, and nothing is confirmed. Check the logs of all nodes"
            )
        } else if wait > Self.patience {
            problems.append(
                """
                accepted reports have waited for \(HumanText.duration(wait)) to be taken into the journal by \(deciding ?? ""): check \
                the log of that node
                """)
        }
        return problems + differences
    }
}
