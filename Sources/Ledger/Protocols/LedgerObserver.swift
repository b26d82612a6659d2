package import JournalFormat

/// Hears of a ledger's progress, in order. Must not block.
///
/// Whoever answers for reports is an ``Acknowledger``; everybody else hears of what he asks for.
package protocol LedgerObserver: AnyObject, Sendable {
    /// Everything up to this position is durable.
    func ledgerDidCommit(upTo position: Int64)
    /// Something may be due earlier than ``Ledger/nextDue()`` has said before, though nothing was written.
    func ledgerDidReschedule()
    /// These positions were not taken, and must not be acknowledged: told before anything behind them is durable.
    func ledgerDidRefuse(_ positions: Set<Int64>)
    /// What was recorded behind this position is lost, and must not be acknowledged.
    func ledgerDidReject(after position: Int64, reason: String)
    /// A claim has been settled, or a payment of a listing, and what that came to is durable.
    func ledgerDidSettle(_ settlement: Settlement)
    /// A batch of records was written and synced, which took that long.
    func ledgerDidSync(_ duration: Duration)
    /// A commit took longer than a second: the disk is slow, or about to fail.
    func ledgerWasSlow(_ duration: Duration)
    /// A checkpoint could not be written. That loses nothing; the next start takes longer.
    func ledgerMissedCheckpoint(reason: String)
    /// Something waits to be delivered.
    func ledgerDidAnnounce()
    /// A record that was wanted is damaged, perhaps not for the first time.
    func ledgerFoundDamage(_ damage: Damage)
    /// All of a closed segment has been read, and it is what it was: what was found of it before has been mended.
    func ledgerReadWhole(_ file: String)
    /// Nothing more will become durable: the process has to end, with this `errno`.
    func ledgerDidFail(reason: String, errno: Int32)
}

extension LedgerObserver {
    package func ledgerDidCommit(upTo position: Int64) {}
    package func ledgerDidReschedule() {}
    package func ledgerDidRefuse(_ positions: Set<Int64>) {}
    package func ledgerDidReject(after position: Int64, reason: String) {}
    package func ledgerDidSettle(_ settlement: Settlement) {}
    package func ledgerDidSync(_ duration: Duration) {}
    package func ledgerWasSlow(_ duration: Duration) {}
    package func ledgerMissedCheckpoint(reason: String) {}
    package func ledgerDidAnnounce() {}
    package func ledgerFoundDamage(_ damage: Damage) {}
    package func ledgerReadWhole(_ file: String) {}
    package func ledgerDidFail(reason: String, errno: Int32) {}
}

/// Answers for the reports that it has recorded: it cannot do without any of these, so none has a default.
package protocol Acknowledger: LedgerObserver {
    /// What was recorded up to this position may be acknowledged.
    func acknowledge(upTo position: Int64)
    /// These positions must not be acknowledged.
    func refuse(_ positions: Set<Int64>)
    /// Nothing that was not acknowledged yet may be.
    func refuseAll()
}

extension Acknowledger {
    package func ledgerDidCommit(upTo position: Int64) { acknowledge(upTo: position) }
    package func ledgerDidRefuse(_ positions: Set<Int64>) { refuse(positions) }
    package func ledgerDidReject(after position: Int64, reason: String) { refuseAll() }
    package func ledgerDidFail(reason: String, errno: Int32) { refuseAll() }
}
