import Ledger
import Logging
import Runtime
import Synchronization

@testable import Confirming

/// Who confirms, reconciles and delivers: all that works on a ledger while a run of the program decides.
final class Decider: Sendable {
    /// Which it is, of all of them.
    let number: Int
    let ledger: any DeliveryLedger
    let confirmer: Confirmer
    let reconciler: Reconciler
    /// What brings news to the shop, where there is one.
    let deliverer: Deliverer?
    private let api: SimulatedAPI
    private let program: Program
    private let hasAskedToRequeue = Atomic(false)

    init(
        _ number: Int, _ program: Program, _ ledger: any DeliveryLedger, _ world: SharedWorld, _ options: LifeOptions,
        seed: UInt64, deliverer: Deliverer?
    ) {
        self.number = number
        self.program = program
        self.ledger = ledger
        self.deliverer = deliverer
        api = SimulatedAPI(world, program.machine, caller: number)
        let logger = Logger(label: "simulation") { _ in SwiftLogNoOpLogHandler() }
        confirmer = Confirmer(ledger: ledger, api: api, concurrency: options.concurrency, logger: logger, on: program)
        reconciler = Reconciler(
            ledger: ledger, api: api, health: confirmer.health, interval: options.interval, logger: logger,
            on: program, seed: seed)
    }

    func start() async throws {
        // Before anything is confirmed: a new endpoint begins with what comes next.
        try await deliverer?.start()
        await confirmer.start()
        await reconciler.start()
    }

    func stop() async {
        await reconciler.stop()
        await confirmer.stop()
        await deliverer?.stop()
    }

    /// Nothing that it does from now on is seen by anybody.
    func die() {
        api.die()
        deliverer?.die()
    }

    /// Asks for a listing, so that what was set aside is taken up.
    func requeue() {
        Task(executorPreference: program) {
            if await self.reconciler.reconcile() { self.hasAskedToRequeue.store(true, ordering: .relaxed) }
        }
    }

    /// Whether it has been.
    var hasRequeued: Bool { hasAskedToRequeue.load(ordering: .relaxed) }
}
