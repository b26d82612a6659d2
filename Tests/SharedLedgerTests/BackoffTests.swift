import Testing

@testable import SharedLedger

struct BackoffTests {
    @Test func `pauses double, and none is longer than two seconds`() {
        var backoff = Backoff()
        #expect((0..<7).map { _ in backoff.next() / 1_000_000 } == [100, 200, 400, 800, 1600, 2000, 2000])
    }

    @Test func `after an answer the pauses begin anew`() {
        var backoff = Backoff()
        for _ in 0..<9 { _ = backoff.next() }
        backoff.reset()
        #expect(backoff.next() == 100_000_000)
    }
}
