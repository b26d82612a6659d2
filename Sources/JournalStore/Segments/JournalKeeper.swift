import Dispatch
package import Ledger
import POSIX
import Synchronization

/// Has a running ledger drop its old settled segments now and then, and refuted reports when the disk runs low.
package final class JournalKeeper: Sendable {
    /// What came of an attempt.
    package enum Event: Sendable {
        /// Old segments were dropped, or held up for another reason than the last time.
        case pruned(PruneReport)
        /// Segments with nothing but reports that were refuted or told nothing were dropped.
        case dropped(PruneReport)
        /// Segments were compacted that have something else.
        case compacted(PruneReport)
        /// The disk runs low, and no segment could be dropped. Told once, until the disk has room again.
        case low(space: String, heldBy: String)
        /// The attempt failed.
        case failed(any Error)
    }

    /// Hears of them.
    package typealias Report = @Sendable (Event) -> Void

    private struct State {
        var timer: (any DispatchSourceTimer)?
        var watch: (any DispatchSourceTimer)?
        var drops = DropSchedule()
        var hasToldOfLowSpace = false
    }

    private let ledger: FileLedger
    private let report: Report
    private let pruning: PruneTimer
    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "ecryptopayd.journal.keeper", qos: .utility)
    /// Looking for what may be dropped takes long: this must not wait for it.
    private let watchQueue = DispatchQueue(label: "ecryptopayd.journal.watch", qos: .userInitiated)

    /// Drops nothing until it is told how long to keep what is settled.
    package init(_ ledger: FileLedger, report: @escaping Report) {
        self.ledger = ledger
        self.report = report
        pruning = PruneTimer({ try ledger.prune(olderThan: $0) }) { result in
            switch result {
            case .success(let pruned): report(.pruned(pruned))
            case .failure(let error): report(.failed(error))
            }
        }
    }

    /// From now on, settled segments older than that go; zero keeps all.
    package func update(keep: Duration) { pruning.update(keep: keep) }

    /// From now on, the room on the disk is watched, whether the journal is where its path says, and whether the disk takes records again
    /// once it has refused one.
    package func watch() {
        state.withLock { state in
            state.timer = startTimer(queue, leeway: .milliseconds(500)) { $0.dropIfLow() }
            state.watch = startTimer(watchQueue, leeway: .milliseconds(50)) { keeper in
                keeper.ledger.checkPlace()
                keeper.ledger.retryWriting()
            }
        }
    }

    private func startTimer(
        _ queue: DispatchQueue, leeway: DispatchTimeInterval, _ body: @escaping @Sendable (JournalKeeper) -> Void
    ) -> any DispatchSourceTimer {
        let timer = DispatchSource.makeTimerSource(queue: queue)
        timer.schedule(deadline: .now(), repeating: .seconds(1), leeway: leeway)
        timer.setEventHandler { [weak self] in if let self { body(self) } }
        timer.activate()
        return timer
    }

    /// Ends it; an attempt that is under way goes on to its end, but reads no further segment to look for refuted reports.
    package func stop() {
        pruning.stop()
        state.withLock { state in
            state.timer?.cancel()
            state.watch?.cancel()
            (state.timer, state.watch) = (nil, nil)
        }
        queue.sync {}
        watchQueue.sync {}
    }

    // MARK: A disk that runs low

    private var isWatching: Bool { state.withLock { $0.timer != nil } }

    private func dropIfLow() {
        guard ledger.isLowOnSpace else {
            state.withLock { ($0.drops, $0.hasToldOfLowSpace) = (DropSchedule(), false) }
            return
        }
        let (newest, time) = (ledger.newestSegment, Clock.monotonic())
        let isDue = state.withLock { $0.drops.isDue(newest: newest, time: time) }
        if isDue, isWatching { drop() }
    }

    private func drop() {
        do {
            let dropped = try ledger.dropRefuted { self.isWatching }
            if !dropped.segments.isEmpty { report(.dropped(dropped)) }
            let compacted = try ledger.compact { self.isWatching && self.ledger.isLowOnSpace }
            if !compacted.segments.isEmpty { report(.compacted(compacted)) }
            let isVain = dropped.segments.isEmpty && compacted.segments.isEmpty
            let isTold = state.withLock { state in
                defer { state.hasToldOfLowSpace = state.hasToldOfLowSpace || isVain }
                return state.hasToldOfLowSpace
            }
            if isVain, !isTold, let heldBy = dropped.heldBy {
                report(.low(space: ledger.spaceLeft, heldBy: heldBy))
            }
        } catch {
            report(.failed(error))
        }
    }
}

/// When to look for refuted reports on a disk that is low. Pure.
struct DropSchedule {
    /// Between two attempts, while no new segment has begun.
    private static let pause: Int64 = 10_000_000_000

    /// The last attempt: which segment was the newest, and when.
    private var last: (newest: Int64, time: Int64)?

    /// Whether an attempt is due; then it counts as made.
    mutating func isDue(newest: Int64, time: Int64) -> Bool {
        if let last, last.newest == newest, time - last.time < Self.pause { return false }
        last = (newest, time)
        return true
    }
}
