import POSIX
import Synchronization

/// How much of the disk is free, asked at most once a second.
final class SpaceGauge: Sendable {
    private struct Reading {
        var bytes: Int64 = .max
        var takenAt = Int64.min / 2
    }

    private let disk: any Disk
    private let clock: @Sendable () -> Int64
    private let reading = Mutex(Reading())

    init(_ disk: any Disk, clock: @escaping @Sendable () -> Int64) {
        self.disk = disk
        self.clock = clock
    }

    /// Free bytes, at most a second old. A file system that does not tell counts as having room: the write will tell.
    var freeBytes: Int64 { freeBytes(now: clock()) }

    /// The same for whoever knows the time.
    func freeBytes(now: Int64) -> Int64 {
        reading.withLock { reading in
            if now - reading.takenAt >= 1_000_000_000 {
                reading.bytes = (try? disk.freeBytes()) ?? .max
                reading.takenAt = now
            }
            return reading.bytes
        }
    }
}
