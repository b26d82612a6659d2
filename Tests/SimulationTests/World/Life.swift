import Ledger
import Payments
import SharedLedgerSimulation
import Synchronization

/// What an operator has set, for a whole history.
struct LifeOptions {
    let rate: Int
    let maxPending: Int
    let window: Duration
    let concurrency: Int
    let interval: Duration
    let segmentBytes: Int64

    var limits: LedgerState.Limits {
        LedgerState.Limits(maxPending: maxPending, confirmRate: rate, confirmWindow: window)
    }
}

/// One run of the program, from its start on whatever the last one left to its crash.
final class Life: Sendable {
    private struct State {
        /// Offers that may be acknowledged once their positions are durable.
        var waiting: [(offer: Int, position: Int64)] = []
        /// Offers that never will be.
        var rejected: [Int] = []
        var isOpen = false
        var isDead = false
        /// What decides, while it does.
        var decider: Decider?
        /// What ended it, if it ended by itself.
        var failure: String?
    }

    let program: Program
    let store: any Store
    private let world: SharedWorld
    private let options: LifeOptions
    private let seed: UInt64
    private let state = Mutex(State())

    /// Starts the program.
    init(_ program: Program, _ store: any Store, _ world: SharedWorld, _ options: LifeOptions, seed: UInt64) {
        self.program = program
        self.store = store
        self.world = world
        self.options = options
        self.seed = seed
        store.ledger.addObserver(self)
        inBackground { life in
            do {
                try await life.store.open(life)
                life.state.withLock { $0.isOpen = true }
            } catch { life.fail("\(error)") }
        }
    }

    /// Begins to confirm, and to deliver where there is a shop. `number` tells this time as the one who decides from others.
    func decide(_ ledger: any DeliveryLedger, as number: Int, _ deliverer: Deliverer? = nil) async throws {
        let decider = Decider(number, program, ledger, world, options, seed: seed, deliverer: deliverer)
        let isDead = state.withLock { state in
            state.decider = decider
            return state.isDead
        }
        if isDead { decider.die() }
        try await decider.start()
    }

    /// What decides; nil while it does not.
    var decider: Decider? { state.withLock { $0.decider } }

    /// It decides no longer, and nothing goes on when this returns.
    func endDeciding() async {
        await decider?.stop()
        state.withLock { $0.decider = nil }
    }

    /// It ends by itself.
    func fail(_ reason: String) {
        state.withLock { if !$0.isDead { $0.failure = $0.failure ?? reason } }
        die()
    }

    var number: Int { program.number }

    var ledger: any ReportLedger { store.ledger }

    /// Whether it has died.
    var isDead: Bool { state.withLock { $0.isDead } }

    /// What ended it, if it ended by itself.
    var failure: String? { state.withLock { $0.failure } }

    /// Whether it takes reports.
    var isServing: Bool { state.withLock { $0.isOpen && !$0.isDead } }

    /// Has a task run on the one thread.
    func inBackground(_ work: @escaping @Sendable (Life) async -> Void) {
        Task(executorPreference: program) { await work(self) }
    }

    /// Whether nobody waits for an acknowledgement.
    var isIdle: Bool { state.withLock { $0.waiting.isEmpty } }

    /// Posts a report; false when it is refused at once.
    func post(_ report: Int) -> Bool {
        if !isServing { return false }
        let (body, tick) = world.withLock { ($0.reports[report].body, $0.tick()) }
        guard let payment = try? ReportedPayment(body: body.span) else { return false }
        let reception = ledger.record(payment, peer: "\(report)")
        if isDead { return false }
        let time = program.machine.clock.wall
        switch reception {
        case .unavailable: return false
        case .known:
            world.withLock { [number] world in
                world.offers.append(
                    World.Offer(
                        report: report, tick: tick, time: time, life: number, position: nil, acknowledgedAt: time))
            }
        case .pending(let position):
            let isDurable = position <= ledger.committed
            let index = world.withLock { [number] world in
                world.offers.append(
                    World.Offer(
                        report: report, tick: tick, time: time, life: number, position: position,
                        acknowledgedAt: isDurable ? time : nil))
                return world.offers.count - 1
            }
            if !isDurable { state.withLock { $0.waiting.append((index, position)) } }
        }
        return true
    }

    /// Takes the reports whose offers came to nothing.
    func takeRejected() -> [Int] {
        let offers = state.withLock { state in
            defer { state.rejected = [] }
            return state.rejected
        }
        return world.withLock { world in offers.map { world.offers[$0].report } }
    }

    /// The program is killed: nothing that it does from now on is seen by anybody.
    func die() {
        store.die()
        let decider = state.withLock { state in
            if !state.isDead { state.rejected += state.waiting.map(\.offer) }
            state.isDead = true
            state.waiting = []
            return state.decider
        }
        decider?.die()
    }

    /// After its death: has its tasks come to their ends, so that nothing stays in memory.
    func stop() {
        inBackground { life in
            await life.endDeciding()
            life.store.bury()
        }
    }
}

extension Life: LedgerObserver {
    func ledgerDidCommit(upTo position: Int64) {
        let offers = state.withLock { state in
            let met = state.waiting.filter { $0.position <= position }
            state.waiting.removeAll { $0.position <= position }
            return met.map(\.offer)
        }
        let time = program.machine.clock.wall
        world.withLock { world in
            for offer in offers { world.offers[offer].acknowledgedAt = time }
        }
    }

    func ledgerDidRefuse(_ positions: Set<Int64>) {
        state.withLock { state in
            let refused = state.waiting.filter { positions.contains($0.position) }
            state.waiting.removeAll { positions.contains($0.position) }
            state.rejected += refused.map(\.offer)
        }
    }

    func ledgerDidReject(after position: Int64, reason: String) {
        state.withLock { state in
            state.rejected += state.waiting.map(\.offer)
            state.waiting = []
        }
    }

    // The daemon ends itself when a sync has failed.
    func ledgerDidFail(reason: String, errno: Int32) {
        fail(reason)
    }
}
