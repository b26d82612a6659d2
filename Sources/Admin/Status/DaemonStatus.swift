package import Confirming
package import JournalFormat
package import Ledger
package import Receiver

/// How the daemon stands at one moment: what `/metrics`, `/status` and the page are made of.
package struct DaemonStatus: Sendable {
    /// The journal and the room for it.
    package struct Journal: Sendable {
        /// The last durable record.
        package var seq: Int64
        /// What may still be written; nil where nobody can tell.
        package var room: LedgerRoom?
        /// What ended the journal, if something did.
        package var failure: String?
        /// Writes that the disk refused, by the name of `errno`; nil where nobody can tell.
        package var writeFailures: [String: Int]?
        /// Its last restore.
        package var restore: Record.Restore?
        /// How the reading of its files at rest stands; nil where it has none.
        package var scrub: ScrubStatus?

        package init(
            seq: Int64, room: LedgerRoom?, failure: String?, writeFailures: [String: Int]?,
            restore: Record.Restore? = nil, scrub: ScrubStatus? = nil
        ) {
            self.restore = restore
            self.seq = seq
            self.room = room
            self.failure = failure
            self.writeFailures = writeFailures
            self.scrub = scrub
        }
    }

    /// The program's version.
    package var version: String
    /// When it started, in nanoseconds since 1970.
    package var startedAt: Int64
    /// The moment itself, likewise.
    package var now: Int64
    /// Why it is not ready; empty when it is.
    package var unreadiness: [String]
    /// The journal and the room for it.
    package var journal: Journal
    /// The ledger, and what waits.
    package var overview: LedgerOverview
    /// What became of the requests to webhook paths.
    package var webhooks: ReceptionCounter
    /// What the ledger decided since the start.
    package var verdicts: VerdictCounter
    /// Whether the API answers.
    package var api: APIHealth.Status
    /// What calls of the API took.
    package var calls: [MeasuredAPI.Figures]
    /// When the last whole listing ended, in nanoseconds since 1970.
    package var lastReconciledAt: Int64?
    /// Connections to the public side that are open.
    package var openConnections: Int
    /// What of the journal was found damaged since the start.
    package var damage: [Damage]
    /// How the nodes stand that share the ledger; nil where there is only one.
    package var cluster: ClusterStatus?
    /// Whether each payment that is listed as waiting can wait for that long before somebody should look.
    static let patience: Duration = .seconds(900)

    package init(
        version: String, startedAt: Int64, now: Int64, unreadiness: [String], journal: Journal,
        overview: LedgerOverview,
        webhooks: ReceptionCounter, verdicts: VerdictCounter, api: APIHealth.Status, calls: [MeasuredAPI.Figures],
        lastReconciledAt: Int64?, openConnections: Int, damage: [Damage] = [], cluster: ClusterStatus? = nil
    ) {
        self.version = version
        self.startedAt = startedAt
        self.now = now
        self.unreadiness = unreadiness
        self.journal = journal
        self.overview = overview
        self.webhooks = webhooks
        self.verdicts = verdicts
        self.api = api
        self.calls = calls
        self.lastReconciledAt = lastReconciledAt
        self.openConnections = openConnections
        self.damage = damage
        self.cluster = cluster
    }

    /// Whether this node knows the ledger: only the one that decides does.
    var decides: Bool { cluster?.isHere ?? true }

    /// When a webhook was last accepted, in nanoseconds since 1970, in this run of the program or the one before.
    var lastWebhookAt: Int64? { webhooks.lastAcceptedAt ?? overview.lastReceivedAt }

    /// When a payment was last confirmed, likewise.
    var lastConfirmedAt: Int64? { verdicts.figures.lastConfirmedAt ?? overview.lastConfirmedAt }

    /// Re-fetches that each budget allows now, in billionths of one a second; nil where nobody can tell.
    var callsPerSecond: Int64? { overview.counts.callRate.map { $0 * 1_000_000 } }

    /// How long the payment has waited that has waited longest, in nanoseconds; 0 when none waits.
    var oldestWait: Int64 { overview.waiting.first.map { wait($0) } ?? 0 }

    /// How long a payment has waited, in nanoseconds.
    func wait(_ waiting: LedgerOverview.Waiting) -> Int64 { max(0, now - (waiting.since ?? now)) }

    /// Why a payment waits, in words.
    func reason(_ waiting: LedgerOverview.Waiting) -> String {
        if let reason = verdicts.reason(for: waiting.payment.id) { return reason }
        if api.isReachable == false { return api.lastError ?? "the API is not reached" }
        return "its turn has not come yet"
    }
}
