import HTTPServer
import POSIX
import Payments
import Receiver

/// Asks each part of the daemon how it stands.
final class DaemonFigures: Sendable {
    private let ledger: any KeptLedger
    private let confirmer: Confirmer
    private let reconciler: Reconciler
    private let webhooks: ReceptionCounter
    private let verdicts = VerdictCounter()
    private let api: MeasuredAPI
    private let server: HTTPServer
    private let startedAt = Clock.realtime()

    init(
        ledger: any KeptLedger, confirmer: Confirmer, reconciler: Reconciler, webhooks: ReceptionCounter,
        api: MeasuredAPI, server: HTTPServer
    ) {
        self.ledger = ledger
        self.confirmer = confirmer
        self.reconciler = reconciler
        self.webhooks = webhooks
        self.api = api
        self.server = server
        ledger.addObserver(verdicts)
    }

    /// Why it is not ready; empty when it is.
    var unreadiness: [String] { [ledger.unavailability, confirmer.silence].compactMap { $0 } }

    /// How it all stands, with at most so many payments that wait.
    func status(waiting: Int) async -> DaemonStatus {
        let survey = await ledger.survey(waiting: waiting)
        return DaemonStatus(
            version: Program.version, startedAt: startedAt, now: Clock.realtime(), unreadiness: unreadiness,
            journal: .init(seq: ledger.durable, room: ledger.room, failure: ledger.failure), survey: survey,
            webhooks: webhooks, verdicts: verdicts, api: confirmer.health.current, calls: api.figures,
            lastReconciledAt: [reconciler.lastReconciledAt, ledger.listedElsewhereAt].compactMap { $0 }.max(),
            openConnections: server.openConnections)
    }
}
