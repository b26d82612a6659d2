package import JournalFormat
package import Ledger

extension JournalLedger: RecordLedger where Log == Journal {
    package func reader(after seq: Int64) -> any RecordReader { JournalFollower(journal.disk, after: seq) }

    package func reader(since time: Int64, atMost segments: Int) -> any RecordReader {
        let newest = journal.segments.suffix(segments)
        // The first record of a segment tells when the segment began.
        let first = newest.reversed().first { (journal.time(of: $0) ?? .max) <= time } ?? newest.first ?? 1
        return reader(after: first - 1)
    }
}

extension JournalFollower: RecordReader {
    package mutating func read(
        atMost bytes: Int, upTo durable: Int64, _ body: (ArraySlice<UInt8>, Entry) -> Void,
        pruned: (ClosedRange<Int64>) -> Void, damaged: (Damage) -> Void
    ) throws -> String? {
        try poll(atMost: bytes, durable: durable, body, pruned: pruned, damaged: damaged)?.description
    }
}
