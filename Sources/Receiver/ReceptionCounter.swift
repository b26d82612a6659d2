import POSIX
import Synchronization

/// What became of the requests to webhook paths, by result, since the start. Counted without a lock: each request counts.
package final class ReceptionCounter: Sendable {
    /// The results there are.
    package enum Result: String, CaseIterable, Sendable {
        case accepted, invalid
        case badMethod = "bad_method"
        case unavailable
    }

    private let accepted = Atomic(0)
    private let invalid = Atomic(0)
    private let badMethod = Atomic(0)
    private let unavailable = Atomic(0)
    private let lastAccepted = Atomic<Int64>(0)

    /// All at zero.
    package init() {}

    func count(_ result: Result, _ requests: Int = 1) {
        if requests == 0 { return }
        switch result {
        case .accepted:
            accepted.add(requests, ordering: .relaxed)
            lastAccepted.store(Clock.realtime(), ordering: .relaxed)
        case .invalid: invalid.add(requests, ordering: .relaxed)
        case .badMethod: badMethod.add(requests, ordering: .relaxed)
        case .unavailable: unavailable.add(requests, ordering: .relaxed)
        }
    }

    /// How many requests came to a result.
    package func total(_ result: Result) -> Int {
        switch result {
        case .accepted: accepted.load(ordering: .relaxed)
        case .invalid: invalid.load(ordering: .relaxed)
        case .badMethod: badMethod.load(ordering: .relaxed)
        case .unavailable: unavailable.load(ordering: .relaxed)
        }
    }

    /// When a webhook was last accepted, in nanoseconds since 1970; nil before the first.
    package var lastAcceptedAt: Int64? {
        let time = lastAccepted.load(ordering: .relaxed)
        return time == 0 ? nil : time
    }
}
