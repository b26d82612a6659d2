import Payments
import SharedLedger

/// Folds on a simulated server, by a connection of its own.
struct SimulatedKeeper: LedgerKeeper {
    private let connection: SimulatedConnection

    init(_ connection: SimulatedConnection) { self.connection = connection }

    func unfolded() async throws(DatabaseFault) -> Unfolded {
        try await connection.askBeside(.fold) { state, _ in
            let seq = state.tables.folded.seq
            let payments = Set(state.tables.records.dropFirst(Int(seq)).compactMap(\.row.payment))
            return Unfolded(seq: seq, payments: payments.sorted())
        }
    }

    func fold(
        _ rows: LedgerRows, of payments: [PaymentID], from previous: Int64, to seq: Int64, whoseLineBegins head: [UInt8]
    ) async throws(DatabaseFault) -> Bool {
        try await connection.askBeside(.fold) { state, clock in
            guard state.tables.folded.seq == previous, state.tables.hasRecord(seq, beginning: head) else {
                return false
            }
            if let objection = FoldedTables.objection(to: rows, of: payments, upTo: seq, state.tables.head) {
                state.violations.append(objection)
            }
            state.willWrite(isReplicated: true)
            state.tables.folded.replace(rows, of: payments, upTo: seq)
            state.tables.notes.removeFirst(
                state.tables.notes.prefix { $0.written < clock - 3_600_000_000_000 }.count)
            return true
        }
    }

    func old(before time: Int64, limit: Int64) async throws(DatabaseFault) -> OldRecords? {
        try await connection.askBeside(.fold) { state, _ in state.tables.old(before: time, limit: limit) }
    }

    func lastWords(
        before end: Int64, behind payment: PaymentID, atMost count: Int
    ) async throws(DatabaseFault) -> [StoredRecord] {
        try await connection.askBeside(.fold) { state, _ in
            let tables = state.tables
            return tables.folded.lastWords(before: end, behind: payment, atMost: count).compactMap { seq in
                seq < tables.first ? nil : tables.records[Int(seq) - 1].stored
            }
        }
    }

    func drop(before end: Int64) async throws(DatabaseFault) {
        let database = connection.database
        let session = try database.connect()
        let denial: Result<HeadLock.Denial?, DatabaseFault> = await connection.answer { answer in
            database.lock(session) { answer(.success($0)) }
        }
        if try denial.get() != nil { throw DatabaseFault(simulated: .lockTimeout) }
        let isDone = database.serve(session) { state, _, _ in
            guard end > state.tables.first, end <= state.tables.head.cut.seq + 1,
                !state.tables.folded.needs(before: end)
            else { return false }
            state.willWrite(isReplicated: true)
            state.tables.drop(before: end)
            return true
        }
        database.release(session)
        if isDone != true { throw DatabaseFault(simulated: .failed) }
    }
}

extension Tables {
    /// Whether a record is there, and the one that was followed.
    fileprivate func hasRecord(_ seq: Int64, beginning head: [UInt8]) -> Bool {
        head.isEmpty || seq <= records.count && records[Int(seq) - 1].stored.line.starts(with: head)
    }

    /// Whole segments that are older than a time, but for the last one.
    fileprivate func old(before time: Int64, limit: Int64) -> OldRecords? {
        var old = OldRecords(end: first, records: 0, bytes: 0, segments: 0, baseline: nil)
        var segment = old
        var newest: Int64 = .min
        for row in kept {
            if row.row.kind == "opened", row.row.seq > first {
                guard row.row.seq <= limit, newest < time else { break }
                segment.end = row.row.seq
                segment.segments += 1
                old = segment
            }
            newest = max(newest, row.row.time)
            segment.records += 1
            segment.bytes += Int64(row.row.line.count) + 1
            if row.row.kind == "baseline" { segment.baseline = row.stored }
        }
        return old.records == 0 ? nil : old
    }

    /// Drops what stands before a record.
    fileprivate mutating func drop(before end: Int64) {
        for row in kept where row.row.seq < end {
            head.bytes -= Int64(row.row.line.count) + 1
            if row.row.kind == "opened" { head.segments -= 1 }
        }
        first = end
    }
}
