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
        _ rows: LedgerRows, of payments: [PaymentID], from previous: Int64, to seq: Int64
    ) async throws(DatabaseFault) -> Bool {
        try await connection.askBeside(.fold) { state, clock in
            guard state.tables.folded.seq == previous else { return false }
            if let objection = FoldedTables.objection(to: rows, of: payments, upTo: seq, state.tables.head) {
                state.violations.append(objection)
            }
            state.willWrite(isReplicated: true)
            state.tables.folded.replace(rows, of: payments, upTo: seq)
            state.tables.notes.removeAll { $0.written < clock - 3_600_000_000_000 }
            return true
        }
    }
}
