/// What an operator asks of a ledger, besides confirming and delivering.
public protocol KeptLedger: DeliveryLedger {
    /// The journal's random id: with a record's number it is the same wherever the ledger is kept.
    var journalID: String { get }

    /// What ended the ledger for good, if something did, likewise.
    var failure: String? { get }

    /// What room there is for more; nil where nobody can tell.
    var room: LedgerRoom? { get }

    /// Commits that took longer than a second.
    var slowCommitCount: Int { get }

    /// What an operator can do when commits are slow: the end of a sentence, in the imperative.
    var adviceWhenSlow: String { get }

    /// Whether someone in ``Ledger/commit()`` is kept waiting by the write.
    var holdsGatherer: Bool { get }

    /// Whether no write has been under way for `limit` or longer: what the watchdog asks. A ledger that is kept elsewhere
    /// may have to wait for long without being hung, and is then ``unavailability``'s to tell of.
    func makesProgress(within limit: Duration) -> Bool

    /// Looks how the ledger stands, with at most `limit` payments that wait.
    func survey(waiting limit: Int) async -> LedgerSurvey

    /// Ends it cleanly; nothing can be recorded afterwards. Blocks until all is written, or cannot be.
    func close()
}

extension KeptLedger {
    /// Most commits do not block whoever asks for them.
    public var holdsGatherer: Bool { false }

    /// The same as when it does not write at all.
    public var adviceWhenSlow: String { advice }
}

/// What room a ledger has for more.
public struct LedgerRoom: Hashable, Sendable {
    /// What may still be written, in bytes.
    public var freeBytes: Int64
    /// With less, no report is taken.
    public var minimumFreeBytes: Int64

    /// Joins both.
    public init(freeBytes: Int64, minimumFreeBytes: Int64) {
        self.freeBytes = freeBytes
        self.minimumFreeBytes = minimumFreeBytes
    }
}
