import Ledger
import Payments
import Synchronization

/// Hands a listing's payments to the ledger by the batch, as they come.
final class ListingRun: Sendable {
    private struct State {
        var batch: [ConfirmedPayment] = []
        var failure: (any Error)?
    }

    private static let batchSize = 256

    private let ledger: any Ledger
    private let settled: @Sendable (Settlement) -> Void
    private let state = Mutex(State())

    /// `settled` hears of each payment that the listing answered.
    init(_ ledger: any Ledger, settled: @escaping @Sendable (Settlement) -> Void) {
        self.ledger = ledger
        self.settled = settled
    }

    /// Takes a payment. Blocks now and then until the ledger has written: the API is read no faster than the disk takes it.
    func take(_ payment: ConfirmedPayment) {
        state.withLock { state in
            state.batch.append(payment)
            if state.batch.count == Self.batchSize { flush(&state) }
        }
    }

    /// Hands over the rest; throws when the ledger failed at any time.
    func finish() throws {
        try state.withLock { state in
            flush(&state)
            if let failure = state.failure { throw failure }
        }
    }

    private func flush(_ state: inout State) {
        defer { state.batch.removeAll(keepingCapacity: true) }
        guard state.failure == nil else { return }
        do {
            for settlement in try ledger.list(state.batch) { settled(settlement) }
        } catch {
            state.failure = error
        }
    }
}
