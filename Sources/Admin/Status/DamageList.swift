package import JournalFormat
import Ledger
package import Logging
import Synchronization

/// What this run of the program has found damaged in the journal, whoever came across it: each place once, until the next start.
package final class DamageList {
    /// So many are told one by one; whoever has more has to read the whole journal.
    private static let limit = 100

    private let logger: Logger
    private let found = Mutex<[Damage]>([])

    /// Empty; what comes is logged.
    package init(_ logger: Logger) { self.logger = logger }

    /// In the order in which it was found, up to a hundred.
    package var all: [Damage] { found.withLock { $0 } }

}

extension DamageList: LedgerObserver {
    package func ledgerReadWhole(_ file: String) {
        let isMended = found.withLock { found in
            let count = found.count
            found.removeAll { $0.file == file }
            return found.count < count
        }
        if isMended { logger.notice("\(file) has been read again, and is not damaged any more") }
    }

    package func ledgerFoundDamage(_ damage: Damage) {
        let isNew = found.withLock { found in
            let isKnown = found.contains { $0.file == damage.file && $0.offset == damage.offset }
            if isKnown || found.count == Self.limit { return false }
            found.append(damage)
            return true
        }
        guard isNew else { return }
        logger.error(
            """
            the journal is damaged: \(damage); hint: \(damage.hint). "ecryptopayd journal verify" shows all that is wrong
            """)
    }
}
