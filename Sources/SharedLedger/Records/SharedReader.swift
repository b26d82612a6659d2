package import JournalFormat
import Ledger

/// Reads the records of a shared ledger in order.
package struct SharedReader: RecordReader {
    /// So many bytes are asked for at once.
    private static let pageBytes = 1 << 20

    private let source: any LedgerDatabase
    /// From when on it reads, until it is known which record that is.
    private var start: Int64?
    /// The number of the record to be shown next; 1 before it is known.
    package private(set) var next: Int64

    /// Begins behind a record, whichever number anybody asks for: behind the greatest there is nothing.
    package init(_ source: any LedgerDatabase, after seq: Int64) {
        self.source = source
        next = min(max(0, seq), .max - 1) + 1
    }

    /// Begins with the first record that was written at or after a time, in nanoseconds since 1970.
    package init(_ source: any LedgerDatabase, since time: Int64) {
        self.source = source
        start = time
        next = 1
    }

    /// Shows what has become durable since the last call; throws ``Payments/RecordsUnreachable`` when the database does not answer,
    /// and `LineFault` for a later version's record.
    package mutating func read(
        atMost bytes: Int, upTo durable: Int64, _ body: (ArraySlice<UInt8>, Entry) -> Void,
        pruned: (ClosedRange<Int64>) -> Void, damaged: (Damage) -> Void
    ) throws -> String? {
        try begin(upTo: durable)
        var shown = 0
        while next <= durable, shown < bytes {
            let page = try ask { source throws(DatabaseFault) in
                try source.page(after: next - 1, upTo: durable, atMost: min(bytes - shown, Self.pageBytes))
            }
            for record in page {
                // Who begins with the first record that is there misses none.
                if record.seq > next, next > 1 { pruned(next...record.seq - 1) }
                next = record.seq
                do throws(LineFault) {
                    let entry = try Entry(line: record.line.span)
                    guard entry.seq == next else { throw .sequence(expected: next, found: entry.seq) }
                    body(record.line[...], entry)
                } catch {
                    if case .laterVersion = error {
                        throw error.named { () throws(DatabaseFault) in try source.opened(before: record.seq) }
                    }
                    damaged(Damage(inDatabase: next...next, error))
                }
                next += 1
                shown += record.line.count + 1
            }
            // All that there was is gone: only the newest records can be missing so, before the first is written behind them.
            if page.isEmpty {
                pruned(next...durable)
                next = durable + 1
            }
        }
        return nil
    }

    private mutating func begin(upTo durable: Int64) throws {
        guard let start else { return }
        next = try ask { source throws(DatabaseFault) in try source.first(since: start, upTo: durable) } ?? durable + 1
        self.start = nil
    }

    private func ask<Value>(_ question: (any LedgerDatabase) throws(DatabaseFault) -> Value) throws -> Value {
        do { return try question(source) } catch { throw RecordsUnreachable("\(error)") }
    }
}
