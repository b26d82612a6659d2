import Synchronization

/// One task's wait for its records. Resolved once, before or after the task begins to wait.
final class CommitTicket: Sendable {
    /// What became of the records.
    struct Result: Sendable {
        /// Every record up to this is durable.
        let durable: Int64
        /// Why the last one is not, when it is not.
        let failure: JournalUnavailable?
    }

    private enum State: Sendable {
        case open
        case waiting(CheckedContinuation<Result, Never>)
        case resolved(Result)
    }

    /// The last of the records.
    let seq: Int64
    private let state = Mutex(State.open)

    init(seq: Int64) {
        self.seq = seq
    }

    func resolve(_ result: Result) {
        let waiting: CheckedContinuation<Result, Never>? = state.withLock { state in
            defer { state = .resolved(result) }
            if case .waiting(let continuation) = state { return continuation }
            return nil
        }
        waiting?.resume(returning: result)
    }

    /// What became of the records, once it is known.
    var known: Result? {
        state.withLock { if case .resolved(let result) = $0 { result } else { nil } }
    }

    /// Waits until it is known.
    var result: Result {
        get async {
            await withCheckedContinuation { continuation in
                let known: Result? = state.withLock { state in
                    if case .resolved(let result) = state { return result }
                    state = .waiting(continuation)
                    return nil
                }
                if let known { continuation.resume(returning: known) }
            }
        }
    }
}
