import Synchronization
import JournalFormat
import Ledger

/// Records on their way to the disk, and what they change in the state when they are there.
struct AppendedRecords {
    /// In order.
    var written: [(change: LedgerChange, position: JournalPosition)]
    /// Why there are fewer than there should be.
    var failure: JournalUnavailable?
    /// The wait for the last of them.
    let ticket: CommitTicket
}

// One way for what is decided: records are appended under the state's lock, become durable, and only then change the state.
extension JournalLedger {
    /// Appends records; the state stays as it is until ``apply(_:_:to:)``, which must follow. To be called under the state's lock.
    func append(
        _ records: [(record: Record, change: LedgerChange)], to state: inout LedgerState
    ) -> AppendedRecords {
        let (positions, failure) = journal.commits.append(records.map(\.record), time: wallClock())
        return appended(Array(zip(records.map(\.change), positions)), failure, to: &state)
    }

    /// The same for records that have just been appended.
    func appended(
        _ written: [(LedgerChange, JournalPosition)], _ failure: JournalUnavailable? = nil, to state: inout LedgerState
    ) -> AppendedRecords {
        let last = written.last?.1
        state.frontier.begin(upTo: last)
        // Asked for before the lock is let go: a rejection takes it first, so no ticket is for a number given twice.
        return AppendedRecords(
            written: written.map { (change: $0, position: $1) }, failure: failure,
            ticket: waiters.ticket(for: last?.seq ?? 0))
    }

    /// Applies those records that became durable; returns why others did not. To be called once, under the state's lock.
    func apply(
        _ appended: AppendedRecords, _ result: CommitTicket.Result?, to state: inout LedgerState
    ) -> JournalUnavailable? {
        let now = now()
        for (change, position) in appended.written where position.seq <= result?.durable ?? 0 {
            state.apply(change, at: position, now: now)
        }
        state.endAppended()
        assert(!state.isSmall || state.checkInvariants() == nil, "\(state.checkInvariants() ?? "")")
        return appended.failure ?? result?.failure
    }

    /// Appends what `records` answers, waits until it is durable, and applies what is. Blocks.
    func write(
        _ records: (inout LedgerState) throws(JournalUnavailable) -> AppendedRecords
    ) throws(JournalUnavailable) {
        let appended = try state.withLock { state throws(JournalUnavailable) in try records(&state) }
        journal.flush()
        let failure = state.withLock { apply(appended, appended.ticket.known, to: &$0) }
        if let failure { throw failure }
    }
}
