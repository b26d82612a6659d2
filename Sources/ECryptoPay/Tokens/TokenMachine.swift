/// Decides when a token is asked for, with which grant, and what callers get meanwhile. Pure: times are handed in, in
/// any monotonic reckoning.
///
/// At most one request is under way. A token is renewed a little before its end, while the old one still serves. A
/// refusal of the account is remembered, so that a wrong password knocks at growing intervals and not once for each
/// call.
struct TokenMachine {
    /// What a caller is to do.
    enum Step: Equatable {
        case use(AccessToken)
        /// Use the token, and start this request beside.
        case useAndFetch(AccessToken, TokenGrant)
        /// Start this request, and wait for what comes of it.
        case fetch(TokenGrant)
        /// Wait for the request under way.
        case wait
        case fail(APIError)
    }

    /// What an answer of the token endpoint leads to.
    enum Outcome: Equatable {
        /// Ask once more, with this grant; the request under way goes on.
        case fetch(TokenGrant)
        /// Everyone who waits gets this.
        case settled(Result<AccessToken, APIError>)
    }

    private struct Held {
        let token: AccessToken
        let endsAt: Duration?
        var renewAt: Duration?
    }

    private struct Pause {
        let error: APIError
        let until: Duration
    }

    static let longestPause = Duration.seconds(15 * 60)
    private static let firstPause = Duration.seconds(5)

    private var held: Held?
    private var refreshToken: String?
    private var pause: Pause?
    private var isFetching = false
    private var generation = 0
    private var refusals = 0

    /// Whatever must not be shown: the tokens known at present.
    var secrets: [String] { [held?.token.value, refreshToken].compactMap(\.self) }

    /// A caller wants a token; `refused` is the one that the API just answered 401 to, if any.
    mutating func request(insteadOf refused: AccessToken? = nil, now: Duration) -> Step {
        // A newer one than the refused may have come meanwhile: then that is the answer.
        if let refused, held?.token.generation == refused.generation { held = nil }
        if let held, held.endsAt.map({ now < $0 }) ?? true {
            guard let renewAt = held.renewAt, now >= renewAt, !isFetching, !isPaused(now) else {
                return .use(held.token)
            }
            isFetching = true
            return .useAndFetch(held.token, nextGrant)
        }
        if isFetching { return .wait }
        if let pause, isPaused(now) {
            return .fail(pause.error.with(retryAfter: pause.until - now))
        }
        isFetching = true
        return .fetch(nextGrant)
    }

    /// The request under way has brought a token; `began` is when it was sent, since the lifetime may count from there.
    mutating func received(_ answer: TokenAnswer, began: Duration) -> Outcome {
        isFetching = false
        pause = nil
        refusals = 0
        generation += 1
        let token = AccessToken(value: answer.accessToken, generation: generation)
        let margin = answer.lifetime.map { min(.seconds(60), $0 / 10) }
        held = Held(
            token: token, endsAt: answer.lifetime.map { began + $0 },
            renewAt: answer.lifetime.flatMap { lifetime in margin.map { began + lifetime - $0 } })
        // RFC 6749 6: a refresh that brings no new refresh token leaves the old one valid.
        if answer.refreshToken != nil { refreshToken = answer.refreshToken }
        return .settled(.success(token))
    }

    /// The request under way has failed.
    mutating func failed(_ error: APIError, for grant: TokenGrant, now: Duration) -> Outcome {
        if case .refresh = grant, Self.isRefusal(error) {
            refreshToken = nil
            return .fetch(.password)
        }
        isFetching = false
        if error.kind == .credentialsRefused {
            refusals = min(refusals + 1, 16)
            pause(error, for: max(Self.firstPause * (1 << (refusals - 1)), error.retryAfter ?? .zero), now: now)
        } else if let wait = error.retryAfter {
            pause(error, for: wait, now: now)
        } else {
            held?.renewAt = now + Self.firstPause
        }
        return .settled(.failure(error))
    }

    /// Someone has mended the account, or hopes so: the next caller asks anew.
    mutating func forgetRefusal() {
        pause = nil
        refusals = 0
    }

    private var nextGrant: TokenGrant { refreshToken.map { .refresh($0) } ?? .password }

    private func isPaused(_ now: Duration) -> Bool { pause.map { now < $0.until } ?? false }

    private mutating func pause(_ error: APIError, for wait: Duration, now: Duration) {
        pause = Pause(error: error, until: now + min(wait, Self.longestPause))
    }

    /// A refresh token is refused with any 4xx that does not speak of the pace: servers differ in the details.
    private static func isRefusal(_ error: APIError) -> Bool {
        switch error.kind {
        case .credentialsRefused: true
        case .status(let status): (400..<500).contains(status) && status != 408 && status != 429
        default: false
        }
    }
}

extension APIError {
    fileprivate func with(retryAfter: Duration) -> APIError {
        APIError(kind: kind, method: method, path: path, detail: detail, retryAfter: retryAfter)
    }
}
