import ECryptoPay
import Logging
import Payments
import Synchronization

/// Whether the API answers, and since when it does not; says so once, not at every call.
public final class APIHealth: Sendable {
    /// How it stands.
    public struct Status: Sendable {
        /// Nil before the first call ended.
        public internal(set) var isReachable: Bool?
        /// Why not.
        public internal(set) var lastError: String?
        /// Since when it has been so.
        var since = Instant.distantPast
    }

    private let status = Mutex(Status())
    private let logger: Logger

    init(logger: Logger) {
        self.logger = logger
    }

    /// How it stands.
    public var current: Status { status.withLock { $0 } }

    /// What to say when the API has answered no call for that long; nil while it answers, or has not been silent so long.
    func silence(longerThan limit: Duration, now: Instant) -> String? {
        status.withLock { status in
            guard status.isReachable == false, now - status.since >= limit else { return nil }
            return
                "the API has answered no call for \((now - status.since).components.seconds) s: \(status.lastError ?? "")"
        }
    }

    /// A call was answered, by whatever payment or status of the payment's own.
    func noteAnswer(now: Instant) {
        let outage = status.withLock { status in
            defer { status = Status(isReachable: true, lastError: nil, since: now) }
            return status.isReachable == false ? now - status.since : nil
        }
        guard let outage else { return }
        logger.notice(
            "API reachable again after \(outage.components.seconds) s", metadata: EventID.apiReachable.metadata())
    }

    /// A call failed.
    func noteFailure(_ error: APIError, now: Instant) {
        let isFirst = status.withLock { status in
            defer {
                status.lastError = error.description
                if status.isReachable != false { status.since = now }
                status.isReachable = false
            }
            return status.isReachable != false
        }
        guard isFirst else { return }
        let advice =
            error.kind == .credentialsRefused
            ? "correct ECRYPTOPAY_CLIENT_ID, _CLIENT_SECRET, _EMAIL and _PASSWORD; nothing is confirmed until then"
            : "reports stay queued, and are retried until it answers"
        logger.log(
            level: error.isTransient ? .warning : .error, "API call failed: \(error); \(advice)",
            metadata: EventID.apiUnreachable.metadata())
    }
}
