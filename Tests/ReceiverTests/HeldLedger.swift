import Dispatch
import JournalFormat
import Ledger
import Payments
import Synchronization

/// A ledger that commits when the test says so.
final class HeldLedger: ReportLedger, Ledger {
    private let state = Mutex((reports: [ReportedPayment](), peers: [String](), observers: [any LedgerObserver]()))
    private let answer: Mutex<Reception?>

    /// Has ``commit()`` make all that was recorded durable before it returns, as a quick disk does.
    let commitsAtOnce = Mutex(false)

    /// Reports that were taken to be written together, and are not being written yet.
    private let gathered = Mutex((now: 0, most: 0))
    var gatheredCount: Int { gathered.withLock { $0.now } }
    /// The most that were at any time.
    var mostGathered: Int { gathered.withLock { $0.most } }

    /// Called by another thread while a report is being recorded; the recording waits for it, but not for ever.
    let meanwhile = Mutex<(@Sendable () -> Void)?>(nil)

    /// Answers every report with `reception`, or when that is nil with the next position.
    init(reception: Reception? = nil) {
        answer = Mutex(reception)
    }

    var reports: [ReportedPayment] { state.withLock { $0.reports } }

    /// Who sent each of them.
    var peers: [String] { state.withLock { $0.peers } }

    func record(_ report: ReportedPayment, peer: String, gathers: Bool) -> Reception {
        let position = state.withLock { state in
            state.reports.append(report)
            state.peers.append(peer)
            return Int64(state.reports.count)
        }
        if gathers { gathered.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) } }
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

    func commit() {
        gathered.withLock { $0.now = 0 }
        if commitsAtOnce.withLock({ $0 }) { commit(upTo: Int64(reports.count)) }
    }

    func commit(upTo position: Int64) {
        for observer in state.withLock({ $0.observers }) { observer.ledgerDidCommit(upTo: position) }
    }

    func refuse(_ positions: Set<Int64>) {
        for observer in state.withLock({ $0.observers }) { observer.ledgerDidRefuse(positions) }
    }

    func reject(after position: Int64) {
        for observer in state.withLock({ $0.observers }) { observer.ledgerDidReject(after: position, reason: "full") }
    }

    func addObserver(_ observer: any LedgerObserver) { state.withLock { $0.observers.append(observer) } }

    func claim() -> Claim? { nil }
    /// What ``nextDue()`` answers.
    let due = Mutex<Instant?>(nil)
    func nextDue() -> Instant? { due.withLock { $0 } }
    func settle(_ claim: Claim, _ answer: Answer, cause: Record.Cause) async throws -> Settlement {
        preconditionFailure("nothing is claimed")
    }
    func pause(_ duration: Duration) {}
    func claim(_ id: PaymentID) -> Claim? { nil }
    /// What ``beginListing()`` answers.
    let mayList = Mutex(false)
    func beginListing() -> Bool { mayList.withLock { $0 } }
    func list(_ payments: [ConfirmedPayment]) throws -> [Settlement] { [] }
    func endListing(isWhole: Bool) throws -> (ListingSummary, [Settlement]) { (ListingSummary(), []) }
    func takeUpAbandoned() {}
    /// What ``isFlooded`` answers.
    let flood = Mutex(false)
    var isFlooded: Bool { flood.withLock { $0 } }

    func reschedule() {
        for observer in state.withLock({ $0.observers }) { observer.ledgerDidReschedule() }
    }
    var committed: Int64 { 0 }
    var unavailability: String? { nil }
    var advice: String { "let it go" }
    var hasBaseline: Bool { true }
    /// What ``pausedUntil`` answers.
    let quietUntil = Mutex(Instant.distantPast)
    var pausedUntil: Instant { quietUntil.withLock { $0 } }
    var counts: LedgerCounts { LedgerCounts() }
}
