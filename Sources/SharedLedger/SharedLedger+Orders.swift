import Payments
import Synchronization

// What callers want decided: orders, and whoever waits for what comes of them.
extension SharedLedger {
    /// Has something decided in the next turn.
    func submit(_ order: Order) {
        let isTaken = core.withLock { core in
            guard core.failure == nil, !core.isEnded else { return false }
            core.orders.append(order)
            return true
        }
        guard isTaken else {
            return order.fail(DatabaseFault(kind: .failed, message: "the ledger has ended"))
        }
        if order.expires != nil {
            surroundings.after(Self.patience) { [weak self] in self?.expireOrders() }
        }
        waker.wake()
    }

    /// The same for whoever can be suspended; throws when it came to nothing in time. `unheard` takes what came of it after that.
    func perform<Value: Sendable>(
        giveUp: @escaping @Sendable (inout LedgerState, Instant) -> [SharedNote] = { _, _ in [] },
        unheard: @escaping @Sendable (Value) -> Void = { _ in },
        _ decide: @escaping @Sendable (inout Draft, inout LedgerState) -> Decision<Value>
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            submit(giveUp, unheard, decide) { continuation.resume(with: $0) }
        }
    }

    /// The same for whoever has a thread to block.
    func performBlocking<Value: Sendable>(
        giveUp: @escaping @Sendable (inout LedgerState, Instant) -> [SharedNote] = { _, _ in [] },
        unheard: @escaping @Sendable (Value) -> Void = { _ in },
        _ decide: @escaping @Sendable (inout Draft, inout LedgerState) -> Decision<Value>
    ) throws -> Value {
        let answer = Awaited<Value>()
        surroundings.wait { done in
            submit(giveUp, unheard, decide) { result in
                answer.give(result)
                done()
            }
        }
        return try answer.taken()
    }

    private func submit<Value: Sendable>(
        _ giveUp: @escaping @Sendable (inout LedgerState, Instant) -> [SharedNote],
        _ unheard: @escaping @Sendable (Value) -> Void,
        _ decide: @escaping @Sendable (inout Draft, inout LedgerState) -> Decision<Value>,
        _ tell: @escaping @Sendable (Result<Value, any Error>) -> Void
    ) {
        // It may have been given up when what it wrote turns out to be there.
        let answer = Once(tell)
        submit(
            Order(
                decide: { draft, state in
                    let decision = decide(&draft, &state)
                    return Plan(
                        apply: decision.apply, undo: decision.undo,
                        done: {
                            if !answer.give(decision.result), case .success(let value) = decision.result {
                                unheard(value)
                            }
                        })
                }, giveUp: giveUp, fail: { answer.give(.failure($0)) },
                expires: surroundings.monotonic() + Self.patience))
    }
}
