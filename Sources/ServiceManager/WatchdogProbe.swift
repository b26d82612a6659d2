package import Dispatch
import Synchronization

/// One part of the service that must make progress for the service to count as alive.
package struct WatchdogProbe: Sendable {
    /// What the part is called in the log, e.g. `journal`.
    package let name: String
    /// Whether it makes progress; answers at once, on a thread of the watchdog's own.
    let makesProgress: @Sendable () -> Bool

    /// A probe that asks `makesProgress`, which must not block.
    package init(_ name: String, makesProgress: @escaping @Sendable () -> Bool) {
        self.name = name
        self.makesProgress = makesProgress
    }

    /// A probe of a serial queue: alive as long as the block that it was handed at the tick before has run, or `isExcused`
    /// says that something is under way that another probe judges.
    package static func answers(
        _ name: String, on queue: DispatchQueue, isExcused: @escaping @Sendable () -> Bool = { false }
    ) -> WatchdogProbe {
        let awaited = AwaitedAnswer()
        return WatchdogProbe(name) {
            guard awaited.ask() else { return isExcused() }
            queue.async { awaited.answer() }
            return true
        }
    }
}

/// Whether a question is on its way; asked again only when it has been answered.
private final class AwaitedAnswer: Sendable {
    private let isAwaited = Atomic(false)

    /// Returns true, and counts as asked, unless an answer is awaited still.
    func ask() -> Bool { !isAwaited.exchange(true, ordering: .relaxed) }

    /// The answer has come.
    func answer() { isAwaited.store(false, ordering: .relaxed) }
}
