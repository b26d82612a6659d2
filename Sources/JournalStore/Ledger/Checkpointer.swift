import Ledger
import Synchronization

/// Has a ledger write a checkpoint whenever one is due.
package final class Checkpointer<Log: LedgerJournal>: Sendable {
    private let ledger: JournalLedger<Log>
    private let isBusy = Atomic(false)

    /// Watches a ledger. It is to be kept as long as the ledger.
    package init(_ ledger: JournalLedger<Log>) {
        self.ledger = ledger
        ledger.addObserver(self)
    }
}

extension Checkpointer: LedgerObserver {
    package func ledgerDidCommit(upTo position: Int64) {
        guard ledger.isCheckpointDue, !isBusy.exchange(true, ordering: .acquiring) else { return }
        Task {
            await ledger.checkpoint()
            isBusy.store(false, ordering: .releasing)
        }
    }
}
