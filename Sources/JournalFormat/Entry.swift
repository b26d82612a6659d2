/// A record in its place in the journal.
public struct Entry: Hashable, Sendable {
    /// Its sequence number: from 1, without gaps, across segments.
    public let seq: Int64
    /// Every record up to this had been synced when it was written.
    public let durable: Int64
    /// When it was written, in nanoseconds since 1970 (microseconds are kept).
    public let time: Int64
    /// What it tells.
    public let record: Record

    /// Puts a record in its place.
    public init(seq: Int64, durable: Int64, time: Int64, record: Record) {
        self.seq = seq
        self.durable = durable
        self.time = time
        self.record = record
    }
}
