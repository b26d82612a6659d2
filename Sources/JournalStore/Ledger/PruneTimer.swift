import Dispatch
package import Ledger
import POSIX
import Synchronization

/// Has a running ledger drop its old settled segments now and then.
package final class PruneTimer: Sendable {
    private struct State {
        var keep = Duration.zero
        var timer: (any DispatchSourceTimer)?
        /// What held up the last attempt: told once, not every hour.
        var heldBy: String?
    }

    private let prune: @Sendable (_ keep: Duration) throws -> PruneReport
    private let report: @Sendable (Result<PruneReport, any Error>) -> Void
    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "ecryptopayd.journal.prune", qos: .utility)

    /// Drops nothing until it is told how long to keep what is settled. `report` hears of segments that were dropped, or held up for
    /// another reason than the last time, and of attempts that failed.
    package init(
        _ prune: @escaping @Sendable (_ keep: Duration) throws -> PruneReport,
        report: @escaping @Sendable (Result<PruneReport, any Error>) -> Void
    ) {
        self.prune = prune
        self.report = report
    }

    /// From now on, settled segments older than that go; zero keeps all.
    package func update(keep: Duration) {
        state.withLock { state in
            guard keep != state.keep else { return }
            state.keep = keep
            state.timer?.cancel()
            state.timer = keep > .zero ? startTimer(keep) : nil
        }
    }

    /// Ends it; an attempt that is under way goes on to its end.
    package func stop() {
        update(keep: .zero)
        queue.sync {}
    }

    /// Often enough that nothing stays much longer than it is kept, and no oftener.
    private func startTimer(_ keep: Duration) -> any DispatchSourceTimer {
        let seconds = min(max(keep.components.seconds / 10, 1), 3600)
        let timer = DispatchSource.makeTimerSource(queue: queue)
        timer.schedule(deadline: .now() + .seconds(Int(seconds)), repeating: .seconds(Int(seconds)))
        timer.setEventHandler { [weak self] in self?.run() }
        timer.activate()
        return timer
    }

    private func run() {
        let keep = state.withLock { $0.keep }
        guard keep > .zero else { return }
        do {
            let pruned = try prune(keep)
            let isNew = state.withLock { state in
                defer { state.heldBy = pruned.heldBy }
                return pruned.heldBy != state.heldBy && pruned.heldBy != nil
            }
            if !pruned.segments.isEmpty || isNew { report(.success(pruned)) }
        } catch { report(.failure(error)) }
    }
}
