import Confirming
import HTTP1
import JournalFormat
import Ledger
import Payments
import Receiver

/// `GET /metrics`: the figures for Prometheus.
enum MetricsAnswer {
    static func response(_ status: DaemonStatus) -> Response {
        Response(status: 200, contentType: "text/plain; version=0.0.4; charset=utf-8", body: text(status))
    }

    static func text(_ status: DaemonStatus) -> [UInt8] {
        var text = MetricsText()
        program(status, &text)
        webhooks(status, &text)
        verdicts(status, &text)
        // Only the node that decides knows the ledger; the others would tell of an empty one.
        if status.decides { ledger(status, &text) }
        journal(status, &text)
        cluster(status, &text)
        api(status, &text)
        return text.bytes
    }

    private static func program(_ status: DaemonStatus, _ text: inout MetricsText) {
        text.gauge("ecryptopayd_build_info", "The program that runs.", "version", status.version, 1)
        text.seconds("ecryptopayd_start_time_seconds", "When it started, since 1970.", status.startedAt)
        text.gauge("ecryptopayd_ready", "Whether it is ready, as /readyz has it.", status.unreadiness.isEmpty ? 1 : 0)
        text.gauge(
            "ecryptopayd_open_connections", "Connections to the public side.", Int64(status.openConnections))
    }

    private static func webhooks(_ status: DaemonStatus, _ text: inout MetricsText) {
        text.counter(
            "ecryptopayd_webhooks_total", "Requests to webhook paths, by result.", "result",
            ReceptionCounter.Result.allCases.map { ($0.rawValue, status.webhooks.total($0)) })
        text.seconds(
            "ecryptopayd_last_webhook_timestamp_seconds", "When a webhook was last accepted, since 1970.",
            status.lastWebhookAt)
    }

    private static func verdicts(_ status: DaemonStatus, _ text: inout MetricsText) {
        let figures = status.verdicts.figures
        text.counter(
            "ecryptopayd_confirmations_total",
            "What re-fetches came to: payments confirmed or unchanged, reports refuted or abandoned, or still unknown.",
            "outcome",
            [
                ("confirmed", figures.confirmed), ("unchanged", figures.unchanged),
                ("refuted", figures.refuted.values.reduce(0, +)), ("abandoned", figures.abandoned),
                ("unknown", figures.unknown),
            ])
        text.counter(
            "ecryptopayd_refutations_total", "Reports refuted, by reason.", "reason",
            RefutationReason.allCases.map { ($0.rawValue, figures.refuted[$0] ?? 0) })
        text.seconds(
            "ecryptopayd_last_confirmation_timestamp_seconds", "When a payment was last confirmed, since 1970.",
            status.lastConfirmedAt)
    }

    private static func ledger(_ status: DaemonStatus, _ text: inout MetricsText) {
        let counts = status.overview.counts
        text.counter(
            "ecryptopayd_unannounced_changes_total", "Changes that no webhook told, found by reconciling, in all runs.",
            counts.unannounced)
        text.gauge(
            "ecryptopayd_unannounced_changes_in_a_row", "The same since a webhook last told of something.",
            Int64(counts.unannouncedInARow))
        text.gauge("ecryptopayd_pending_payments", "Payments that wait for a verdict.", Int64(counts.pending))
        text.counter(
            "ecryptopayd_yielded_payments_total",
            "Payments never confirmed that yielded to nearer ones while ECRYPTOPAY_MAX_PENDING waited.", counts.yielded)
        text.billionths(
            "ecryptopayd_calls_per_second",
            "Re-fetches that each budget allows now: fewer than ECRYPTOPAY_CONFIRM_RATE says after a 429 or 503.",
            status.callsPerSecond)
        text.seconds(
            "ecryptopayd_oldest_pending_age_seconds", "How long the oldest of them has waited.", status.oldestWait)
        text.gauge(
            "ecryptopayd_set_aside_payments", "Payments set aside as unknown for too long.",
            Int64(status.overview.setAside))
        deliveries(status, &text)
        text.gauge("ecryptopayd_journal_size_bytes", "What the journal's segments hold.", status.overview.bytes)
        text.seconds(
            "ecryptopayd_journal_last_backup_timestamp_seconds", "When the journal was last backed up, since 1970.",
            status.overview.lastBackup?.time)
        text.gauge("ecryptopayd_journal_segments", "How many segments there are.", Int64(status.overview.segments))
    }

