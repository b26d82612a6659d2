import JournalStoreSimulation
import Ledger
import Payments
import SharedLedger
import SharedLedgerSimulation
import Synchronization

// What will happen, drawn before anything does.
extension SharedSimulation {
    func draw<Value>(_ body: (inout Dice) -> Value) -> Value { state.withLock { body(&$0.history.dice) } }

    func oneOf(_ count: UInt64) -> Bool { draw { $0.next() % count == 0 } }

    /// Has something happen at a drawn time before all is well; and its end, when it has lasted so long.
    func plan(
        lasting longest: Int64 = 0, _ text: String, _ work: @escaping @Sendable () -> Void,
        end: (@Sendable () -> Void)? = nil
    ) {
        let start = clock.wall
        let (time, length) = draw { [calm] dice in
            (Int64.random(in: start..<calm, using: &dice), Int64.random(in: 0...longest, using: &dice))
        }
        let now = clock.now + time - start
        machine.add(at: now) {
            self.tell(text)
            work()
        }
        if let end { machine.add(at: min(now + length, clock.now + calm - start), end) }
    }

    func planWeather() {
        let weather = draw { dice in
            DrawnFates.Weather(
                faults: [0, 5, 50].randomElement(using: &dice)!, slow: [0, 2, 20].randomElement(using: &dice)!,
                warns: dice.next() % 3 == 0)
        }
        let (clock, calm, machine) = (clock, calm, machine)
        let fates = DrawnFates(seed: draw { $0.next() }) { clock.wall < calm ? weather : .calm }
        database.setFates { fates.fate(of: $0) }
        let loss = draw { [0, 8, 2].randomElement(using: &$0)! as Int64 }
        database.setNotificationLoss { clock.wall < calm && loss > 0 && machine.draw(loss - 1) == 0 }
    }

    func planServers() {
        let database = database
        for _ in 0..<draw({ $0.next() % 3 }) {
            let kind = draw { [DatabaseFault.Kind.unreachable, .refused, .readOnly, .full].randomElement(using: &$0)! }
            plan(lasting: History.minute, "the server is in trouble: \(kind)") {
                database.close(for: kind)
            } end: {
                database.open()
            }
        }
        for _ in 0..<draw({ $0.next() % 4 }) {
            let isSplit = oneOf(2)
            plan(lasting: 40_000_000_000, "a standby takes over\(isSplit ? ", and the primary does not know" : "")") {
                database.failOver(isSplit: isSplit)
            } end: {
                database.loseFormer()
            }
        }
        for _ in 0..<draw({ $0.next() % 3 }) {
            plan(lasting: 30_000_000_000, "the former primary comes back") {
                database.bringBackFormer()
            } end: {
                database.loseFormer()
            }
        }
        if oneOf(3) {
            plan(lasting: 30_000_000_000, "no standby answers") {
                database.detachStandby()
            } end: {
                database.attachStandby()
            }
        }
        if oneOf(4) { plan("an administrator deletes the nodes") { database.deleteNodes() } }
        if oneOf(4) { plan("an administrator deletes the lease") { database.deleteLease() } }
        if oneOf(3) { planClock() }
        if oneOf(8) { planSetBack() }
    }

    private func planClock() {
        for _ in 0..<1 + draw({ $0.next() % 2 }) {
            let error = draw { Int64.random(in: -7_200_000_000_000...7_200_000_000_000, using: &$0) }
            plan("the servers' clock is set by \(error) ns") { self.database.setClockError(error) }
        }
    }

    /// What was acknowledged is lost: the history ends with that.
    private func planSetBack() {
        let count = draw { Int.random(in: 1...30, using: &$0) }
        plan("the database is set back by \(count) changes") { self.setBack(by: count) }
    }

    func planNodes() {
        let (nodes, machine) = (nodes, machine)
        for slot in 0..<nodes.count {
            for _ in 0..<draw({ $0.next() % 3 }) { plan("node \(slot) is killed") { nodes[slot]?.die() } }
            if oneOf(3) { plan("node \(slot) is stopped") { nodes[slot]?.end() } }
            for _ in 0..<draw({ $0.next() % 3 }) {
                let length = draw {
                    Int64.random(in: 0...[20_000_000_000, History.minute].randomElement(using: &$0)!, using: &$0)
                }
                plan("node \(slot) stands still for \(length) ns") {
                    guard let node = nodes[slot] else { return }
                    machine.freeze(node.number, for: min(length, max(0, self.calm - self.clock.wall)))
                }
            }
        }
    }

    /// When all is well, whatever has gone wrong before.
    func planCalm() {
        let database = database
        machine.add(at: clock.now + calm - clock.wall) {
            database.open()
            database.attachStandby()
            database.loseFormer()
        }
    }
}
