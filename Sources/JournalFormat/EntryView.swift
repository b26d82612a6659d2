/// A record in its place as it stands in a line: all of it has been checked, and what is large has not been copied.
///
/// An ``Entry`` is made of one. A start reads millions, and needs little of each.
package struct EntryView: Sendable {
    /// Its sequence number.
    package let seq: Int64
    /// Every record up to this had been synced when it was written.
    package let durable: Int64
    /// When it was written, in nanoseconds since 1970.
    package let time: Int64
    /// The `crc` of its line.
    package let checksum: UInt32
    /// What it tells.
    package let record: RecordView

    /// Reads the content of a line, without its newline, whose checksum `head` is the proof of.
    package init(_ head: RecordLine, _ line: Span<UInt8>) throws(LineFault) {
        let members = try RecordMembers(line)
        seq = head.seq
        durable = head.durable
        checksum = head.checksum
        time = try members.time.time("time", line)
        record = try RecordView(members, line)
    }
}
