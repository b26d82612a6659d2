import JournalStoreSimulation
import Payments
import SharedLedger
import SharedLedgerSimulation
import Synchronization

/// Whose shop it is, and what he has the nodes do.
final class Merchant: Sendable {
    /// A payment's news that were to go out again.
    struct Replay {
        let payment: PaymentID
        let asked: Int64
        /// The last record that the node could show then.
        let durable: Int64
        /// When it was promised, by whom, and the first record that was there then; nil when it was not.
        var promised: (time: Int64, by: Int, first: Int64)?
    }

    static let endpoints = ["shop", "books"]

    private struct State {
        /// Where each node is to deliver.
        var settings: [[String]]
        var replays: [Replay] = []
    }

    let shop: Shop
    private let state: Mutex<State>

    init(_ shop: Shop, endpoints: [String], nodes: Int) {
        self.shop = shop
        state = Mutex(State(settings: Array(repeating: endpoints, count: nodes)))
    }

    /// Where a node is to deliver, as its settings have it.
    subscript(_ slot: Int) -> [String] {
        get { state.withLock { $0.settings[slot] } }
        set { state.withLock { $0.settings[slot] = newValue } }
    }

    /// What was to go out again.
    var replays: [Replay] { state.withLock { $0.replays } }

    /// Has a payment's news go out again, by whoever decides; `first` is the first record that is there.
    func replay(_ payment: PaymentID, by node: Node, first: @escaping @Sendable () -> Int64) {
        let clock = node.life.program.machine.clock
        let store = node.store
        node.life.inBackground { life in
            let number = self.state.withLock { state in
                state.replays.append(Replay(payment: payment, asked: clock.wall, durable: store.node.durable))
                return state.replays.count - 1
            }
            guard let decider = try? await store.command("replay \(payment)"), !life.isDead else { return }
            self.state.withLock { $0.replays[number].promised = (clock.wall, decider, first()) }
        }
    }

    /// A line for each replay, with its time.
    var story: [(time: Int64, text: String)] {
        replays.map { replay in
            let end = replay.promised.map { "promised at \(World.text($0.time))" } ?? "not promised"
            return (replay.asked, "replay of payment \(replay.payment), up to \(replay.durable): \(end)")
        }
    }
}
