import ECryptoPay
import Ledger
import Logging
import Testing
import TestSupport

@testable import Confirming

/// An outage of the API is not repeated in the log.
struct APIHealthTests {
    private func at(_ seconds: Int64) -> Instant { Instant(nanoseconds: seconds * 1_000_000_000) }

    @Test func `an outage is told when it begins, seldom while it lasts, and when it ends`() {
        let log = LineLog()
        let health = APIHealth(logger: Logger(label: "test") { _ in log.handler })
        let error = APIError(kind: .timeout, method: "GET", path: "/payments/1", detail: "timed out")
        // A failure every ten seconds for two hours.
        for second in stride(from: Int64(0), through: 7200, by: 10) {
            health.noteFailure(error, waiting: 14, now: at(second))
        }
        health.noteAnswer(now: at(7210))
        health.noteAnswer(now: at(7220))
        let told = log.leveledLines.map { String($0.prefix { $0 != "," }) }
        #expect(
            told == [
                "warning: API call failed: \(error); reports stay queued", "warning: API unreachable for 1 min",
                "warning: API unreachable for 3 min", "warning: API unreachable for 7 min",
                "warning: API unreachable for 15 min", "warning: API unreachable for 31 min",
                "warning: API unreachable for 1 h 3 min", "notice: API reachable again after 2 h",
            ])
        #expect(log.leveledLines[1].contains(", 14 waiting: "))
        health.noteFailure(error, waiting: 0, now: at(7270))
        #expect(log.leveledLines.last?.hasPrefix("warning: API call failed") == true)
    }

    @Test func `an API that answers every other call is told of as seldom as one that answers none`() {
        let log = LineLog()
        let health = APIHealth(logger: Logger(label: "test") { _ in log.handler })
        let error = APIError(kind: .timeout, method: "GET", path: "/payments/1", detail: "timed out")
        for second in stride(from: Int64(0), to: 3600, by: 2) {
            health.noteFailure(error, waiting: 1, now: at(second))
            health.noteAnswer(now: at(second + 1))
        }
        // In an hour, at 0, 1, 3, 7, 15 and 31 minutes: that it failed, and that it answers again.
        #expect(log.leveledLines.count == 12)
        #expect(health.current.isReachable == true)
    }

    @Test func `silence counts from the first failure behind the last answer`() {
        let health = APIHealth(logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
        let error = APIError(kind: .timeout, method: "GET", path: "/payments/1", detail: "timed out")
        health.noteAnswer(now: at(0))
        for second in stride(from: Int64(100), through: 390, by: 10) {
            health.noteFailure(error, waiting: 1, now: at(second))
        }
        #expect(health.silence(longerThan: .seconds(300), now: at(399)) == nil)
        #expect(health.silence(longerThan: .seconds(300), now: at(400))?.contains("for 300 s: ") == true)
        health.noteAnswer(now: at(400))
        #expect(health.silence(longerThan: .seconds(300), now: at(900)) == nil)
    }
}
