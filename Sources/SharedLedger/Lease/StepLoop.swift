import JournalStore
import Synchronization

/// Runs a step again and again on a queue: when it has said that it wants to, and whenever somebody wakes it.
final class StepLoop: Sendable {
    private struct State {
        var isQueued = false
        /// When the earliest timer goes off.
        var timer = Int64.max
        var isEnded = false
    }

    private let queue: any SerialQueue
    private let environment: SharedEnvironment
    /// Returns when it wants to run next, on the monotonic clock.
    private let step: @Sendable () -> Int64
    private let state = Mutex(State())

    init(on queue: any SerialQueue, in environment: SharedEnvironment, step: @escaping @Sendable () -> Int64) {
        self.queue = queue
        self.environment = environment
        self.step = step
    }

    /// Has the step run soon.
    func wake() {
        let mustQueue = state.withLock { state in
            if state.isQueued || state.isEnded { return false }
            state.isQueued = true
            return true
        }
        if mustQueue { queue.enqueue { self.run() } }
    }

    /// Has it run no more, but for a step that is under way.
    func end() { state.withLock { $0.isEnded = true } }

    private func run() {
        let isEnded = state.withLock { state in
            state.isQueued = false
            return state.isEnded
        }
        if isEnded { return }
        schedule(step())
    }

    private func schedule(_ time: Int64) {
        let now = environment.monotonic()
        if time <= now { return wake() }
        let isEarlier = state.withLock { state in
            // A timer that goes off earlier asks the step, and that comes here again.
            guard time < state.timer, !state.isEnded else { return false }
            state.timer = time
            return true
        }
        guard isEarlier else { return }
        environment.after(time - now) { [weak self] in self?.timerFired(time) }
    }

    private func timerFired(_ time: Int64) {
        state.withLock { if $0.timer == time { $0.timer = .max } }
        wake()
    }
}
