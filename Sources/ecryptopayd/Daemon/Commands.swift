import JSON
import Ledger
import Payments
import Synchronization

/// What an operator asks for by the admin side, wherever it is done.
final class Commands: Sendable {
    /// A struct, since a closure that is a lock's value itself would be wrapped anew at each look.
    private struct State {
        var perform: (@Sendable (Command) async -> CommandAnswer)?
    }

    private let state = Mutex(State())

    /// Does a command. To be set before the admin side serves.
    var perform: (@Sendable (Command) async -> CommandAnswer)? {
        get { state.withLock { $0.perform } }
        set { state.withLock { $0.perform = newValue } }
    }

    /// Lists all payments, or fetches one; false while that is under way already.
    func reconcile(_ payment: PaymentID?) async throws -> Bool {
        switch await perform?(payment.map { .confirm($0) } ?? .reconcile) {
        case .begun(let hasBegun): return hasBegun
        case .failed(let reason): throw CommandFailure(.unavailable, reason)
        case .deliveries, nil: return false
        }
    }

    /// Has records delivered again, or counts them.
    func replay(_ selection: Redelivery, dryRun: Bool) async throws -> (Int, damage: [JSONValue]) {
        switch await perform?(.replay(selection, dryRun: dryRun)) {
        case .deliveries(let count, let damage): return (count, damage)
        case .failed(let reason): throw CommandFailure(.unavailable, reason)
        case .begun, nil: return (0, [])
        }
    }
}
