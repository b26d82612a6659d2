import SharedLedger
import Synchronization

/// A node while it runs.
struct Node: Sendable {
    let life: Life
    let store: SharedStore

    var number: Int { life.number }
    var isDead: Bool { life.isDead }
    var isServing: Bool { life.isServing }
    /// Whether it decides, as far as it knows.
    var isDeciding: Bool { store.node.term != nil }

    func die() { life.die() }

    /// Stops in order.
    func end() {
        let store = store
        life.inBackground { life in
            await store.end()
            life.die()
        }
    }
}

/// The nodes that run, wherever they are asked for.
final class Nodes: Sendable {
    private let nodes: Mutex<[Node?]>

    init(_ count: Int) { nodes = Mutex(Array(repeating: nil, count: count)) }

    subscript(_ slot: Int) -> Node? {
        get { nodes.withLock { $0[slot] } }
        set { nodes.withLock { $0[slot] = newValue } }
    }

    var count: Int { nodes.withLock { $0.count } }

    var all: [Node] { nodes.withLock { $0.compactMap { $0 } } }
}
