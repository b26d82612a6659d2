import Synchronization

/// What became of the requests to webhook paths, by result.
public final class ReceptionCounter: Sendable {
    /// The results there are.
    public enum Result: Int, CaseIterable, Sendable {
        case accepted, invalid, badMethod, unavailable
    }

    private let counts = Mutex([Int](repeating: 0, count: Result.allCases.count))

    /// All at zero.
    public init() {}

    func count(_ result: Result) {
        counts.withLock { $0[result.rawValue] += 1 }
    }

    /// How many requests came to a result.
    public func total(_ result: Result) -> Int {
        counts.withLock { $0[result.rawValue] }
    }
}
