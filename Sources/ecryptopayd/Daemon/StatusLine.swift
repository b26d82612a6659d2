import Ledger

/// The line that `systemctl status` shows: how it stands, for a person.
struct StatusLine: Equatable, CustomStringConvertible {
    /// Nil where another node decides.
    var counts: LedgerCounts?
    /// The node that decides, where several share the ledger.
    var decidingNode: String?
    /// Nil before the first call ended.
    var isAPIReachable: Bool?
    /// Why no webhook is accepted, when it is so.
    var unavailability: String?

    /// E.g. `17 journaled, 1 awaiting confirmation, API reachable`.
    var description: String {
        guard let counts else {
            let parts = ["\(decidingNode ?? "no node") decides", unavailability.map { "webhooks answered 503: \($0)" }]
            return parts.compactMap { $0 }.joined(separator: ", ")
        }
        var parts = ["\(counts.received) journaled", "\(counts.pending) awaiting confirmation"]
        if counts.abandoned > 0 { parts.append("\(counts.abandoned) abandoned") }
        switch isAPIReachable {
        case nil: parts.append("API not asked yet")
        case true?: parts.append("API reachable")
        case false?: parts.append("API unreachable")
        }
        if counts.unannouncedInARow >= 3 { parts.append("webhooks seem not to arrive") }
        if let unavailability { parts.append("webhooks answered 503: \(unavailability)") }
        return parts.joined(separator: ", ")
    }

    static func == (left: StatusLine, right: StatusLine) -> Bool { left.description == right.description }
}
