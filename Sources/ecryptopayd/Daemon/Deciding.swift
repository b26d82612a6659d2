import Configuration
import Confirming
import Delivery
import JournalFormat
import Ledger
import Logging
import Runtime

/// Everything that works on the ledger while this process decides: it confirms, reconciles and delivers.
final class Deciding: Sendable {
    let ledger: any ManagedLedger
    let confirmer: Confirmer
    let reconciler: Reconciler
    private let forwarder: Forwarder

    init(
        _ ledger: any ManagedLedger, _ settings: Settings, _ api: MeasuredAPI, _ health: APIHealth, _ logger: Logger
    ) {
        self.ledger = ledger
        confirmer = Confirmer(
            ledger: ledger, api: api, health: health, concurrency: settings.confirmConcurrency, logger: logger)
        reconciler = Reconciler(
            ledger: ledger, api: api, health: health, interval: settings.reconcileInterval, logger: logger)
        forwarder = Forwarder(ledger: ledger, logger: logger)
    }

    /// Begins. Throws when the endpoints cannot be journaled.
    func start(_ settings: Settings) async throws {
        // Before anything is confirmed: a new endpoint begins with what comes next.
        try await forwarder.update(endpoints: [Forwarder.Endpoint](settings))
        await confirmer.start()
        await reconciler.start()
    }

    /// Has changed settings take effect. The endpoints first, since they alone can fail: the journal has to take them.
    func update(_ settings: Settings) async throws {
        try await forwarder.update(endpoints: [Forwarder.Endpoint](settings))
        await confirmer.update(concurrency: settings.confirmConcurrency)
        await reconciler.update(interval: settings.reconcileInterval)
    }

    /// Breaks off what is under way, and returns when that has ended. It stays queued in the ledger.
    func stop() async {
        await reconciler.stop()
        await confirmer.stop()
        await forwarder.stop()
    }

    /// Does what an operator asks for.
    func perform(_ command: Command) async -> CommandAnswer {
        switch command {
        case .reconcile: return .begun(await reconciler.reconcile())
        case .confirm(let id): return .begun(await confirmer.confirm(id))
        case .replay(let selection, let dryRun):
            do {
                let report = try await ledger.redeliver(selection, dryRun: dryRun)
                return .deliveries(report.deliveries, damage: report.damage.map(\.json))
            } catch {
                return .failed("the journal could not be read: \(error)")
            }
        }
    }
}
