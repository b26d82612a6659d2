import Synchronization

@testable import JournalStore

/// A queue whose work takes its time to begin: a disk is not always fast.
final class SimulatedQueue: SerialQueue {
    private struct State {
        var waiting: [@Sendable () -> Void] = []
        var isRunning = false
    }

    private let program: Program
    private let state = Mutex(State())

    init(_ program: Program) { self.program = program }

    func enqueue(_ work: @escaping @Sendable () -> Void) {
        state.withLock { $0.waiting.append(work) }
        let machine = program.machine
        let delay: Int64 =
            switch machine.draw(19) {
            case 0: machine.draw(3_000_000_000)
            case 1...4: machine.draw(100_000_000)
            default: machine.draw(2_000_000)
            }
        program.add(at: program.monotonic + delay) { self.runNext() }
    }

    func perform<Value>(_ work: () -> Value) -> Value {
        while runNext() {}
        return running(work)
    }

    @discardableResult
    private func runNext() -> Bool {
        let next = state.withLock { $0.waiting.isEmpty ? nil : $0.waiting.removeFirst() }
        if let next { running(next) }
        return next != nil
    }

    private func running<Value>(_ work: () -> Value) -> Value {
        state.withLock { state in
            precondition(!state.isRunning, "on a queue of Dispatch's this would wait for itself for ever")
            state.isRunning = true
        }
        defer { state.withLock { $0.isRunning = false } }
        return work()
    }
}
