import Ledger
import Synchronization

/// Counts durations in buckets, as Prometheus has it.
package final class Histogram: Sendable {
    /// The figures at one moment.
    package struct Figures: Sendable {
        /// Upper bounds of the buckets, in seconds, the smallest first; behind the last there is one without a bound.
        package let bounds: [Double]
        /// How many durations fell into each bucket, and into the one without a bound.
        package internal(set) var counts: [Int]
        /// All durations together, in nanoseconds.
        package internal(set) var sum: Int64 = 0
    }

    private let state: Mutex<Figures>

    /// An empty one. `bounds` are in seconds and grow.
    package init(bounds: [Double]) {
        state = Mutex(Figures(bounds: bounds, counts: Array(repeating: 0, count: bounds.count + 1)))
    }

    package func record(_ duration: Duration) {
        let nanoseconds = duration.nanoseconds
        let seconds = Double(nanoseconds) / 1e9
        state.withLock { figures in
            figures.counts[figures.bounds.firstIndex { seconds <= $0 } ?? figures.bounds.count] += 1
            figures.sum += nanoseconds
        }
    }

    /// How it stands.
    package var figures: Figures { state.withLock { $0 } }
}
