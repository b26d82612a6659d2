package import POSIX

/// Hears of what becomes of records. Called on the journal's queue, in order.
package protocol JournalObserver: AnyObject, Sendable {
    /// Every record up to `seq` is on the disk. The sync took that many nanoseconds.
    func journalDidCommit(upTo seq: Int64, syncNanoseconds: Int64)
    /// What followed `seq` is nowhere, and its numbers will be given again once this returns.
    func journalDidReject(after seq: Int64, _ error: SystemError)
    /// Nothing is certain behind the last commit; the process has to end.
    func journalDidFail(_ error: SystemError)
    /// Nothing more is written here, for this reason: another one writes, or the database has lost what it had acknowledged.
    func journalDidEnd(_ reason: String)
}
