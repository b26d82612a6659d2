package import Ledger
import Synchronization

/// Those who hear of a ledger.
package final class ObserverList: Sendable {
    private let observers = Mutex<[any LedgerObserver]>([])

    package init() {}

    package func add(_ observer: any LedgerObserver) { observers.withLock { $0.append(observer) } }

    package func removeAll() { observers.withLock { $0 = [] } }

    /// Does something with each, outside of every lock.
    package func tell(_ body: (any LedgerObserver) -> Void) {
        for observer in observers.withLock({ $0 }) { body(observer) }
    }
}
