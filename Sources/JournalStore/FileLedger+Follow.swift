extension FileLedger {
    /// Reads what is durable behind a record; 0 begins with the first that is there. It blocks for the disk.
    public func follower(after seq: Int64) -> JournalFollower { JournalFollower(journal.disk, after: seq) }
}
