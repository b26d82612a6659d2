import Receiver
import SharedLedger
import Synchronization

/// A node while it runs.
struct Node: Sendable {
    let life: Life
    let store: SharedStore
    let deliverer: Deliverer

    var number: Int { life.number }
    var isDead: Bool { life.isDead }
    var isServing: Bool { life.isServing }

    func die() { life.die() }

    func takeRejected() -> [Int] { life.takeRejected() }

    /// Drops what is old.
    func prune(before time: Int64) {
        let store = store
        life.inBackground { _ in _ = try? await store.shared.prune(before: time) }
    }

    /// Stops in order.
    func end() {
        let (store, deliverer) = (store, deliverer)
        life.inBackground { life in
            await life.reconciler.stop()
            await life.confirmer.stop()
            await deliverer.stop()
            await store.shared.end()
            life.die()
        }
    }
}

/// The nodes that run, wherever they are asked for.
final class Nodes: Sendable {
    private let nodes = Mutex<[Node?]>([nil, nil])

    subscript(_ slot: Int) -> Node? {
        get { nodes.withLock { $0[slot] } }
        set { nodes.withLock { $0[slot] = newValue } }
    }

    var all: [Node] { nodes.withLock { $0.compactMap { $0 } } }
}
