import Payments
import SharedLedgerSimulation
import Synchronization

@testable import SharedLedger

/// A ledger that several programs keep on a server.
final class SharedStore: Store {
    let shared: SharedLedger
    let connection: SimulatedConnection
    private let program: Program
    private let limits: LedgerState.Limits
    private let isDead = Atomic(false)

    /// `pace` is how often it looks what the others did, `longestCall` how long its operator has a call of the API take.
    init(
        _ program: Program, on database: SimulatedDatabase, _ options: LifeOptions, pace: Int64, longestCall: Int64,
        seed: UInt64
    ) {
        self.program = program
        limits = options.limits
        connection = database.connection(on: program)
        var shared = SharedLedger.Options(
            limits: options.limits, account: LedgerAccount(api: "api:443", client: "client"),
            name: "node \(program.number)", version: "1", journal: "id", segmentBytes: options.segmentBytes,
            longestCall: .nanoseconds(longestCall))
        shared.pollInterval = pace
        shared.renewal = max(3_000_000_000, 2 * pace)
        self.shared = SharedLedger(
            connection, shared, seed: seed,
            in: SharedSurroundings(
                monotonic: { program.monotonic }, after: { program.add(at: program.monotonic + $0, $1) },
                wait: { whenDone in
                    let isDone = Atomic(false)
                    whenDone { isDone.store(true, ordering: .relaxed) }
                    program.machine.run { isDone.load(ordering: .relaxed) }
                }))
    }

    var ledger: any RecordLedger { shared }

    func open() async throws { try await shared.open() }

    /// The operator has calls take longer.
    func reload(longestCall: Int64) { shared.update(limits: limits, longestCall: .nanoseconds(longestCall)) }

    func die() {
        if isDead.exchange(true, ordering: .relaxed) { return }
        connection.drop(lingering: program.machine.draw(2_000_000_000))
        shared.end("it was killed")
    }

    func bury() { shared.observers.withLock { $0 = [] } }

    /// Whether it has nothing to write, and its state reflects all that was written.
    func isQuiet(_ database: SimulatedDatabase) -> Bool {
        let head = database.head.cut
        // What a turn writes that is on its way is neither here nor there.
        guard shared.stepBegan.load(ordering: .relaxed) == 0 else { return false }
        return shared.core.withLock { core in
            core.cut == head && core.orders.isEmpty && core.notes.isEmpty && core.doubt == nil && core.owed.isEmpty
                && core.pool.isEmpty
        }
    }

    /// How it stands, for whoever looks for the fault.
    var picture: String {
        shared.core.withLock { core in
            """
            \(core.cut), \(core.orders.count) orders, \(core.notes.count) notes, in doubt \(core.doubt != nil), \(core.owed.count) \
            owed, pool \(core.pool.map(\.claim.id)), leases \(core.leases.sorted()), lists \(core.state.listing != nil), \
            elsewhere \(core.state.isListingElsewhere), \(core.state.counts), \(core.state.endpointStatus)
            """
        }
    }

    /// The payments of which something waits to be delivered.
    var waitingPayments: [PaymentID] { shared.core.withLock { $0.state.paymentsToDeliver.sorted() } }

    /// An endpoint for which it says that something is due, and gives nothing: whoever delivers would ask again and again.
    var endpointDueInVain: String? {
        let now = program.monotonic
        return shared.core.withLock { $0.ownEndpoints }.sorted().first { endpoint in
            guard let next = shared.nextDelivery(for: endpoint), next.nanoseconds <= now else { return false }
            return shared.core.withLock { !$0.mayDeliver(to: endpoint, at: now) }
        }
    }

    /// The state as rows, with the counts.
    var rows: LedgerRows { shared.core.withLock { $0.state.rows } }
}
