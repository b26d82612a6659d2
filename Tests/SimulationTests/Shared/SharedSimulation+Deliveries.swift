import JournalStore
import JournalStoreSimulation
import Ledger
import Payments
import SharedLedger
import SharedLedgerSimulation

// Deliveries: the merchant's settings, and what he does when something waits.
extension SharedSimulation {
    /// A merchant with an endpoint or two, or none.
    static func merchant(_ history: inout History, nodes: Int) -> Merchant {
        let count = [0, 1, 1, 1, 2, 2, 2, 2].randomElement(using: &history.dice)!
        let weather = ShopWeather(
            from: history.clock.wall, calmFrom: history.calm, endpoints: Merchant.endpoints, using: &history.dice)
        return Merchant(
            Shop(weather, history.clock, seed: history.dice.next()),
            endpoints: Array(Merchant.endpoints.prefix(count)), nodes: nodes)
    }

    func planDeliveries() {
        if oneOf(3) { planReload() }
        let payments = world.withLock { $0.payments.map(\.id) }
        for _ in 0..<draw({ $0.next() % 4 }) {
            let payment = draw { payments.randomElement(using: &$0)! }
            let slot = draw { [count = self.nodes.count] in Int.random(in: 0..<count, using: &$0) }
            plan("payment \(payment) is replayed by node \(slot)") {
                guard let node = self.nodes[slot], node.isServing else { return }
                self.replay(payment, by: node)
            }
        }
        let (machine, nodes) = (machine, nodes)
        merchant.shop.onMishap { number, mishap, after in
            machine.add(at: machine.clock.now + after) {
                guard let node = nodes.all.first(where: { $0.number == number }) else { return }
                switch mishap {
                case .dies: node.die()
                case .standsStill(let length): machine.freeze(number, for: length)
                }
            }
        }
        // An endpoint that is stopped is so until somebody does something, and the next attempt may be half an hour away.
        let hurries = !oneOf(4)
        machine.add(at: clock.now + calm - clock.wall + 3 * History.minute) { self.lookAfter(hurries: hurries) }
    }

    func replay(_ payment: PaymentID, by node: Node) {
        let database = database
        merchant.replay(payment, by: node) { database.prunedSeq + 1 }
    }

    /// An endpoint is added or removed, on one node after the other.
    private func planReload() {
        let (merchant, nodes, machine) = (merchant, nodes, machine)
        var new = merchant[0]
        if new.isEmpty || new.count == 1 && oneOf(2) {
            new = Array(Merchant.endpoints.prefix(new.count + 1))
        } else {
            new.remove(at: Int(draw { $0.next() } % UInt64(new.count)))
        }
        let slots = draw { (dice: inout Dice) in (0..<nodes.count).shuffled(using: &dice) }
        let between = draw { Int64.random(in: 0...20_000_000_000, using: &$0) }
        plan("the endpoints become \(new), on nodes \(slots), each \(between) ns later") { [new] in
            for (index, slot) in slots.enumerated() {
                machine.add(at: machine.clock.now + between * Int64(index)) {
                    merchant[slot] = new
                    nodes[slot]?.life.decider?.deliverer?.reload()
                }
            }
        }
    }

    /// Somebody looks when all is well: he has stopped endpoints go on, and does not always wait for the next attempts.
    private func lookAfter(hurries: Bool) {
        guard let node = nodes.all.first(where: \.isDeciding), let ledger = node.store.node.term?.ledger else {
            return machine.add(at: clock.now + 1_000_000_000) { self.lookAfter(hurries: hurries) }
        }
        if ledger.endpointStatus.contains(where: \.isStopped) { node.life.decider?.deliverer?.reload() }
        guard hurries, ledger.endpointStatus.contains(where: { $0.waiting > 0 }) else { return }
        for payment in world.withLock({ $0.payments }) { replay(payment.id, by: node) }
    }
}
