import Ledger
import Runtime
import Synchronization

/// Wakes those who deliver when there is news.
final class AnnouncementList: LedgerObserver {
    private let forwarders = Mutex<[EndpointForwarder]>([])

    func replace(_ forwarders: [EndpointForwarder]) {
        self.forwarders.withLock { $0 = forwarders }
    }

    func ledgerDidAnnounce() {
        for forwarder in forwarders.withLock({ $0 }) { forwarder.wake() }
    }
}
