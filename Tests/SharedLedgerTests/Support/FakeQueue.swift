import JournalStore
import Synchronization

@testable import SharedLedger

/// A queue and timers that do something only when a test has them do it.
final class FakeQueue: SerialQueue {
    private struct State {
        var waiting: [@Sendable () -> Void] = []
        var timers: [(time: Int64, work: @Sendable () -> Void)] = []
        var now: Int64 = 0
    }

    private let state = Mutex(State())

    var waitingCount: Int { state.withLock { $0.waiting.count } }

    var timerCount: Int { state.withLock { $0.timers.count } }

    func enqueue(_ work: @escaping @Sendable () -> Void) { state.withLock { $0.waiting.append(work) } }

    func perform<Value>(_ work: () -> Value) -> Value { work() }

    /// Runs what waits.
    func run() {
        while let work = state.withLock({ $0.waiting.isEmpty ? nil : $0.waiting.removeFirst() }) { work() }
    }

    /// Lets time pass, and has run what falls due.
    func pass(_ nanoseconds: Int64) {
        let due = state.withLock { state in
            state.now += nanoseconds
            defer { state.timers.removeAll { $0.time <= state.now } }
            return state.timers.filter { $0.time <= state.now }
        }
        for timer in due { timer.work() }
        run()
    }

    var environment: SharedEnvironment {
        SharedEnvironment(
            monotonic: { self.state.withLock { $0.now } },
            after: { nanoseconds, work in self.state.withLock { $0.timers.append(($0.now + nanoseconds, work)) } },
            pause: { _ in }, queue: { _, _ in self })
    }
}
