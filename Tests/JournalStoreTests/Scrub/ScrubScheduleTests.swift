import JournalFormat
import Testing

@testable import JournalStore

/// When the journal at rest is read, without a clock: what the schedule's invariants say.
struct ScrubScheduleTests {
    /// A round over segments of these lengths in virtual time; how long it took, the longest pause, and the highest rate.
    private func round(
        _ schedule: inout ScrubSchedule, _ sizes: [Int64], now: inout Int64,
        disturb: (Int, inout Int64) -> Void = { _, _ in }
    ) -> (longest: Int64, bytesPerSecond: Double) {
        var left = sizes.reduce(0, +)
        var (longest, rate, reads): (Int64, Double, Int) = (0, 0, 0)
        schedule.begin(now: now)
        for size in sizes {
            var rest = size
            while rest > 0 {
                disturb(reads, &now)
                let count = min(Int64(ScrubSchedule.step), rest)
                let pause = schedule.pause(before: count, of: left, now: now)
                now += pause
                longest = max(longest, pause)
                rate = max(rate, Double(count) / (Double(pause) / 1e9))
                rest -= count
                left -= count
                reads += 1
            }
        }
        return (longest, rate)
    }

    private let week: Int64 = 7 * 24 * 3600 * 1_000_000_000

    @Test(
        arguments: [[1], [100, 65536, 65537], Array(repeating: 1024, count: 1000), [64 << 20, 3, 64 << 20]] as [[Int64]]
    )
    func `a round ends when its time does, and evenly`(_ sizes: [Int64]) {
        var (schedule, now) = (ScrubSchedule(round: week), Int64(1000))
        let (longest, rate) = round(&schedule, sizes, now: &now)
        #expect(now == 1000 + week)
        #expect(rate <= 5_000_000)
        // No pause is much longer than the share of one piece.
        let pieces = max(1, sizes.reduce(0, +) / Int64(ScrubSchedule.step))
        #expect(Double(longest) <= Double(week) / Double(pieces) * 1.01)
    }

    @Test func `5 MB a second are never exceeded, however short the round is`() {
        var (schedule, now) = (ScrubSchedule(round: 1_000_000_000), Int64(0))
        let (_, rate) = round(&schedule, [50_000_000], now: &now)
        #expect(rate == 5_000_000 && now == 10_000_000_000)
    }

    @Test func `a restart, or a clock that is set, makes no round longer than its time from there on`() {
        // Halfway, everything of the segment is to be read once more.
        var (schedule, now) = (ScrubSchedule(round: week), Int64(0))
        schedule.begin(now: now)
        var again = ScrubSchedule(round: week, from: schedule.position)
        now = week / 2
        _ = round(&again, [64 << 20], now: &now)
        #expect(now == week)

        let moment = week * 100
        for jump in [-week * 3, week * 3] {
            var (schedule, now) = (ScrubSchedule(round: week), moment)
            var jumpedTo: Int64 = 0
            let (_, rate) = round(&schedule, [64 << 20], now: &now) { reads, now in
                if reads == 512 {
                    now += jump
                    jumpedTo = now
                }
            }
            #expect(now - jumpedTo <= week && rate <= 5_000_000, "\(jump)")
        }
    }

    @Test func `the next round begins where the last one ended`() {
        var schedule = ScrubSchedule(round: week)
        schedule.begin(now: 5)
        schedule.pass(10)
        #expect(schedule.next == 11)
        schedule.end(now: 7)
        #expect(schedule.position == .init(beganAt: 7, next: 1, completedAt: 7))
    }
}
