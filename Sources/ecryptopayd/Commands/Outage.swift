import ECryptoPay
import Ledger

/// A row of calls that brought no answer: when to ask again, and what is worth telling. Pure.
struct Outage {
    private var failures = 0
    private var told: APIError.Kind?

    /// What follows from a failure.
    struct Step: Equatable {
        /// How long to wait before asking again.
        let pause: Duration
        /// What to tell; nil when the same was told before.
        let message: String?
    }

    /// A call has been answered; says whether an outage that was told of is over.
    mutating func end() -> Bool {
        defer { self = Outage() }
        return told != nil
    }

    /// A call has failed; nil when asking again is of no use.
    mutating func fail(_ error: APIError, using random: inout some RandomNumberGenerator) -> Step? {
        guard error.mayPass else { return nil }
        failures += 1
        let backoff = max(RetrySchedule.backoff(failures: failures, using: &random), .milliseconds(100))
        let asked = min(error.retryAfter ?? .zero, RetrySchedule.longest)
        defer { told = error.kind }
        if told == error.kind { return Step(pause: max(backoff, asked), message: nil) }
        let when = asked > .zero ? "in \(asked.components.seconds) s" : "with growing pauses"
        return Step(pause: max(backoff, asked), message: "\(error); asking again \(when)")
    }
}

extension APIError {
    /// Whether it may be over some time without the person at the terminal doing anything. A proxy's page in place of an
    /// answer may, an expired certificate too; a payment that is not there or an account that is refused will not.
    fileprivate var mayPass: Bool {
        switch kind {
        case .undecodable, .wrongID, .tooLarge: true
        case .tls(let fault): fault != .authorityFile
        default: isTransient
        }
    }
}
