import Synchronization
import Testing

@testable import SharedLedger

struct StepLoopTests {
    private let queue = FakeQueue()
    private let steps = Counter()
    private let next = NextTime()

    private func loop() -> StepLoop {
        StepLoop(on: queue, in: queue.environment) { [steps, next] in
            steps.add()
            return next.value
        }
    }

    @Test func `whoever is woken twice before his turn has one turn`() {
        let loop = loop()
        loop.wake()
        loop.wake()
        #expect(queue.waitingCount == 1)
        queue.run()
        #expect(steps.value == 1)
    }

    @Test func `a step that wants to go on at once does so behind what waits`() {
        let loop = loop()
        next.set(0)
        loop.wake()
        queue.enqueue { [next] in next.set(.max) }
        queue.run()
        #expect(steps.value == 2)
    }

    @Test func `a step runs when it said that it wants to`() {
        let loop = loop()
        next.set(100)
        loop.wake()
        queue.run()
        next.set(.max)
        queue.pass(99)
        #expect(steps.value == 1)
        queue.pass(1)
        #expect(steps.value == 2)
        _ = loop
    }

    @Test func `an earlier time is not forgotten for a later one that was set before`() {
        let loop = loop()
        next.set(1000)
        loop.wake()
        queue.run()
        next.set(100)
        loop.wake()
        queue.run()
        next.set(.max)
        queue.pass(100)
        #expect(steps.value == 3)
    }

    @Test func `a loop that has ended runs no step, and sets no timer`() {
        let loop = loop()
        loop.wake()
        loop.end()
        queue.run()
        loop.wake()
        queue.run()
        #expect(steps.value == 0 && queue.timerCount == 0)
    }
}

/// When a step wants to run next.
private final class NextTime: Sendable {
    private let time = Atomic(Int64.max)

    var value: Int64 { time.load(ordering: .relaxed) }

    func set(_ value: Int64) { time.store(value, ordering: .relaxed) }
}
