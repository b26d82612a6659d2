package import JournalFormat

/// The side of a ledger from which its records are read, in the order of their numbers.
package protocol RecordLedger: Sendable {
    /// The last record that may be shown: nobody sees one before it is durable.
    var durable: Int64 { get }
    /// Whether another node writes the records, of whose last ones this one may not have heard yet.
    var mayLag: Bool { get }

    /// Reads what is durable behind a record; 0 begins with the first that is there.
    func reader(after seq: Int64) -> any RecordReader

    /// Reads what is durable from about a time on, in nanoseconds since 1970, but no more than so many segments, where the
    /// ledger has such. It may block.
    func reader(since time: Int64, atMost segments: Int) -> any RecordReader

    /// Adds someone who hears of what becomes durable.
    func addObserver(_ observer: any LedgerObserver)
}

extension RecordLedger {
    /// Whoever writes them itself knows the last.
    package var mayLag: Bool { false }
}

/// Reads durable records in order, each once. A copy reads on from the same place.
package protocol RecordReader: Sendable {
    /// The number of the record to be shown next.
    var next: Int64 { get }

    /// Shows what has become durable since the last call, each record with its line, without the newline; returns what stands
    /// in the way of more. It blocks for the disk.
    ///
    /// `pruned` hears of the numbers that were to be shown next and are gone on purpose, `damaged` of those that cannot be read, once: then
    /// it goes on behind them. Stops early when lines of that many bytes have been shown.
    ///
    /// Throws ``RecordsUnreachable`` when the records may well be there and cannot be had now: nothing was shown then, or nothing
    /// that is shown again.
    mutating func read(
        atMost bytes: Int, upTo durable: Int64, _ body: (ArraySlice<UInt8>, Entry) -> Void,
        pruned: (ClosedRange<Int64>) -> Void, damaged: (Damage) -> Void
    ) throws -> String?
}

/// Records cannot be read now, since what keeps them does not answer. Nothing is wrong with them: the same again may succeed.
package struct RecordsUnreachable: Error, Hashable, CustomStringConvertible {
    /// Why, in words for an operator, without secrets.
    package let description: String

    /// Says why.
    package init(_ description: String) { self.description = description }
}
