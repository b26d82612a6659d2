import ECryptoPay
package import Ledger
package import Logging
import Runtime
import Synchronization

/// Whether the API answers, and since when it does not; says so once, not at every call.
package final class APIHealth: Sendable {
    /// How it stands.
    package struct Status: Sendable {
        /// Nil before the first call ended.
        package internal(set) var isReachable: Bool?
        /// Why not.
        package internal(set) var lastError: String?
        /// Since when it has been so.
        var since: Instant

        package init(isReachable: Bool? = nil, lastError: String? = nil, since: Instant = .distantPast) {
            self.isReachable = isReachable
            self.lastError = lastError
            self.since = since
        }
    }

    private struct State {
        var status = Status()
        var fold = LogThrottle()
    }

    private let state = Mutex(State())
    private let logger: Logger

    /// Nothing known yet.
    package init(logger: Logger) {
        self.logger = logger
    }

    /// How it stands.
    package var current: Status { state.withLock { $0.status } }

    /// What to say when the API has answered no call for that long; nil while it answers, or has not been silent so long.
    func silence(longerThan limit: Duration, now: Instant) -> String? {
        state.withLock { state in
            let status = state.status
            guard status.isReachable == false, now - status.since >= limit else { return nil }
            return
                "the API has answered no call for \((now - status.since).components.seconds) s: \(status.lastError ?? "")"
        }
    }

    /// A call was answered, by whatever payment or status of the payment's own.
    func noteAnswer(now: Instant) {
        let outage = state.withLock { state in
            state.status = Status(isReachable: true, lastError: nil, since: now)
            return state.fold.end(now: now)
        }
        guard let outage else { return }
        logger.notice(
            "API reachable again after \(HumanText.duration(outage.0.nanoseconds))",
            metadata: EventID.apiReachable.metadata())
    }

    /// A call failed, while so many payments wait for a verdict.
    func noteFailure(_ error: APIError, waiting: Int, now: Instant) {
        let notice = state.withLock { state in
            state.status.lastError = error.description
            if state.status.isReachable != false { state.status.since = now }
            state.status.isReachable = false
            return state.fold.fault(now: now)
        }
        guard let notice else { return }
        let advice =
            switch error.kind {
            case .credentialsRefused:
                "correct ECRYPTOPAY_CLIENT_ID, _CLIENT_SECRET, _EMAIL and _PASSWORD; nothing is confirmed until then"
            case .tooLarge where error.isAboutToken: "no token is that long; check ECRYPTOPAY_API_URL"
            default: "reports stay queued, and are retried until it answers"
            }
        let what =
            switch notice {
            case .first: "API call failed"
            case .still(let duration, _):
                "API unreachable for \(HumanText.duration(duration.nanoseconds)), \(waiting) waiting"
            }
        logger.log(
            level: error.isTransient ? .warning : .error, "\(what): \(error); \(advice)",
            metadata: EventID.apiUnreachable.metadata())
    }
}
