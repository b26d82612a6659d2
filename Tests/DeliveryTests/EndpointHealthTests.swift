import Ledger
import Logging
import Testing
import TestSupport

@testable import Delivery

/// An endpoint's outage is not repeated in the log.
struct EndpointHealthTests {
    private func at(_ seconds: Int64) -> Instant { Instant(nanoseconds: seconds * 1_000_000_000) }

    @Test func `an endpoint that takes nothing is told of when that begins, seldom while it lasts, and when it ends`() {
        let log = LineLog()
        var health = EndpointHealth(name: "shop", logger: Logger(label: "test") { _ in log.handler })
        for second in stride(from: Int64(0), through: 900, by: 10) {
            health.noteFailure("HTTP 500", of: second, waiting: 14, now: at(second), [:])
        }
        health.noteDelivery(now: at(910))
        health.noteDelivery(now: at(920))
        #expect(
            log.leveledLines == [
                "warning: shop did not take record 0, it is sent again: HTTP 500",
                still("1 min", attempts: 7), still("3 min", attempts: 19), still("7 min", attempts: 43),
                still("15 min", attempts: 91), "notice: shop takes deliveries again after 15 min",
            ])
    }

    private func still(_ duration: String, attempts: Int) -> String {
        "warning: shop has taken no delivery for \(duration), in \(attempts) attempts; 14 wait for it, and are sent again: HTTP 500"
    }
}
