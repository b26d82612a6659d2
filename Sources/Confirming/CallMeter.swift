import ECryptoPay
import POSIX
import Runtime
import Synchronization

/// What one kind of call has taken.
final class CallMeter: Sendable {
    private let call: String
    private let durations = Histogram(bounds: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60])
    private let failures = Mutex<[String: Int]>([:])

    init(_ call: String) {
        self.call = call
    }

    /// Counts a call that began at `start`, on the monotonic clock, and has ended; one that was broken off from here is none.
    func ended(since start: Int64, _ error: APIError?) {
        if error?.kind == .cancelled { return }
        durations.record(.nanoseconds(Clock.monotonic() - start))
        if let error { failures.withLock { $0[error.kind.label, default: 0] += 1 } }
    }

    var figures: MeasuredAPI.Figures {
        MeasuredAPI.Figures(call: call, durations: durations.figures, failures: failures.withLock { $0 })
    }
}

extension APIError.Kind {
    /// A word for a label: few of them, and none from outside.
    fileprivate var label: String {
        switch self {
        case .invalidRequest: "invalid_request"
        case .dns: "dns"
        case .connect: "connect"
        case .tls: "tls"
        case .timeout: "timeout"
        case .connectionLost: "connection_lost"
        case .malformedAnswer: "malformed_answer"
        case .tooLarge: "too_large"
        case .status(429): "status_429"
        case .status(let status): "status_\(status / 100)xx"
        case .undecodable: "undecodable"
        case .wrongID: "wrong_id"
        case .credentialsRefused: "credentials_refused"
        case .cancelled, .other: "other"
        }
    }
}
