import Dispatch
import Ledger
import Synchronization

// Checkpoints: the state is written beside the journal now and then, so that a start need not read all of it.
extension JournalLedger {
    /// The fewest records between two checkpoints.
    private static var fewestRecords: Int64 { 131_072 }

    /// Whether enough has been recorded since the last checkpoint: as much as it would hold, so that checkpoints cost each
    /// record the same, however much is known.
    package var isCheckpointDue: Bool {
        let recorded = journal.durable - checkpointed.load(ordering: .relaxed)
        guard recorded >= Self.fewestRecords else { return false }
        let counts = counts
        return recorded >= Int64(counts.known + counts.pending)
    }

    /// Writes a checkpoint of all that has been recorded so far; false when this is not the moment, or when it could not be
    /// written. That costs the next start time, and nothing else.
    @discardableResult
    package func checkpoint() async -> Bool { await maintenanceQueue.value { self.writeCheckpoint() } }

    /// The same, on ``maintenanceQueue``; waits for the disk.
    func writeCheckpoint() -> Bool {
        guard let (snapshot, position, ticket) = takeSnapshot() else { return false }
        // Reports that are not durable yet are part of it: it must not be there before them.
        journal.flush()
        guard let durable = ticket.known?.durable, durable >= position.seq else { return false }
        // Also when it cannot be written: a disk that fails is asked again after as many records, not at every commit.
        checkpointed.store(position.seq, ordering: .relaxed)
        do {
            try journal.save(snapshot, at: position)
        } catch {
            missedCheckpoint(error)
            return false
        }
        return true
    }

    /// The state as of one record, and the wait for that record; nil while there is no such moment.
    private func takeSnapshot() -> (LedgerSnapshot, JournalPosition, CommitTicket)? {
        state.withLock { state in
            guard !ended.wereRejected, let last = state.frontier.settled else { return nil }
            return (state.snapshot, last, waiters.ticket(for: last.seq))
        }
    }
}
