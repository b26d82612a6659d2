import Ledger
import Testing

@testable import Runtime

/// What repeats is not repeated in the log.
struct LogBudgetTests {
    private func at(_ seconds: Int64) -> Instant { Instant(nanoseconds: seconds * 1_000_000_000) }

    @Test func `a flood of lines is let through in part, and the next one tells how many are missing`() {
        var budget = LogBudget(limit: 2)
        #expect((0..<5).map { _ in budget.take(now: at(0)) } == [0, 0, nil, nil, nil])
        #expect(budget.take(now: at(59)) == nil)
        #expect(budget.take(now: at(60)) == 4)
        #expect(budget.take(now: at(61)) == 0)
    }
}
