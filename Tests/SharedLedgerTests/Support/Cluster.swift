import Ledger
import Payments
import SharedLedgerSimulation
import Synchronization

@testable import SharedLedger

/// Some nodes on a simulated database, in a time that passes only when a test lets it.
final class Cluster: Sendable {
    let clock = VirtualClock()
    let machine: Machine
    let database: SimulatedDatabase
    private let nodes = Mutex<[TestNode]>([])

    init() {
        machine = Machine(clock, seed: 1)
        machine.beginPrompt()
        database = SimulatedDatabase(ServerSurroundings(machine))
        draw { _ in nil }
    }

    /// Says what goes wrong with the database's calls; each takes its time all the same.
    func draw(_ misfortune: @escaping @Sendable (DatabaseCall) -> Fate.Misfortune?) {
        database.setFates { call in
            var fate = Fate(misfortune(call))
            (fate.there, fate.back) = (1_000_000, 1_000_000)
            return fate
        }
    }

    /// A node that has joined.
    func node(_ number: Int, maxPending: Int = 1000) -> TestNode {
        let node = TestNode(number, on: machine, database, maxPending: maxPending)
        nodes.withLock { $0.append(node) }
        perform { node.start() }
        return node
    }

    /// A node that decides already.
    func decider(_ number: Int, maxPending: Int = 1000) -> TestNode {
        let node = node(number, maxPending: maxPending)
        pass(1)
        return node
    }

    /// A node that does not decide, since another does.
    func follower(_ number: Int, maxPending: Int = 1000) -> TestNode {
        _ = decider(number + 100, maxPending: maxPending)
        let node = node(number, maxPending: maxPending)
        pass(1)
        return node
    }

    /// Does something that may block.
    func perform(_ work: @escaping @Sendable () -> Void) {
        let isDone = Atomic(false)
        machine.add {
            work()
            isDone.store(true, ordering: .relaxed)
        }
        machine.run { isDone.load(ordering: .relaxed) }
    }

    /// Lets some seconds pass.
    func pass(_ seconds: Double) { _ = wait(atMost: seconds) { false } }

    /// Lets time pass until something is so; returns after how many seconds, or nil when it is not so in time.
    func wait(atMost seconds: Double, until isSo: @escaping @Sendable () -> Bool) -> Double? {
        let (start, end) = (clock.now, clock.now + .seconds(seconds))
        tick(until: end)
        machine.run { [clock] in clock.now >= end || isSo() }
        return isSo() ? Double(clock.now - start) / 1e9 : nil
    }

    /// Sees to it that something happens often enough for whoever waits for something.
    private func tick(until end: Int64) {
        machine.add(at: min(end, clock.now + 20_000_000)) { if self.clock.now < end { self.tick(until: end) } }
    }

    /// Ends every node, so that no thread stays behind.
    func end() {
        for node in nodes.withLock({ $0 }) {
            machine.thaw(node.process.number)
            node.kill()
        }
        pass(60)
        machine.end()
    }
}

extension Cluster {
    /// Does something with a cluster, which ends with it.
    static func with(_ body: (Cluster) throws -> Void) rethrows {
        let cluster = Cluster()
        defer { cluster.end() }
        try body(cluster)
    }
}
