import Admin
import Confirming
import HTTPServer
import Ledger
import Payments
import POSIX
import Receiver
import Synchronization

/// Asks each part of the daemon how it stands.
final class DaemonFigures: Sendable {
    private let ledger: any OpenLedger
    private let health: APIHealth
    private let verdicts: VerdictCounter
    private let webhooks: ReceptionCounter
    private let api: MeasuredAPI
    private let server: HTTPServer
    private let damages: DamageList
    private let startedAt = Clock.realtime()
    private let work = Mutex<Deciding?>(nil)

    init(
        ledger: any OpenLedger, health: APIHealth, verdicts: VerdictCounter, webhooks: ReceptionCounter,
        api: MeasuredAPI, server: HTTPServer, damages: DamageList
    ) {
        self.damages = damages
        self.ledger = ledger
        self.health = health
        self.verdicts = verdicts
        self.webhooks = webhooks
        self.api = api
        self.server = server
    }

    /// What works on the ledger while this process decides.
    var deciding: Deciding? {
        get { work.withLock { $0 } }
        set { work.withLock { $0 = newValue } }
    }

    /// Why it is not ready; empty when it is.
    var unreadiness: [String] {
        [ledger.failure ?? ledger.reports.unavailability, deciding?.confirmer.silence].compactMap { $0 }
    }

    /// How it all stands, with at most so many payments that wait.
    func status(waiting: Int) async -> DaemonStatus {
        let deciding = deciding
        let overview = await deciding?.ledger.overview(waiting: waiting) ?? .empty
        var cluster = ledger.cluster
        // Between two terms the ledger is nobody's.
        if deciding == nil { cluster?.isHere = false }
        return DaemonStatus(
            version: Program.version, startedAt: startedAt, now: Clock.realtime(), unreadiness: unreadiness,
            journal: .init(
                seq: ledger.records.durable, room: ledger.room, failure: ledger.failure,
                writeFailures: ledger.writeFailures, restore: ledger.restore, scrub: ledger.scrub),
            overview: overview, webhooks: webhooks, verdicts: verdicts, api: health.current, calls: api.figures,
            lastReconciledAt: deciding?.reconciler.lastReconciledAt, openConnections: server.openConnections,
            damage: damages.all, cluster: cluster)
    }
}
