extension FileLedger {
    /// Reads what is durable behind a record; 0 begins with the first that is there. It blocks for the disk.
    public func follower(after seq: Int64) -> JournalFollower { JournalFollower(journal.disk, after: seq) }

    /// Reads what is durable from about a time on, in nanoseconds since 1970: at the segment that it falls into, but no more
    /// than so many segments. It blocks for the disk.
    public func follower(since time: Int64, atMost count: Int) -> JournalFollower {
        let segments = journal.segments.suffix(count)
        // The first record of a segment tells when the segment began.
        let first = segments.reversed().first { (self.time(of: $0) ?? .max) <= time } ?? segments.first ?? 1
        return follower(after: first - 1)
    }
}
