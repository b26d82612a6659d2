import Dispatch
import JournalFormat
package import Ledger
package import POSIX
import Synchronization

/// Has a running ledger read its closed segments now and then, so that damage at rest is told while a backup has what is lost.
package final class JournalScrub: Sendable {
    private struct State {
        var round: Duration = .zero
        var isStopped = false
        var thread: IdleThread?
        var scrub = ScrubStatus()
    }

    private let ledger: FileLedger
    private let state = Mutex(State())
    /// Whoever changes the state ends a pause.
    private let change = DispatchSemaphore(value: 0)

    /// Reads nothing until it is told how long a round is to take.
    package init(_ ledger: FileLedger) { self.ledger = ledger }

    /// From now on, a whole round takes that long; zero reads nothing.
    package func update(round: Duration) throws(SystemError) {
        let isFirst = state.withLock { state in
            state.round = round
            state.scrub.round = round
            return state.thread == nil && !state.isStopped && round > .zero
        }
        if isFirst {
            let thread = try IdleThread("journal.scrub") { [self] in run() }
            state.withLock { $0.thread = thread }
        }
        change.signal()
    }

    /// Ends it, behind the piece that is being read.
    package func stop() {
        let thread = state.withLock { state in
            state.isStopped = true
            return state.thread
        }
        change.signal()
        thread?.join()
    }

    /// How it stands.
    package var status: ScrubStatus { state.withLock { $0.scrub } }

    private func run() {
        var scrubber = Scrubber(ledger.journal.disk)
        while let round = state.withLock({ $0.isStopped ? nil : $0.round }) {
            let now = Clock.realtime()
            let pause = round == .zero ? nil : scrubber.pause(round.nanoseconds, now: now)
            note(scrubber)
            let end = pause.map { DispatchTime.now() + .nanoseconds(Int($0)) } ?? .distantFuture
            if change.wait(timeout: end) == .success { continue }
            for finding in scrubber.read(now: Clock.realtime()) { ledger.tell(of: finding) }
        }
    }

    private func note(_ scrubber: Scrubber) {
        let position = scrubber.schedule.position
        state.withLock { state in
            state.scrub.readBytes = scrubber.readBytes
            state.scrub.beganAt = position?.beganAt
            state.scrub.completedAt = position?.completedAt
        }
    }
}

extension JournalLedger {
    fileprivate func tell(of finding: Scrubber.Finding) {
        switch finding {
        case .damage(let damage): tell(of: damage)
        case .whole(let file): observers.tell { $0.ledgerReadWhole(file) }
        }
    }
}
