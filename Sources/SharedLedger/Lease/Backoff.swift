/// How long to wait before the database is asked again, after so many failures in a row.
struct Backoff: Sendable {
    private var failures: Int64 = 0

    /// After another failure: the pause, in nanoseconds; from 100 ms to 2 s.
    mutating func next() -> Int64 {
        defer { failures += 1 }
        return min(100_000_000 << min(failures, 5), 2_000_000_000)
    }

    /// It has answered.
    mutating func reset() { failures = 0 }
}
