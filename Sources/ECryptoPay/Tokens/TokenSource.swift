import Synchronization

/// Holds an account's token for all callers: the token machine behind a lock, and those who wait for it.
final class TokenSource: Sendable {
    typealias Outcome = Result<AccessToken, APIError>
    /// Sends one token request.
    typealias Fetch = @Sendable (TokenGrant) async throws(APIError) -> TokenAnswer

    private struct State {
        var machine = TokenMachine()
        var waiting: [Int: CheckedContinuation<Outcome?, Never>] = [:]
        var nextTicket = 0
        /// Tickets whose task was cancelled before it began to wait.
        var cancelled: Set<Int> = []
    }

    private let clock: @Sendable () -> Duration
    private let state = Mutex(State())

    /// `clock` is monotonic, with any zero.
    init(clock: @escaping @Sendable () -> Duration) {
        self.clock = clock
    }

    /// The tokens known at present, to be kept out of messages.
    var secrets: [String] { state.withLock { $0.machine.secrets } }

    /// See `TokenMachine.forgetRefusal()`.
    func forgetRefusal() { state.withLock { $0.machine.forgetRefusal() } }

    /// A token; nil when the calling task was cancelled while waiting, which leaves the request and everyone else
    /// alone.
    ///
    /// - Parameters:
    ///   - refused: the token that the API has just refused.
    ///   - fetch: sends a token request, if one has to be sent.
    func token(insteadOf refused: AccessToken?, fetch: @escaping Fetch) async -> Outcome? {
        let ticket = state.withLock { state in
            state.nextTicket += 1
            return state.nextTicket
        }
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { begin(ticket, $0, insteadOf: refused, fetch) }
        } onCancel: {
            cancel(ticket)
        }
        state.withLock { _ = $0.cancelled.remove(ticket) }
        return outcome
    }

    private func begin(
        _ ticket: Int, _ continuation: CheckedContinuation<Outcome?, Never>, insteadOf refused: AccessToken?,
        _ fetch: @escaping Fetch
    ) {
        let now = clock()
        let (answer, grant) = state.withLock { state -> (Outcome??, TokenGrant?) in
            if state.cancelled.contains(ticket) { return (.some(nil), nil) }
            switch state.machine.request(insteadOf: refused, now: now) {
            case .use(let token): return (.success(token), nil)
            case .useAndFetch(let token, let grant): return (.success(token), grant)
            case .fail(let error): return (.failure(error), nil)
            case .wait:
                state.waiting[ticket] = continuation
                return (nil, nil)
            case .fetch(let grant):
                state.waiting[ticket] = continuation
                return (nil, grant)
            }
        }
        if let answer { continuation.resume(returning: answer) }
        // A task of its own: the request serves all callers, so no single one's cancellation may end it.
        if let grant { Task { await run(grant, fetch) } }
    }

    private func run(_ first: TokenGrant, _ fetch: Fetch) async {
        var grant = first
        while true {
            let began = clock()
            let result: Result<TokenAnswer, APIError>
            do { result = .success(try await fetch(grant)) } catch { result = .failure(error) }
            let (outcome, waiting) = settle(result, for: grant, began: began)
            switch outcome {
            case .fetch(let next): grant = next
            case .settled(let outcome):
                for continuation in waiting { continuation.resume(returning: outcome) }
                return
            }
        }
    }

    private func settle(
        _ result: Result<TokenAnswer, APIError>, for grant: TokenGrant, began: Duration
    ) -> (TokenMachine.Outcome, [CheckedContinuation<Outcome?, Never>]) {
        let now = clock()
        return state.withLock { state in
            let outcome =
                switch result {
                case .success(let answer): state.machine.received(answer, began: began)
                case .failure(let error): state.machine.failed(error, for: grant, now: now)
                }
            guard case .settled = outcome else { return (outcome, []) }
            defer { state.waiting = [:] }
            return (outcome, Array(state.waiting.values))
        }
    }

    private func cancel(_ ticket: Int) {
        let continuation = state.withLock { state in
            state.cancelled.insert(ticket)
            return state.waiting.removeValue(forKey: ticket)
        }
        continuation?.resume(returning: nil)
    }
}
