import Ledger
import Testing

struct ListingScheduleTests {
    private func second(_ second: Int) -> Instant { Instant(nanoseconds: Int64(second) * 1_000_000_000) }

    /// A schedule after one listing, from second 0 to `took`.
    private func afterOne(interval: Duration, took: Int = 1, isWhole: Bool = true) -> ListingSchedule {
        var random = SplitMix64(seed: 1)
        var schedule = ListingSchedule(interval: interval)
        schedule.begin(now: second(0))
        schedule.end(isWhole: isWhole, now: second(took), using: &random)
        return schedule
    }

    @Test func `the first listing is due at once`() {
        let schedule = ListingSchedule(interval: .seconds(300))
        #expect(schedule.due(isFlooded: false, hasBaseline: true) == .distantPast)
        #expect(schedule.due(isFlooded: false, hasBaseline: false) == .distantPast)
    }

    @Test func `without an interval no listing but the baseline is due`() {
        let schedule = ListingSchedule(interval: .zero)
        #expect(schedule.due(isFlooded: false, hasBaseline: true) == nil)
        #expect(schedule.due(isFlooded: false, hasBaseline: false) == .distantPast)
        #expect(afterOne(interval: .zero).due(isFlooded: false, hasBaseline: true) == nil)
    }

    @Test func `the next listing is due an interval after the last one began`() {
        #expect(afterOne(interval: .seconds(300), took: 7).due(isFlooded: false, hasBaseline: true) == second(300))
    }

    @Test func `no listing is due, and none can be requested, while one is under way`() {
        var schedule = ListingSchedule(interval: .seconds(300))
        schedule.begin(now: second(0))
        #expect(schedule.due(isFlooded: true, hasBaseline: false) == nil)
        let isTaken = schedule.request()
        #expect(!isTaken)
    }

    @Test func `a requested listing is due at once, and once`() {
        var schedule = afterOne(interval: .zero)
        let isTaken = schedule.request()
        #expect(isTaken)
        #expect(schedule.due(isFlooded: false, hasBaseline: true) == .distantPast)
        schedule.begin(now: second(5))
        var random = SplitMix64(seed: 1)
        schedule.end(isWhole: true, now: second(6), using: &random)
        #expect(schedule.due(isFlooded: false, hasBaseline: true) == nil)
    }

    @Test(arguments: [(0, 5), (1, 10), (3, 30), (60, 600)])
    func `in a flood listings begin at most every five seconds, and take a tenth of the time`(took: Int, due: Int) {
        let schedule = afterOne(interval: .zero, took: took)
        #expect(schedule.due(isFlooded: true, hasBaseline: true) == second(due))
    }

    @Test(arguments: [(0, 5), (3, 30), (60, 600)])
    func `in a flood listings that fail begin no oftener`(took: Int, due: Int) {
        let schedule = afterOne(interval: .zero, took: took, isWhole: false)
        #expect(schedule.due(isFlooded: true, hasBaseline: false) == second(due))
        #expect(
            afterOne(interval: .seconds(100), took: 60, isWhole: false).due(isFlooded: true, hasBaseline: true)
                == second(100))
    }

    @Test func `a flood makes no regular listing later`() {
        #expect(afterOne(interval: .seconds(20), took: 3).due(isFlooded: true, hasBaseline: true) == second(20))
    }

    @Test(arguments: [Duration.zero, .seconds(300)])
    func `after a failure the next listing backs off to 15 minutes at most, for the baseline too`(
        interval: Duration
    ) throws {
        var random = SplitMix64(seed: 7)
        var schedule = ListingSchedule(interval: interval)
        var longest = Duration.zero
        var now = 0
        for _ in 1...40 {
            schedule.begin(now: second(now))
            schedule.end(isWhole: false, now: second(now), using: &random)
            let due = try #require(schedule.due(isFlooded: true, hasBaseline: false))
            #expect(due >= second(now) && due - second(now) <= .seconds(900))
            longest = max(longest, due - second(now))
            now += 1000
        }
        #expect(longest > .seconds(450))
        schedule.begin(now: second(now))
        schedule.end(isWhole: true, now: second(now), using: &random)
        #expect(schedule.due(isFlooded: false, hasBaseline: true) == (interval == .zero ? nil : second(now + 300)))
    }
}
