import Ledger
import Logging

extension PruneReport {
    /// Tells an operator what went, and what stays and why.
    func log(_ logger: Logger, tellsOfHold: Bool) {
        if !segments.isEmpty {
            logger.notice(
                "\(segments.count) old segments dropped: \(records) records, \(bytes) bytes; the last word on \(known) payments was kept"
            )
        }
        if tellsOfHold, let heldBy { logger.notice("older segments stay because of \(heldBy)") }
    }
}
