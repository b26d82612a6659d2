import Ledger
import Testing

@testable import Runtime

/// What repeats is not repeated in the log.
struct LogBudgetTests {
    private func at(_ seconds: Int64) -> Instant { Instant(nanoseconds: seconds * 1_000_000_000) }

    @Test func `a flood of lines is let through in part, and the next one tells how many are missing`() {
        var budget = LogBudget(limit: 2)
        #expect((0..<5).map { _ in budget.take(now: at(0)) } == ["", "", nil, nil, nil])
        #expect(budget.take(now: at(59)) == nil)
        #expect(budget.take(now: at(61)) == " … and 4 more in the last 61 s")
        #expect(budget.take(now: at(62)) == "")
    }

    @Test func `of a payment one line a minute is let through, so that it cannot hide another`() {
        var budget = LogBudget(limit: 3)
        #expect((0..<50).map { _ in budget.take(7, now: at(0)) }.compactMap(\.self) == [""])
        #expect(budget.take(8, now: at(1)) == " … and 49 more in the last 1 s")
        #expect(budget.take(9, now: at(1)) == "")
        #expect(budget.take(10, now: at(1)) == nil)
        #expect(budget.take(7, now: at(60)) == " … and 1 more in the last 59 s")
    }
}
