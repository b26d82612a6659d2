import Ledger
import Testing

struct RetryScheduleTests {
    @Test func `backoff has full jitter under a ceiling that doubles from 1 s to 15 min`() {
        var random = SplitMix64(seed: 1)
        for failures in 1...40 {
            let ceiling = min(900.0, Double(1 << min(failures - 1, 20)))
            let delays = (0..<200).map { _ in RetrySchedule.backoff(failures: failures, using: &random) }
            #expect(delays.allSatisfy { $0 >= .zero && $0 <= .seconds(ceiling) })
            // Full jitter: both halves of the range occur.
            #expect(delays.contains { $0 < .seconds(ceiling / 2) })
            #expect(delays.contains { $0 > .seconds(ceiling / 2) })
        }
    }

    @Test func `deliveries are tried again at the times that Standard Webhooks recommends, ten attempts in all`() {
        let seconds = RetrySchedule.delivery.map(\.components.seconds)
        #expect(seconds == [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400])
    }
}
