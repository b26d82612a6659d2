package import Ledger
package import Payments
import POSIX
package import Runtime
import Synchronization

/// Counts what the ledger decides, and remembers why payments wait.
package final class VerdictCounter: LedgerObserver {
    /// What was counted since the start.
    package struct Figures: Sendable {
        /// Confirmations that told something new.
        package internal(set) var confirmed = 0
        /// Confirmations that settled reports and told nothing new.
        package internal(set) var unchanged = 0
        /// Reports refuted, by reason.
        package internal(set) var refuted: [RefutationReason: Int] = [:]
        /// Reports set aside.
        package internal(set) var abandoned = 0
        /// Fetches after which a report was unknown still.
        package internal(set) var unknown = 0
        /// When a payment was last confirmed, in nanoseconds since 1970.
        package internal(set) var lastConfirmedAt: Int64?
    }

    private struct State {
        var figures = Figures()
        var reasons: [PaymentID: String] = [:]
    }

    /// Reasons that are remembered; with more that wait they are much alike, and nobody reads them all.
    private static let reasonLimit = 1000

    private let state = Mutex(State())
    private let syncs = Histogram(bounds: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5])

    /// All at zero.
    package init() {}

    /// How it stands.
    package var figures: Figures { state.withLock { $0.figures } }

    /// How long batches of records took to be written and synced.
    package var syncFigures: Histogram.Figures { syncs.figures }

    /// Why a payment was unknown after its last fetch; nil when there was none, or too many wait.
    package func reason(for id: PaymentID) -> String? { state.withLock { $0.reasons[id] } }
}

extension VerdictCounter {
    package func ledgerDidSettle(_ settlement: Settlement) {
        let judgement = settlement.judgement
        state.withLock { state in
            if let confirmation = judgement.confirmation {
                if confirmation.isChange { state.figures.confirmed += 1 } else { state.figures.unchanged += 1 }
                state.figures.lastConfirmedAt = Clock.realtime()
            }
            for refutation in judgement.refutations { state.figures.refuted[refutation.reason, default: 0] += 1 }
            state.figures.abandoned += judgement.abandonment?.of.count ?? 0
            if let unknown = judgement.unknown {
                state.figures.unknown += 1
                if state.reasons.count < Self.reasonLimit || state.reasons[settlement.id] != nil {
                    state.reasons[settlement.id] = unknown
                }
            } else {
                state.reasons[settlement.id] = nil
            }
        }
    }

    package func ledgerDidSync(_ duration: Duration) { syncs.record(duration) }
}
