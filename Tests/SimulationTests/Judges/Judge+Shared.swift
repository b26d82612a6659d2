import JournalStoreSimulation
import Ledger

// Several programs that keep one ledger: a position is a count of its own program's, so that a report is found by its mark.
extension Judge {
    /// Whoever was told 200 has been heard: what he says is recorded as the API's own word; or a report that says the same, or sixteen
    /// others, stood in the ledger, and was settled by a call that began after he came, whoever made it.
    func judgeSharedOffers() throws {
        for offer in world.offers {
            guard let acknowledged = offer.acknowledgedAt else { continue }
            let report = world.reports[offer.report]
            if confirmed.contains(where: { $0.isSaid(by: report) }) { continue }
            let others = journaled.filter { $0.value.report.id == report.id && isHeard($0.key, $0.value, after: offer) }
            if others.contains(where: { $0.value.report.says(report) }) { continue }
            guard others.count >= LedgerState.reportsPerFetch else {
                throw Violation(
                    """
                    \(report) was answered 200 at \(World.text(acknowledged)), and none of \(others.keys.sorted()) that \
                    stands for it was settled by a call that began after it came
                    """)
            }
        }
    }

    private func isHeard(_ seq: Int64, _ journaled: Journaled, after offer: World.Offer) -> Bool {
        if let tick = settledBy[seq] { return tick > offer.tick }
        // Nothing that an answer settles at once stays aside when all is well.
        return aside.contains(seq) && isOpen(journaled.report)
    }
}

extension World.Report {
    /// Whether another says the same.
    fileprivate func says(_ other: World.Report) -> Bool {
        id == other.id && state == other.state && updatedAt == other.updatedAt
            && amount?.withoutTrailingZeros == other.amount?.withoutTrailingZeros
            && currency?.lowercased() == other.currency?.lowercased()
    }
}
