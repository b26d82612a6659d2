import Payments
import SharedLedger
import SharedLedgerSimulation

@testable import JournalStoreTests

// Deliveries: the merchant's settings, and what he does when something waits.
extension SharedSimulation {
    /// A merchant with an endpoint or two, or none.
    static func merchant(_ history: inout History) -> Merchant {
        let count = [0, 1, 1, 1, 2, 2, 2, 2].randomElement(using: &history.dice)!
        let weather = ShopWeather(
            from: history.clock.wall, calmFrom: history.calm, endpoints: Merchant.endpoints, using: &history.dice)
        return Merchant(
            Shop(weather, history.clock, seed: history.dice.next()), endpoints: Array(Merchant.endpoints.prefix(count)))
    }

    mutating func planDeliveries() {
        let (merchant, nodes, database) = (merchant, nodes, database)
        if history.dice.next() % 3 == 0 { planReload() }
        let payments = history.world.withLock { $0.payments.map(\.id) }
        for _ in 0..<history.dice.next() % 4 {
            let payment = payments.randomElement(using: &history.dice)!
            let slot = Int(history.dice.next() % 2)
            _ = plan("payment \(payment) is replayed by node \(slot)") {
                guard let node = nodes[slot], node.isServing else { return }
                merchant.replay(payment, by: node, of: database)
            }
        }
        merchant.shop.onMishap { [machine] number, mishap, after in
            machine.add(at: machine.clock.now + after) {
                guard let node = nodes.all.first(where: { $0.number == number }) else { return }
                switch mishap {
                case .dies: node.die()
                case .standsStill(let length): machine.freeze(number, for: length)
                }
            }
        }
        // An endpoint that is stopped is so until somebody does something, and the next attempt may be half an hour away.
        let hurries = history.dice.next() % 4 != 0
        let time = history.clock.now + history.calm - history.clock.wall + 3 * History.minute
        machine.add(at: time) {
            for node in nodes.all where node.isServing { Self.lookAfter(node, merchant, database, hurries: hurries) }
        }
    }

    /// An endpoint is added or removed, on one node and then on the other.
    private mutating func planReload() {
        let (merchant, nodes, machine) = (merchant, nodes, machine)
        let old = merchant[0]
        var new = old
        if old.isEmpty || old.count == 1 && history.dice.next() % 2 == 0 {
            new = Array(Merchant.endpoints.prefix(old.count + 1))
        } else {
            new.remove(at: Int(history.dice.next() % UInt64(old.count)))
        }
        let first = Int(history.dice.next() % 2)
        let between = Int64.random(in: 0...History.minute, using: &history.dice)
        let text = "the endpoints become \(new), first on node \(first), \(between) ns later on the other"
        _ = plan(lasting: between, text) { [new] in
            for (slot, delay) in [(first, 0), (1 - first, between)] {
                machine.add(at: machine.clock.now + delay) {
                    merchant[slot] = new
                    nodes[slot]?.deliverer.reload()
                }
            }
        }
    }

    /// Somebody looks when all is well: he has stopped endpoints go on, and does not always wait for the next attempts.
    private static func lookAfter(
        _ node: Node, _ merchant: Merchant, _ database: SimulatedDatabase, hurries: Bool
    ) {
        let status = node.store.shared.endpointStatus
        if status.contains(where: \.isStopped) { node.deliverer.reload() }
        guard hurries else { return }
        for payment in node.store.waitingPayments { merchant.replay(payment, by: node, of: database) }
    }
}
