import Logging
import Payments
import Synchronization

@testable import JournalStore
@testable import JournalStoreTests
@testable import Receiver

/// What an operator has set, for a whole history.
struct LifeOptions {
    let rate: Int
    let maxPending: Int
    let window: Duration
    let concurrency: Int
    let interval: Duration
    let segmentBytes: Int64
}

/// One run of the program, from its start on whatever disk the last one left to its crash.
final class Life: Sendable {
    private struct State {
        /// Offers that may be acknowledged once their records are durable.
        var waiting: [(offer: Int, seq: Int64)] = []
        /// Offers that never will be.
        var rejected: [Int] = []
        /// What the disk held when the program died.
        var remains: DiskState?
        var hasTakenUp = false
    }

    let number: Int
    let machine: Machine
    let ledger: FileLedger
    let confirmer: Confirmer
    let reconciler: Reconciler
    private let disk: SimulatedDisk
    private let api: SimulatedAPI
    private let world: SharedWorld
    private let state = Mutex(State())

    /// Starts the program; `fault` decides what goes wrong with the disk, `callsLeft` after how many of its calls the program
    /// dies.
    init(
        _ number: Int, _ world: SharedWorld, _ clock: VirtualClock, on found: DiskState, _ options: LifeOptions,
        seed: UInt64, callsLeft: Int?, fault: @escaping @Sendable (SimulatedDisk.Call) -> SimulatedDisk.Fault?
    ) throws {
        self.number = number
        self.world = world
        machine = Machine(clock, seed: seed)
        disk = SimulatedDisk(found, keepsCalls: false)
        api = SimulatedAPI(world, machine, life: number)
        let machine = machine
        ledger = try FileLedger(
            disk,
            FileLedger.Options(
                limits: .init(
                    maxPending: options.maxPending, confirmRate: options.rate, confirmWindow: options.window),
                minimumFreeBytes: 0),
            journal: .test(segmentBytes: options.segmentBytes), randomID: "id", seed: seed,
            in: Surroundings(
                monotonic: { clock.now }, realtime: { clock.wall }, queue: { _, _ in SimulatedQueue(machine) }))
        let logger = Logger(label: "simulation") { _ in SwiftLogNoOpLogHandler() }
        confirmer = Confirmer(
            ledger: ledger, api: api, concurrency: options.concurrency, logger: logger, on: machine)
        reconciler = Reconciler(
            ledger: ledger, api: api, health: confirmer.health, interval: options.interval, logger: logger,
            on: machine, seed: seed)
        ledger.addObserver(self)
        disk.setFault(Self.fuse(callsLeft, fault) { [weak self] in self?.die() })
        inBackground { life in
            await life.confirmer.start()
            await life.reconciler.start()
        }
    }

    /// Counts the calls of the disk.
    private static func fuse(
        _ length: Int?, _ fault: @escaping @Sendable (SimulatedDisk.Call) -> SimulatedDisk.Fault?,
        burnt: @escaping @Sendable () -> Void
    ) -> @Sendable (SimulatedDisk.Call) -> SimulatedDisk.Fault? {
        let count = Mutex(0)
        return { call in
            let isBurnt = count.withLock { count in
                count += 1
                return count == length
            }
            if isBurnt { burnt() }
            return fault(call)
        }
    }

    /// What the disk held when the program died; nil while it lives.
    var remains: DiskState? { state.withLock { $0.remains } }

    /// Has a task run on the one thread.
    func inBackground(_ work: @escaping @Sendable (Life) async -> Void) {
        Task(executorPreference: machine) { await work(self) }
    }

    /// Posts a report; false when it is refused at once.
    func post(_ report: Int) -> Bool {
        if remains != nil { return false }
        let (body, tick) = world.withLock { ($0.reports[report].body, $0.tick()) }
        guard let payment = try? ReportedPayment(body: body.span) else { return false }
        let reception = ledger.record(payment, peer: "\(report)")
        if remains != nil { return false }
        var offer = World.Offer(report: report, tick: tick, time: machine.clock.wall, seq: nil, isAcknowledged: false)
        switch reception {
        case .unavailable: return false
        case .known:
            offer.isAcknowledged = true
            world.withLock { [offer] in $0.offers.append(offer) }
        case .pending(let seq):
            offer = World.Offer(
                report: report, tick: tick, time: machine.clock.wall, seq: seq, isAcknowledged: seq <= ledger.durable)
            let index = world.withLock { [offer] in
                $0.offers.append(offer)
                return $0.offers.count - 1
            }
            if !offer.isAcknowledged { state.withLock { $0.waiting.append((index, seq)) } }
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
        state.withLock { state in
            guard state.remains == nil else { return }
            state.remains = disk.state
            state.rejected += state.waiting.map(\.offer)
            state.waiting = []
        }
    }

    /// After its death: lets its tasks run to their ends, so that nothing stays in memory. The world's time stands still.
    func bury() {
        let now = machine.clock.now
        inBackground { life in
            await life.reconciler.stop()
            await life.confirmer.stop()
        }
        while true {
            if machine.step() { continue }
            guard let next = machine.nextTime else { break }
            machine.clock.set(next)
        }
        machine.clock.set(now)
        disk.setFault(nil)
        ledger.observers.withLock { $0 = [] }
    }
}

extension Life: LedgerObserver {
    func ledgerDidCommit(upTo position: Int64) {
        let offers = state.withLock { state in
            let met = state.waiting.filter { $0.seq <= position }
            state.waiting.removeAll { $0.seq <= position }
            return met.map(\.offer)
        }
        world.withLock { world in
            for offer in offers { world.offers[offer].isAcknowledged = true }
        }
    }

    func ledgerDidReject(after position: Int64, reason: String) {
        state.withLock { state in
            state.rejected += state.waiting.map(\.offer)
            state.waiting = []
        }
    }

    // The daemon ends itself when a sync has failed.
    func ledgerDidFail(reason: String, errno: Int32) { die() }
}
