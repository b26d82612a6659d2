/// A segment to which nothing is added any more: what it has to be from then on.
package struct ClosedSegment: Hashable, Sendable {
    /// Its first record's number.
    package let first: Int64
    /// Its last record's.
    package let last: Int64
    /// Its length in bytes.
    package let size: Int64
    /// The CRC-32C of all its bytes.
    package let checksum: UInt32

    package init(first: Int64, last: Int64, size: Int64, checksum: UInt32) {
        self.first = first
        self.last = last
        self.size = size
        self.checksum = checksum
    }

    /// Its file's name.
    package var name: String { SegmentName.name(firstSeq: first) }
}
