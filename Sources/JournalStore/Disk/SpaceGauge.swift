import POSIX
import Synchronization

/// How much of the disk is free, asked at most once a second.
package final class SpaceGauge: Sendable {
    private struct Reading {
        var bytes: Int64 = .max
        var takenAt = Int64.min / 2
        /// What has been written since, as far as it was told.
        var spent: Int64 = 0

        var left: Int64 { bytes == .max ? .max : max(0, bytes - spent) }
    }

    private let disk: any Disk
    private let clock: @Sendable () -> Int64
    private let reading = Mutex(Reading())

    init(_ disk: any Disk, clock: @escaping @Sendable () -> Int64) {
        self.disk = disk
        self.clock = clock
    }

    /// Free bytes, at most a second old. A file system that does not tell counts as having room: the write will tell.
    var freeBytes: Int64 {
        let now = clock()
        return reading.withLock { reading in
            refresh(&reading, now)
            return reading.left
        }
    }

    /// Whether there are so many free bytes.
    func hasRoom(_ minimum: Int64, now: Int64) -> Bool {
        reading.withLock { reading in
            refresh(&reading, now)
            // What was told of may be less by now than it was, or room has been made: the disk knows.
            if reading.left < minimum, reading.spent > 0 { take(&reading, now) }
            return reading.left >= minimum
        }
    }

    /// So many bytes are about to be written: the last reading knows nothing of them.
    func spend(_ bytes: Int) {
        reading.withLock { $0.spent += Int64(bytes) }
    }

    private func refresh(_ reading: inout Reading, _ now: Int64) {
        if now - reading.takenAt >= 1_000_000_000 { take(&reading, now) }
    }

    private func take(_ reading: inout Reading, _ now: Int64) {
        reading = Reading(bytes: (try? disk.freeBytes()) ?? .max, takenAt: now)
    }
}
