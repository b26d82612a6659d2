import ECryptoPay
import Ledger
import Logging
import Synchronization
import Testing

@testable import Receiver

/// What repeats is not repeated in the log.
struct LogFoldTests {
    private final class Lines: Sendable {
        let lines = Mutex<[String]>([])
        var all: [String] { lines.withLock { $0 } }
    }

    private struct Handler: LogHandler {
        let lines: Lines
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.info
        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }
        func log(event: LogEvent) { lines.lines.withLock { $0.append("\(event.level): \(event.message)") } }
    }

    private func at(_ seconds: Int64) -> Instant { Instant(nanoseconds: seconds * 1_000_000_000) }

    @Test func `an outage is told when it begins, seldom while it lasts, and when it ends`() {
        let lines = Lines()
        let health = APIHealth(logger: Logger(label: "test") { _ in Handler(lines: lines) })
        let error = APIError(kind: .timeout, method: "GET", path: "/payments/1", detail: "timed out")
        // A failure every ten seconds for two hours.
        for second in stride(from: Int64(0), through: 7200, by: 10) {
            health.noteFailure(error, waiting: 14, now: at(second))
        }
        health.noteAnswer(now: at(7210))
        health.noteAnswer(now: at(7220))
        let told = lines.all.map { String($0.prefix { $0 != "," }) }
        #expect(
            told == [
                "warning: API call failed: \(error); reports stay queued", "warning: API unreachable for 1 min",
                "warning: API unreachable for 3 min", "warning: API unreachable for 7 min",
                "warning: API unreachable for 15 min", "warning: API unreachable for 31 min",
                "warning: API unreachable for 1 h 3 min", "notice: API reachable again after 2 h",
            ])
        #expect(lines.all[1].contains(", 14 waiting: "))
        health.noteFailure(error, waiting: 0, now: at(7270))
        #expect(lines.all.last?.hasPrefix("warning: API call failed") == true)
    }

    @Test func `an API that answers every other call is told of as seldom as one that answers none`() {
        let lines = Lines()
        let health = APIHealth(logger: Logger(label: "test") { _ in Handler(lines: lines) })
        let error = APIError(kind: .timeout, method: "GET", path: "/payments/1", detail: "timed out")
        for second in stride(from: Int64(0), to: 3600, by: 2) {
            health.noteFailure(error, waiting: 1, now: at(second))
            health.noteAnswer(now: at(second + 1))
        }
        // In an hour, at 0, 1, 3, 7, 15 and 31 minutes: that it failed, and that it answers again.
        #expect(lines.all.count == 12)
        #expect(health.current.isReachable == true)
    }

    @Test func `an endpoint that takes nothing is told of when that begins, seldom while it lasts, and when it ends`() {
        let lines = Lines()
        var health = EndpointHealth(name: "shop", logger: Logger(label: "test") { _ in Handler(lines: lines) })
        for second in stride(from: Int64(0), through: 900, by: 10) {
            health.noteFailure("HTTP 500", of: second, waiting: 14, now: at(second), [:])
        }
        health.noteDelivery(now: at(910))
        health.noteDelivery(now: at(920))
        #expect(
            lines.all == [
                "warning: shop did not take record 0, it is sent again: HTTP 500",
                still("1 min", attempts: 7), still("3 min", attempts: 19), still("7 min", attempts: 43),
                still("15 min", attempts: 91), "notice: shop takes deliveries again after 15 min",
            ])
    }

    private func still(_ duration: String, attempts: Int) -> String {
        "warning: shop has taken no delivery for \(duration), in \(attempts) attempts; 14 wait for it, and are sent again: HTTP 500"
    }

    @Test func `a flood of lines is let through in part, and the next one tells how many are missing`() {
        var budget = LogBudget(limit: 2)
        #expect((0..<5).map { _ in budget.take(now: at(0)) } == [0, 0, nil, nil, nil])
        #expect(budget.take(now: at(59)) == nil)
        #expect(budget.take(now: at(60)) == 4)
        #expect(budget.take(now: at(61)) == 0)
    }
}
