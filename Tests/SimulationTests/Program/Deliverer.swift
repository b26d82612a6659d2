import Ledger
import Logging
import Synchronization

@testable import Delivery

/// The program's own forwarder in one of its runs, which brings its deliveries to the shop.
final class Deliverer: Sendable {
    private struct State {
        /// What was asked for last; the next waits for it.
        var last: Task<Void, Never>?
        var count = 0
        var inForce: [String]?
    }

    private let forwarder: Forwarder
    private let connection: ShopConnection
    private let program: Program
    /// What the operator has written into the settings.
    private let settings: @Sendable () -> [String]
    private let state = Mutex(State())

    init(
        _ ledger: any DeliveryLedger, _ shop: Shop, _ program: Program, as number: Int,
        settings: @escaping @Sendable () -> [String]
    ) {
        connection = ShopConnection(shop, program, sender: number)
        self.program = program
        self.settings = settings
        let logger = Logger(label: "simulation") { _ in SwiftLogNoOpLogHandler() }
        forwarder = Forwarder(ledger: ledger, logger: logger, on: program)
    }

    /// Whether what the operator wants is in force.
    var isSettled: Bool { state.withLock { $0.count == 0 && $0.inForce == settings() } }

    /// Delivers from now on; throws when the ledger could not be told.
    func start() async throws {
        let failure = Mutex<(any Error)?>(nil)
        await enqueue { deliverer in
            do { try await deliverer.update() } catch { failure.withLock { $0 = error } }
        }.value
        if let failure = failure.withLock({ $0 }) { throw failure }
    }

    /// Takes over what the operator has written. If that fails the old settings stay in force, and he tries again.
    func reload() {
        _ = enqueue { deliverer in
            do { try await deliverer.update() } catch { deliverer.reloadLater() }
        }
    }

    private func reloadLater() {
        if connection.isDead { return }
        program.add(at: program.monotonic + 20_000_000_000) { [weak self] in self?.reload() }
    }

    private func update() async throws {
        let endpoints = settings()
        let senders = endpoints.map { Forwarder.Endpoint(name: $0, sender: connection.sender(to: $0)) }
        try await forwarder.update(endpoints: senders)
        state.withLock { $0.inForce = endpoints }
    }

    /// Breaks off what is under way.
    func stop() async {
        await enqueue { await $0.forwarder.stop() }.value
    }

    /// The program is killed.
    func die() { connection.die() }

    /// Has something done behind all that was asked for before: the daemon does one thing after the other.
    private func enqueue(_ work: @escaping @Sendable (Deliverer) async -> Void) -> Task<Void, Never> {
        state.withLock { state in
            let previous = state.last
            state.count += 1
            let task = Task(executorPreference: program) {
                await previous?.value
                await work(self)
                self.state.withLock { $0.count -= 1 }
            }
            state.last = task
            return task
        }
    }
}
