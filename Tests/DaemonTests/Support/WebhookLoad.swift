import Glibc
import Synchronization
import TestSupport

/// What loads the daemon until the test lets go of it: what it answered with 200.
final class WebhookLoad: Sendable {
    private let state = Mutex((acknowledged: Set<Int64>(), isOver: false))
    var acknowledged: Set<Int64> { state.withLock { $0.acknowledged } }

    init(_ daemon: DaemonUnderTest, clients: Int64) {
        let address = daemon.address
        for number in 1...clients {
            onThread { [self] in
                guard let client = try? ClientSocket(address) else { return }
                var id = number * 1_000_000
                while !state.withLock({ $0.isOver }) {
                    id += 1
                    guard (try? client.send(DaemonUnderTest.request(DaemonUnderTest.report(id)))) != nil,
                        (try? client.receive().status) == 200
                    else { return }
                    state.withLock { _ = $0.acknowledged.insert(id) }
                    // The daemon is not the only one on this machine.
                    usleep(2000)
                }
            }
        }
    }

    deinit { end() }

    func end() { state.withLock { $0.isOver = true } }
}
