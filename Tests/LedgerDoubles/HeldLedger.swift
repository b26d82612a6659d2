import Dispatch
import Glibc
package import JournalFormat
package import Ledger
package import Payments
package import Synchronization

/// A ledger that commits when the test says so.
package final class HeldLedger: ReportLedger, Ledger {
    private let state = Mutex((reports: [ReportedPayment](), peers: [String](), observers: [any LedgerObserver]()))
    private let answer: Mutex<Reception?>

    /// Has ``commit()`` make all that was recorded durable before it returns, as a quick disk does.
    package let commitsAtOnce = Mutex(false)

    /// Reports that were taken to be written together, and are not being written yet.
    private let gathered = Mutex((now: 0, most: 0))
    package var deferredCount: Int { gathered.withLock { $0.now } }
    /// The most that were at any time.
    package var mostDeferred: Int { gathered.withLock { $0.most } }

    /// Called by another thread while a report is being recorded; the recording waits for it, but not for ever.
    package let meanwhile = Mutex<(@Sendable () -> Void)?>(nil)

    /// Answers every report with `reception`, or when that is nil with the next position.
    package init(reception: Reception? = nil) {
        answer = Mutex(reception)
    }

    package var reports: [ReportedPayment] { state.withLock { $0.reports } }

    /// Who sent each of them.
    package var peers: [String] { state.withLock { $0.peers } }

    package func record(_ report: ReportedPayment, peer: String, defersCommit: Bool) -> Reception {
        let position = state.withLock { state in
            state.reports.append(report)
            state.peers.append(peer)
            return Int64(state.reports.count)
        }
        if defersCommit { gathered.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) } }
        if let work = meanwhile.withLock({ $0 }) {
            let done = DispatchSemaphore(value: 0)
            DispatchQueue.global().async {
                work()
                done.signal()
            }
            _ = done.wait(timeout: .now() + .milliseconds(100))
        }
        return answer.withLock { $0 } ?? .pending(position)
    }

    package func commit() {
        gathered.withLock { $0.now = 0 }
        if commitsAtOnce.withLock({ $0 }) { commit(upTo: Int64(reports.count)) }
    }

    package func commit(upTo position: Int64) {
        for observer in state.withLock({ $0.observers }) { observer.ledgerDidCommit(upTo: position) }
    }

    package func refuse(_ positions: Set<Int64>) {
        for observer in state.withLock({ $0.observers }) { observer.ledgerDidRefuse(positions) }
    }

    package func reject(after position: Int64) {
        for observer in state.withLock({ $0.observers }) { observer.ledgerDidReject(after: position, reason: "full") }
    }

    package func fail() {
        for observer in state.withLock({ $0.observers }) { observer.ledgerDidFail(reason: "broken", errno: EIO) }
    }

    package func addObserver(_ observer: any LedgerObserver) { state.withLock { $0.observers.append(observer) } }

    package func claim() -> Claim? { nil }
    /// What ``nextDue()`` answers.
    package let due = Mutex<Instant?>(nil)
    package func nextDue() -> Instant? { due.withLock { $0 } }
    package func settle(_ claim: Claim, _ answer: Answer, cause: Record.Cause) async throws -> Settlement {
        preconditionFailure("nothing is claimed")
    }
    package func pause(_ duration: Duration) {}
    package func slowDown(callBegan: Instant) {}
    package func claim(_ id: PaymentID) -> Claim? { nil }
    /// What ``beginListing()`` answers.
    package let mayList = Mutex(false)
    package func beginListing() -> Bool { mayList.withLock { $0 } }
    package func list(_ payments: [ConfirmedPayment]) throws -> [Settlement] { [] }
    package func endListing(isWhole: Bool) throws -> (ListingSummary, [Settlement]) { (ListingSummary(), []) }
    package func requeueAbandoned() {}
    /// What ``isFlooded`` answers.
    package let flood = Mutex(false)
    package var isFlooded: Bool { flood.withLock { $0 } }

    package func reschedule() {
        for observer in state.withLock({ $0.observers }) { observer.ledgerDidReschedule() }
    }
    package var committed: Int64 { 0 }
    package var unavailability: String? { nil }
    package var advice: String { "let it go" }
    package var hasBaseline: Bool { true }
    /// What ``pausedUntil`` answers.
    package let quietUntil = Mutex(Instant.distantPast)
    package var pausedUntil: Instant { quietUntil.withLock { $0 } }
    package var counts: LedgerCounts { LedgerCounts() }
}
