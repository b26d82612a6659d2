import JournalFormat
import Ledger
import LedgerDoubles
import Payments
import Synchronization

/// Records of a ledger that cannot be read now and then, as those in a database.
final class UnreliableRecords: TestRecords {
    private let records: any TestRecords
    private let state = Mutex((isUnreachable: false, reads: 0, before: Int64?.none))

    init(_ records: any TestRecords) { self.records = records }

    /// Whether they cannot be read now.
    var isUnreachable: Bool {
        get { state.withLock { $0.isUnreachable } }
        set { state.withLock { $0.isUnreachable = newValue } }
    }

    /// How often they were read.
    var reads: Int { state.withLock { $0.reads } }

    /// What the next question for ``durable`` is answered with, as if it had come before the last commit.
    func answerNext(with seq: Int64) { state.withLock { $0.before = seq } }

    var durable: Int64 { state.withLock { $0.before.take() } ?? records.durable }
    var mayLag: Bool { records.mayLag }
    func addObserver(_ observer: any LedgerObserver) { records.addObserver(observer) }
    func record(_ report: ReportedPayment, peer: String, defersCommit: Bool) -> Reception {
        records.record(report, peer: peer, defersCommit: defersCommit)
    }
    func commit() { records.commit() }
    var committed: Int64 { records.committed }
    var unavailability: String? { records.unavailability }
    var advice: String { records.advice }

    func reader(after seq: Int64) -> any RecordReader { Reader(reader: records.reader(after: seq), records: self) }

    func reader(since time: Int64, atMost segments: Int) -> any RecordReader {
        Reader(reader: records.reader(since: time, atMost: segments), records: self)
    }

    private struct Reader: RecordReader {
        var reader: any RecordReader
        let records: UnreliableRecords

        var next: Int64 { reader.next }

        mutating func read(
            atMost bytes: Int, upTo durable: Int64, _ body: (ArraySlice<UInt8>, Entry) -> Void,
            pruned: (ClosedRange<Int64>) -> Void, damaged: (Damage) -> Void
        ) throws -> String? {
            if records.isUnreachable { throw RecordsUnreachable("the test has it so") }
            records.state.withLock { $0.reads += 1 }
            return try reader.read(atMost: bytes, upTo: durable, body, pruned: pruned, damaged: damaged)
        }
    }
}
