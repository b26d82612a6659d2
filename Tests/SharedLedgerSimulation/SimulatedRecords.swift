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
        return try await read(through: wanted.max() ?? 0) { $0.filter { wanted.contains($0.row.seq) } }.map(\.stored)
    }

    func news(
        _ selection: Redelivery, upTo seq: Int64
    ) async throws(DatabaseFault) -> [(payment: PaymentID, seq: Int64)] {
        try await read(through: seq) { rows in
            rows.filter { $0.row.isNews && $0.row.seq <= seq && selection.names($0.row) }
        }.map { row in (row.row.payment ?? 0, row.row.seq) }
    }

    func page(after seq: Int64, upTo last: Int64, atMost bytes: Int) throws(DatabaseFault) -> [StoredRecord] {
        var size = 0
        var page: [StoredRecord] = []
        for row in try readNow(through: last) where row.row.seq > seq && row.row.seq <= last {
            size += row.row.line.count
            if size > bytes, !page.isEmpty { break }
            page.append(row.stored)
        }
        return page
    }

    func first(since time: Int64, upTo last: Int64) throws(DatabaseFault) -> Int64? {
        try readNow(through: last).first { $0.row.time >= time }?.row.seq
    }

    private func readNow(through seq: Int64) throws(DatabaseFault) -> [Tables.Row] {
        if case .refused(let kind) = connection.fate(.read).misfortune { throw DatabaseFault(simulated: kind) }
        return try connection.database.state.withLock { state throws(DatabaseFault) in
            try state.tables.rows(through: seq)
        }
    }

    private func read(
        through seq: Int64, _ body: @escaping @Sendable ([Tables.Row]) -> [Tables.Row]
    ) async throws(DatabaseFault) -> [Tables.Row] {
        let found = try await connection.askBeside(.read) { state, _ in
            Result { () throws(DatabaseFault) in body(try state.tables.rows(through: seq)) }
        }
        return try found.get()
    }
}

extension Redelivery {
    /// Whether it selects a record that was news.
    fileprivate func names(_ row: RecordRow) -> Bool {
        switch self {
        case .record(let number): row.seq == number
        case .payment(let payment): row.payment == payment
        case .since(let time): row.time >= time
        }
    }
}

extension Tables {
    /// What is kept, if all up to a record was there.
    fileprivate func rows(through seq: Int64) throws(DatabaseFault) -> [Row] {
        guard head.cut.seq >= seq else { throw DatabaseFault(simulated: .unreachable) }
        return Array(kept)
    }
}

extension SimulatedConnection {
    /// Asks the server for something by a connection that is used for nothing else.
    func askBeside<Value: Sendable>(
        _ kind: DatabaseCall.Kind, _ body: @escaping @Sendable (inout SimulatedDatabase.State, _ clock: Int64) -> Value
    ) async throws(DatabaseFault) -> Value {
        let fate = fate(kind)
        let database = database
        let result: Result<Value, DatabaseFault> = await answer { answer in
            if fate.misfortune == .lostBefore { return answer(.failure(.init(simulated: .unreachable))) }
            database.after(fate.there) {
                if case .refused(let kind) = fate.misfortune { return answer(.failure(.init(simulated: kind))) }
                let now = database.surroundings.now()
                let value = database.state.withLock { state -> Result<Value, DatabaseFault> in
                    if let kind = state.closedFor { return .failure(.init(simulated: kind)) }
                    return .success(body(&state, now + state.clockError))
                }
                database.after(fate.back) {
                    answer(fate.misfortune == nil ? value : .failure(.init(simulated: .unreachable)))
                }
            }
        }
        return try result.get()
    }
}
