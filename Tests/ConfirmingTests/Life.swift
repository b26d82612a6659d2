import Logging
import Payments
import Synchronization

@testable import Receiver

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
        var hasTakenUp = false
        /// What ended it, if it ended by itself.
        var failure: String?
    }

    let program: Program
    let store: any Store
    let confirmer: Confirmer
    let reconciler: Reconciler
    /// What brings news to the shop, where there is one.
    private let deliverer: Deliverer?
    private let api: SimulatedAPI
    private let world: SharedWorld
    private let state = Mutex(State())

    /// Starts the program.
    init(
        _ program: Program, _ store: any Store, _ world: SharedWorld, _ options: LifeOptions, seed: UInt64,
        deliverer: Deliverer? = nil
    ) {
        self.program = program
        self.deliverer = deliverer
        self.store = store
        self.world = world
        api = SimulatedAPI(world, program)
        let logger = Logger(label: "simulation") { _ in SwiftLogNoOpLogHandler() }
        confirmer = Confirmer(
            ledger: store.ledger, api: api, concurrency: options.concurrency, logger: logger, on: program)
        reconciler = Reconciler(
            ledger: store.ledger, api: api, health: confirmer.health, interval: options.interval, logger: logger,
            on: program, seed: seed)
        store.ledger.addObserver(self)
        inBackground { life in
            do {
                try await life.store.open()
                life.state.withLock { $0.isOpen = true }
                // Before anything is confirmed: a new endpoint begins with what comes next.
                try await life.deliverer?.start()
            } catch {
                life.state.withLock { $0.failure = $0.failure ?? "\(error)" }
                return life.die()
            }
            await life.confirmer.start()
            await life.reconciler.start()
        }
    }

    var number: Int { program.number }

    var ledger: any RecordLedger { store.ledger }

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

    /// Asks for a listing, so that what was set aside is taken up.
    func takeUp() {
        inBackground { life in
            let isBegun = await life.reconciler.reconcile()
            life.state.withLock { $0.hasTakenUp = $0.hasTakenUp || isBegun }
        }
    }

    /// Whether it has been.
    var hasTakenUp: Bool { state.withLock { $0.hasTakenUp } }

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
        api.die()
        deliverer?.die()
        store.die()
        state.withLock { state in
            guard !state.isDead else { return }
            state.isDead = true
            state.rejected += state.waiting.map(\.offer)
            state.waiting = []
        }
    }

    /// After its death: has its tasks come to their ends, so that nothing stays in memory.
    func stop() {
        inBackground { life in
            await life.reconciler.stop()
            await life.confirmer.stop()
            await life.deliverer?.stop()
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

    func ledgerDidReject(after position: Int64, reason: String) {
        state.withLock { state in
            state.rejected += state.waiting.map(\.offer)
            state.waiting = []
        }
    }

    // The daemon ends itself when a sync has failed.
    func ledgerDidFail(reason: String, errno: Int32) {
        state.withLock { if !$0.isDead { $0.failure = $0.failure ?? reason } }
        die()
    }
}
