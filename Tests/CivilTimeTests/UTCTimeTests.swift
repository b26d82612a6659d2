import CivilTime
import Testing

struct UTCTimeTests {
    @Test func `every day of four centuries comes back, and follows the one before`() {
        var previous = CivilDate.date(daysSinceEpoch: -110_000)
        for day in -109_999..<110_000 {
            let date = CivilDate.date(daysSinceEpoch: day)
            #expect(CivilDate.daysSinceEpoch(year: date.year, month: date.month, day: date.day) == day)
            let isNext =
                date.day == previous.day + 1 && date.month == previous.month
                || date.day == 1 && previous.day == CivilDate.days(in: previous.month, of: previous.year)
            #expect(isNext)
            previous = date
        }
    }

    @Test func `a time is written and read back`() {
        for nanoseconds: Int64 in [
            0, 1_667_325_845_123_456_000, -1, 951_782_400_000_000_000, 4_102_444_799_999_999_000,
        ] {
            let text = UTCTime(nanoseconds: nanoseconds).iso8601(fractionDigits: 9)
            #expect(Timestamp(text)?.nanoseconds == nanoseconds, "\(text)")
        }
        #expect(
            UTCTime(nanoseconds: 1_667_325_845_123_456_000).iso8601(fractionDigits: 6) == "2022-11-01T18:04:05.123456Z")
        #expect(UTCTime(nanoseconds: 0).iso8601(fractionDigits: 0) == "1970-01-01T00:00:00Z")
        #expect(UTCTime(nanoseconds: 951_782_400_007_999_999).iso8601() == "2000-02-29T00:00:00.007Z")
    }

    @Test func `the weekday is the calendar's`() {
        #expect(UTCTime(nanoseconds: 0).weekday == 4)
        #expect(UTCTime(nanoseconds: 1_795_392_000_000_000_000).weekday == 1, "2026-11-23 is a Monday")
        #expect(UTCTime(nanoseconds: -1).weekday == 3)
    }
}
