import POSIX
import Synchronization

/// Tasks that wait until a record is durable.
final class CommitWaiters: Sendable {
    private struct Waiter {
        let seq: Int64
        let continuation: CheckedContinuation<Void, any Error>
    }

    private struct State {
        var waiters: [Waiter] = []
        var committed: Int64 = 0
        var failure: JournalUnavailable?
    }

    private let state = Mutex(State())

    /// Returns when the record is durable; throws ``JournalUnavailable`` when it will never be.
    func wait(for seq: Int64) async throws {
        try await withCheckedThrowingContinuation { continuation in
            let result: Result<Void, any Error>? = state.withLock { state in
                if state.committed >= seq { return .success(()) }
                if let failure = state.failure { return .failure(failure) }
                state.waiters.append(Waiter(seq: seq, continuation: continuation))
                return nil
            }
            if let result { continuation.resume(with: result) }
        }
    }

    func commit(upTo seq: Int64) {
        resume {
            $0.committed = seq
        } where: {
            $0.seq <= seq
        } with: {
            .success(())
        }
    }

    func reject(_ error: SystemError) {
        resume { _ in
        } where: { _ in
            true
        } with: {
            .failure(JournalUnavailable.rejected(error))
        }
    }

    func fail(_ error: SystemError) {
        let failure = JournalUnavailable.failed(error)
        resume {
            $0.failure = failure
        } where: { _ in
            true
        } with: {
            .failure(failure)
        }
    }

    private func resume(
        _ change: (inout State) -> Void, where isMet: (Waiter) -> Bool, with result: () -> Result<Void, any Error>
    ) {
        let met = state.withLock { state in
            change(&state)
            let met = state.waiters.filter(isMet)
            state.waiters.removeAll(where: isMet)
            return met
        }
        for waiter in met { waiter.continuation.resume(with: result()) }
    }
}
