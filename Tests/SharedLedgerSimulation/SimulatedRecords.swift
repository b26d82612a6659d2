import JournalFormat
import Payments
import SharedLedger
import Synchronization

/// Reads the records of a simulated server. What blocks is answered at once.
struct SimulatedRecords: RecordSource {
    private let connection: SimulatedConnection

    init(_ connection: SimulatedConnection) { self.connection = connection }

    func records(_ seqs: [Int64]) async throws(DatabaseFault) -> [StoredRecord] {
        let wanted = Set(seqs)
        return try await read { $0.filter { wanted.contains($0.row.seq) } }
    }

    func news(_ selection: Redelivery, upTo seq: Int64) async throws(DatabaseFault) -> [StoredRecord] {
        try await read { rows in
            rows.filter { row in
                guard row.row.isNews, row.row.seq <= seq else { return false }
                return switch selection {
                case .record(let number): row.row.seq == number
                case .payment(let payment): row.row.payment == payment
                case .since(let time): row.row.time >= time
                }
            }
        }
    }

    func page(after seq: Int64, upTo last: Int64, atMost bytes: Int) throws(DatabaseFault) -> [StoredRecord] {
        var size = 0
        var page: [StoredRecord] = []
        for row in try readNow() where row.row.seq > seq && row.row.seq <= last {
            size += row.row.line.count
            if size > bytes, !page.isEmpty { break }
            page.append(row.stored)
        }
        return page
    }

    func first(since time: Int64) throws(DatabaseFault) -> Int64? {
        try readNow().first { $0.row.time >= time }?.row.seq
    }

    private func readNow() throws(DatabaseFault) -> [Tables.Row] {
        if case .refused(let kind) = connection.fate(.read).misfortune { throw DatabaseFault(simulated: kind) }
        return connection.database.state.withLock { $0.tables.records }
    }

    private func read(
        _ body: @escaping @Sendable ([Tables.Row]) -> [Tables.Row]
    ) async throws(DatabaseFault) -> [StoredRecord] {
        let fate = connection.fate(.read)
        let database = connection.database
        let result: Result<[StoredRecord], DatabaseFault> = await connection.answer { answer in
            database.after(fate.there) {
                let (rows, closed) = database.state.withLock { ($0.tables.records, $0.closedFor) }
                var kind = closed
                if fate.misfortune != nil { kind = .unreachable }
                if case .refused(let refused) = fate.misfortune { kind = refused }
                if let kind { return answer(.failure(.init(simulated: kind))) }
                database.after(fate.back) { answer(.success(body(rows).map(\.stored))) }
            }
        }
        return try result.get()
    }
}
