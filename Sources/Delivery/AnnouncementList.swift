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

    func ledgerDidCommit(upTo position: Int64) {}

    func ledgerDidReject(after position: Int64, reason: String) {}

    func ledgerDidFail(reason: String, errno: Int32) {}
}
