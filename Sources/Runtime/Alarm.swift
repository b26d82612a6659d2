package import Ledger
import Synchronization

/// An actor that looks what is due: when it is woken, and when its alarm's time has come.
package protocol Wakeable: Actor {
    nonisolated var alarm: Alarm { get }

    /// Begins with what is due, and sets the alarm to what is due next.
    func look()
}

extension Wakeable {
    /// Begins with what is due.
    package func start() {
        alarm.timer.onFire { [weak self] in self?.wake() }
        wake()
    }

    /// Something may be due earlier than the alarm is set to.
    package nonisolated func wake() {
        if alarm.isWoken.exchange(true, ordering: .acquiringAndReleasing) { return }
        Task(executorPreference: alarm.scheduler.executor) { await self.woken() }
    }

    private func woken() {
        alarm.isWoken.store(false, ordering: .releasing)
        look()
    }
}

/// What wakes an actor.
package final class Alarm: Sendable {
    fileprivate let scheduler: any Scheduler
    fileprivate let timer: any OneShotTimer
    /// A wake-up that has not been acted on: they come by the thousand, and one look serves them all.
    fileprivate let isWoken = Atomic(false)

    /// An alarm that may be late by `leeway`.
    package init(on scheduler: any Scheduler, leeway: Duration) {
        self.scheduler = scheduler
        timer = scheduler.timer(leeway: leeway)
    }

    /// Sets its time; one in the past is now.
    package func set(to time: Instant) { timer.schedule(at: time) }

    /// Ends it: it never wakes again.
    package func cancel() { timer.cancel() }
}
