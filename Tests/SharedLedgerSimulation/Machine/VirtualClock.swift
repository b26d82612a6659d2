import Synchronization

/// The clock of a simulated world, in nanoseconds; it stands still while anything runs.
package final class VirtualClock: Sendable {
    /// What the wall clock shows when the monotonic one shows zero: 2026-11-22.
    private static let epoch: Int64 = 1_795_300_000_000_000_000

    private let nanoseconds = Atomic<Int64>(1_000_000_000_000)

    package init() {}

    /// The monotonic clock.
    package var now: Int64 { nanoseconds.load(ordering: .relaxed) }

    /// The wall clock, in nanoseconds since 1970.
    package var wall: Int64 { Self.epoch + now }

    package func set(_ time: Int64) { nanoseconds.store(time, ordering: .relaxed) }
}

extension Int64 {
    package static func seconds(_ count: Double) -> Int64 { Int64(count * 1e9) }
}
