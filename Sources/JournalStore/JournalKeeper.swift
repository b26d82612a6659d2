import Dispatch
import POSIX
public import Payments
import Synchronization

/// Has a running ledger drop its old settled segments now and then, and refuted reports when the disk runs low.
public final class JournalKeeper: Sendable {
    /// What came of an attempt.
    public enum Event: Sendable {
        /// Old segments were dropped, or held up for another reason than the last time.
        case pruned(PruneReport)
        /// Segments with nothing but reports that were refuted or told nothing were dropped.
        case dropped(PruneReport)
        /// The disk runs low, and no segment could be dropped. Told once, until the disk has room again.
        case low(space: String, heldBy: String)
        /// The attempt failed.
        case failed(JournalFault)
    }

    /// Hears of them.
    public typealias Report = @Sendable (Event) -> Void

    /// Between two attempts on a disk that is low, while no new segment has begun.
    private static let pause: Int64 = 60_000_000_000

    private struct State {
        var keep = Duration.zero
        var timer: (any DispatchSourceTimer)?
        /// What held up the last attempt: said once, not every hour.
        var heldBy: String?
        var spaceTimer: (any DispatchSourceTimer)?
        /// The last attempt on a disk that was low: which segment was the newest, and when.
        var lastDrop: (newest: Int64, time: Int64)?
        var hasToldOfLowSpace = false
    }

    private let ledger: FileLedger
    private let report: Report
    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "ecryptopayd.journal.keeper", qos: .utility)

    /// Drops nothing until it is told how long to keep what is settled.
    public init(_ ledger: FileLedger, report: @escaping Report) {
        self.ledger = ledger
        self.report = report
    }

    /// From now on, settled segments older than that go; zero keeps all.
    public func update(keep: Duration) {
        state.withLock { state in
            guard keep != state.keep else { return }
            state.keep = keep
            state.timer?.cancel()
            state.timer = keep > .zero ? startTimer(keep) : nil
        }
    }

    /// From now on, the room on the disk is watched.
    public func watchSpace() {
        state.withLock { $0.spaceTimer = startSpaceTimer() }
    }

    private func startSpaceTimer() -> any DispatchSourceTimer {
        let timer = DispatchSource.makeTimerSource(queue: queue)
        timer.schedule(deadline: .now(), repeating: .seconds(1), leeway: .milliseconds(500))
        timer.setEventHandler { [weak self] in self?.dropIfLow() }
        timer.activate()
        return timer
    }

    /// Ends it; an attempt that is under way goes on to its end, but reads no further segment to look for refuted reports.
    public func stop() {
        update(keep: .zero)
        state.withLock { state in
            state.spaceTimer?.cancel()
            state.spaceTimer = nil
        }
        queue.sync {}
    }

    /// Often enough that nothing stays much longer than it is kept, and no oftener.
    private func startTimer(_ keep: Duration) -> any DispatchSourceTimer {
        let seconds = min(max(keep.components.seconds / 10, 1), 3600)
        let timer = DispatchSource.makeTimerSource(queue: queue)
        timer.schedule(deadline: .now() + .seconds(Int(seconds)), repeating: .seconds(Int(seconds)))
        timer.setEventHandler { [weak self] in self?.prune() }
        timer.activate()
        return timer
    }

    private func prune() {
        let keep = state.withLock { $0.keep }
        guard keep > .zero else { return }
        do throws(JournalFault) {
            let pruned = try ledger.prune(before: Clock.realtime() - keep.nanoseconds)
            let isNew = state.withLock { state in
                defer { state.heldBy = pruned.heldBy }
                return pruned.heldBy != state.heldBy && pruned.heldBy != nil
            }
            if !pruned.segments.isEmpty || isNew { report(.pruned(pruned)) }
        } catch {
            report(.failed(error))
        }
    }

    // MARK: A disk that runs low

    private var isWatching: Bool { state.withLock { $0.spaceTimer != nil } }

    private func dropIfLow() {
        guard ledger.isLowOnSpace else {
            state.withLock { ($0.lastDrop, $0.hasToldOfLowSpace) = (nil, false) }
            return
        }
        let (newest, time) = (ledger.newestSegment, Clock.monotonic())
        let isDue = state.withLock { state in
            if let last = state.lastDrop, last.newest == newest, time - last.time < Self.pause { return false }
            state.lastDrop = (newest, time)
            return true
        }
        if isDue, isWatching { drop() }
    }

    private func drop() {
        do throws(JournalFault) {
            let dropped = try ledger.dropRefuted { self.isWatching }
            let isTold = state.withLock { state in
                defer { state.hasToldOfLowSpace = state.hasToldOfLowSpace || dropped.segments.isEmpty }
                return state.hasToldOfLowSpace
            }
            if !dropped.segments.isEmpty {
                report(.dropped(dropped))
            } else if let heldBy = dropped.heldBy, !isTold {
                report(.low(space: ledger.spaceLeft, heldBy: heldBy))
            }
        } catch {
            report(.failed(error))
        }
    }
}
