import Synchronization

/// Where the loop of turns waits until there is something to do.
final class Waker: Sendable {
    private struct State {
        var isWoken = false
        var sleeper: CheckedContinuation<Void, Never>?
        /// When a timer fires that has been set.
        var timer = Int64.max
    }

    private let surroundings: SharedSurroundings
    private let state = Mutex(State())

    init(_ surroundings: SharedSurroundings) {
        self.surroundings = surroundings
    }

    /// Has ``wait(until:)`` return.
    func wake() {
        let sleeper = state.withLock { state in
            state.isWoken = true
            return state.sleeper.take()
        }
        sleeper?.resume()
    }

    /// Returns at a time on the monotonic clock, or when it is woken; at once when it has been woken since the last time.
    func wait(until time: Int64) async {
        let now = surroundings.monotonic()
        if time > now { setTimer(time, now) }
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                if state.isWoken || time <= surroundings.monotonic() { return true }
                state.sleeper = continuation
                return false
            }
            if isOver { continuation.resume() }
        }
        state.withLock { $0.isWoken = false }
    }

    /// One timer at a time, unless an earlier one is wanted: turns come by the thousand.
    private func setTimer(_ time: Int64, _ now: Int64) {
        let isNew = state.withLock { state in
            guard time < state.timer else { return false }
            state.timer = time
            return true
        }
        guard isNew else { return }
        surroundings.after(time - now) { [weak self] in
            guard let self else { return }
            self.state.withLock { if $0.timer == time { $0.timer = .max } }
            self.wake()
        }
    }
}