    /// Nothing where the ledger is a single machine's.
    private static func cluster(_ status: DaemonStatus, _ text: inout MetricsText) {
        guard let cluster = status.cluster else { return }
        text.gauge("ecryptopayd_deciding", "Whether this node decides.", cluster.isHere ? 1 : 0)
        text.gauge("ecryptopayd_nodes", "Nodes that run.", Int64(cluster.nodes.count))
        text.seconds(
            "ecryptopayd_oldest_accepted_age_seconds", "How long the oldest accepted report has waited in the inbox.",
            cluster.oldestReportAt.map { max(0, status.now - $0) } ?? 0)
    }

    /// Endpoints are told apart in `/status` only: their URLs may hold more than a label should.
    private static func deliveries(_ status: DaemonStatus, _ text: inout MetricsText) {
        let counts = status.overview.counts
        let endpoints = status.overview.endpoints
        text.counter(
            "ecryptopayd_deliveries_total", "Deliveries to the shop's endpoints that ended, in all runs.", "outcome",
            [("delivered", counts.delivered), ("undeliverable", counts.undeliverable)])
        text.gauge(
            "ecryptopayd_waiting_deliveries", "Deliveries that wait for an attempt, or are under way.",
            Int64(endpoints.reduce(0) { $0 + $1.waiting }))
        text.gauge(
            "ecryptopayd_stopped_endpoints", "Endpoints that answered 410 and get nothing more.",
            Int64(endpoints.count(where: \.isStopped)))
    }

    private static func journal(_ status: DaemonStatus, _ text: inout MetricsText) {
        text.histogram(
            "ecryptopayd_journal_sync_duration_seconds", "Time to write a batch of records and fdatasync it.",
            [("", status.verdicts.syncFigures)])
        text.gauge("ecryptopayd_journal_last_seq", "The number of the last durable record.", status.journal.seq)
        text.gauge(
            "ecryptopayd_journal_failed", "Whether the journal has failed.", status.journal.failure == nil ? 0 : 1)
        if let failures = status.journal.writeFailures {
            text.counter(
                "ecryptopayd_journal_write_failures_total", "Writes that the journal's disk refused, by errno.",
                "errno",
                failures.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
        }
        text.gauge(
            "ecryptopayd_journal_damaged_places",
            "Damaged places of the journal that were come across since the start.",
            Int64(status.damage.count))
        if let scrub = status.journal.scrub { self.scrub(scrub, &text) }
        text.gauge(
            "ecryptopayd_disk_free_bytes", "What may be written to the journal's disk.", status.journal.room?.freeBytes)
        text.gauge(
            "ecryptopayd_disk_free_minimum_bytes", "With less free, webhooks are answered 503.",
            status.journal.room?.minimumFreeBytes)
    }

    private static func scrub(_ scrub: ScrubStatus, _ text: inout MetricsText) {
        text.counter(
            "ecryptopayd_journal_scrub_read_bytes_total", "What was read of the journal at rest.", Int(scrub.readBytes))
        text.seconds(
            "ecryptopayd_journal_scrub_round_seconds",
            "How long a whole round of that is to take, as ECRYPTOPAY_SCRUB says; 0: nothing is read.",
            scrub.round.nanoseconds)
        text.seconds(
            "ecryptopayd_journal_scrub_round_start_timestamp_seconds",
            "When the round began that is under way, since 1970.", scrub.beganAt)
        text.seconds(
            "ecryptopayd_journal_scrub_last_complete_timestamp_seconds", "When the last whole round ended, since 1970.",
            scrub.completedAt)
    }

    private static func api(_ status: DaemonStatus, _ text: inout MetricsText) {
        text.histogram(
            "ecryptopayd_api_call_duration_seconds", "How long calls of the API took, whatever came of them.",
            status.calls.map { (#"call="\#($0.call)""#, $0.durations) })
        text.counter(
            "ecryptopayd_api_failures_total", "Calls of the API that brought no usable answer, by cause.", "cause",
            status.calls.reduce(into: [:]) { sum, call in sum.merge(call.failures, uniquingKeysWith: +) }
                .sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
        text.gauge(
            "ecryptopayd_api_reachable", "Whether the last call was answered.",
            status.api.isReachable.map { $0 ? 1 : 0 }
        )
        text.seconds(
            "ecryptopayd_last_reconcile_timestamp_seconds", "When the last whole listing ended, since 1970.",
            status.lastReconciledAt)
    }
}
