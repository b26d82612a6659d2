/// Where a record stands.
package struct JournalPosition: Hashable, Sendable {
    /// Its sequence number.
    package let seq: Int64
    /// The offset of its line, in bytes from the start of its segment; 0 where records are found by their numbers.
    package let offset: Int64

    package init(seq: Int64, offset: Int64) {
        self.seq = seq
        self.offset = offset
    }

    /// Of a record that is not there.
    package static let none = JournalPosition(seq: 0, offset: 0)
}
