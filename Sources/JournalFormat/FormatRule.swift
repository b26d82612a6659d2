/// With which journals a program of one format may go on, reading and writing.
///
/// A format stands in each `opened` record and holds for the records behind it, up to the next. A program knows its own format
/// and the one before. Of a later one the record says itself, as `reads`, the oldest format whose reader may go on.
package struct FormatRule: Sendable {
    /// This program's.
    package static let current = FormatRule(format: RecordCodec.format)

    /// The format that the program writes.
    package let format: Int

    package init(format: Int) { self.format = format }

    /// Whether the program may go on behind an `opened` record that names these.
    package func allows(format: Int, reads: Int) -> Bool {
        format >= max(1, self.format - 1) && reads <= self.format
    }
}
