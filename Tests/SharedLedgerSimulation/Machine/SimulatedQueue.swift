import JournalStore
import Synchronization

/// A queue whose work takes its time to begin: a processor has other things to do, and a disk is not always fast.
package final class SimulatedQueue: SerialQueue {
    private struct State {
        var waiting: [@Sendable () -> Void] = []
        var isRunning = false
        /// How much was to run while something ran.
        var late = 0
        /// Who runs, where work may block.
        var runner: ObjectIdentifier?
    }

    private let process: SimulatedProcess
    private let state = Mutex(State())

    package init(_ process: SimulatedProcess) { self.process = process }

    package func enqueue(_ work: @escaping @Sendable () -> Void) {
        state.withLock { $0.waiting.append(work) }
        let machine = process.machine
        if machine.isPrompt { return process.add { self.runNext() } }
        let delay: Int64 =
            switch machine.draw(19) {
            case 0: machine.draw(3_000_000_000)
            case 1...4: machine.draw(100_000_000)
            default: machine.draw(2_000_000)
            }
        process.add(at: process.monotonic + delay) { self.runNext() }
    }

    package func perform<Value>(_ work: () -> Value) -> Value {
        waitForTurn()
        while runNext() { waitForTurn() }
        return running(work)
    }

    /// Returns when nothing of it runs.
    private func waitForTurn() {
        var pause: Int64 = 1_000_000
        while case (true, let runner) = state.withLock({ ($0.isRunning, $0.runner) }) {
            precondition(
                runner != process.machine.thread, "on a queue of Dispatch's this would wait for itself for ever")
            process.pause(pause)
            pause = min(2 * pause, 100_000_000)
        }
    }

    @discardableResult
    private func runNext() -> Bool {
        let next = state.withLock { state -> (@Sendable () -> Void)? in
            if state.isRunning {
                state.late += 1
                return nil
            }
            return state.waiting.isEmpty ? nil : state.waiting.removeFirst()
        }
        if let next { running(next) }
        return next != nil
    }

    private func running<Value>(_ work: () -> Value) -> Value {
        let runner = process.machine.thread
        state.withLock { state in
            precondition(!state.isRunning, "on a queue of Dispatch's this would wait for itself for ever")
            (state.isRunning, state.runner) = (true, runner)
        }
        defer {
            let late = state.withLock { state in
                defer { (state.isRunning, state.runner, state.late) = (false, nil, 0) }
                return state.late
            }
            // What blocked has kept others from their turns.
            for _ in 0..<late { process.add { self.runNext() } }
        }
        return work()
    }
}
