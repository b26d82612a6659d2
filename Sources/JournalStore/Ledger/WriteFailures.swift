import Glibc
package import POSIX

/// What became of the last writes of a journal, where they failed.
package struct WriteFailures: Sendable {
    /// The last write, when it was rejected: why, and since when none has succeeded, in nanoseconds since 1970.
    package private(set) var last: (error: SystemError, since: Int64)?
    /// How many failed, by `errno`. Those that a full or failing disk gives are told before the first one too: a counter that is
    /// not there yet raises no alert.
    package private(set) var counts: [Int32: Int] = [EIO: 0, ENOSPC: 0, EROFS: 0, EDQUOT: 0]

    mutating func add(_ error: SystemError, at time: Int64) {
        counts[error.errno, default: 0] += 1
        last = (error, last?.since ?? time)
    }

    /// A write has succeeded.
    mutating func end() { last = nil }
}
